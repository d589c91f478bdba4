"""Columns: complete placements of a group, which keep its rows and say what they cost and take."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import gpualloc
from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.backends.highs import HighsBackend
from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.columns import Column, Sketch
from gpualloc.engines.decomposition.completion import Completion
from gpualloc.engines.decomposition.left_out import take_left_out
from gpualloc.engines.decomposition.neighborhood import Neighborhood, NeighborhoodBuilder
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.engines.decomposition.shape import read_shape
from gpualloc.engines.decomposition.small import solve_small
from gpualloc.formulation.groups import Groups
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Bools, Floats
from tests.decomposition.cases import (
    FOCUSES,
    NEAR,
    draw_costs,
    is_same,
    keeps_rows,
    least_usd,
    price,
    pricer_of,
    tiny_data,
    whole_of,
)
from tests.oracle import enumerate_plans
from tests.rules.toys import apart

SEEDS = range(8500, 8504)


def test_known_placements_are_not_made_again() -> None:
    """With what is known, pricing gives what is new, and all of it over time."""
    random, again = np.random.default_rng(8), 0
    for data in (data for focus in FOCUSES for data in tiny_data(focus, SEEDS)):
        pricer, known = pricer_of(data), set[Sketch]()
        groups, duals = range(len(pricer)), np.zeros(pricer.coupling.rows)
        seen: set[object] = set()
        for _ in range(4):
            draw_costs(pricer, random, least=0.0)
            price(pricer)
            exact = [at for at in groups if pricer.is_exact(at)]
            every = {column.key for column in pricer.columns(exact, duals)}
            fresh = [column.key for column in pricer.columns(exact, duals, known)]
            assert set(fresh) == every - seen
            assert len(fresh) == len(set(fresh))
            assert not list(pricer.columns(exact, duals, known))
            again += len(every & seen)
            seen |= every
    assert again


@pytest.mark.parametrize("focus", FOCUSES)
def test_columns_are_complete_placements(focus: str | None) -> None:
    """Columns keep their group's rows; cost and coefficients are those of their values."""
    random, seen = np.random.default_rng(6), 0
    for data in tiny_data(focus, SEEDS):
        pricer = pricer_of(data)
        whole = whole_of(pricer.groups)
        shared, rows = pricer.coupling.columns, pricer.coupling.rows
        draw_costs(pricer, random, least=0.0)
        least = price(pricer)
        for column in pricer.columns(range(len(pricer)), np.zeros(rows)):
            seen += 1
            assert keeps_rows(pricer, column)
            x = np.zeros(whole.columns)
            x[column.positions + shared] = column.values
            taken = np.zeros(rows)
            taken[column.rows] = column.coefficients
            assert np.allclose(taken, whole.matrix.dot(x)[:rows], rtol=1e-12, atol=1e-9)
            assert is_same(column.cost, float(pricer.cost @ x[shared:]))
            assert column.cost >= least[column.group] - NEAR * max(1, abs(column.cost))
    assert seen >= len(SEEDS) / 2


@pytest.mark.parametrize("focus", FOCUSES)
def test_the_best_column_attains_the_least(focus: str | None) -> None:
    """Where pricing is exact, and nothing pays for being idle, a column costs what it proves."""
    random = np.random.default_rng(7)
    for data in tiny_data(focus, SEEDS):
        pricer = pricer_of(data)
        draw_costs(pricer, random, least=0.0)
        least = price(pricer)
        for group in filter(pricer.is_exact, range(len(pricer))):
            columns = pricer.columns([group], np.zeros(pricer.coupling.rows))
            best = min((column.cost for column in columns), default=np.inf)
            assert is_same(best, float(least[group]))


def test_completing_flows() -> None:
    """Completion finds the cheapest pairing of a flow, and none where a row cannot be kept."""
    pricer = pricer_of(apart())
    part = pricer.groups.write(0)
    shape = read_shape(part)
    completion = Completion(part, shape, take_left_out(part.problem, shape))
    values = np.zeros(part.problem.columns)
    outcome = least_point(part.problem)
    core = read_shape(part).core
    values[core] = outcome[core]
    given = {int(at): float(values[at]) for at in np.flatnonzero(values)}
    found, _ = completion.complete(given, part.problem.cost)
    assert found is not None
    assert {at: value for at, value in found.items() if at in given} == given
    usd = sum(part.problem.cost[at] * value for at, value in found.items())
    # Each job may use one site alone, so the whole flow has to cross.
    assert is_same(usd, float(part.problem.cost @ outcome))
    assert any(value == pytest.approx(1) for at, value in found.items() if at not in given)


def test_loose_columns_that_share_no_row_are_each_chosen_alone() -> None:
    """What is chosen without a program costs as much as with one, over random rows and prices."""
    random = np.random.default_rng(3)
    pricer = pricer_of(apart())
    part = pricer.groups.write(0)
    shape = read_shape(part)
    completion = Completion(part, shape, take_left_out(part.problem, shape))
    columns = np.arange(3)
    problem = part.problem
    for _ in range(200):
        completion.problem = replace(
            problem,
            lower=np.zeros(problem.columns),
            upper=np.full(problem.columns, 9.0),
            integer=random.random(problem.columns) < 0.5,
        )
        row = np.arange(6)
        completion._row, completion._column = row, np.repeat(columns, 2)
        completion._value = random.choice([-2.0, -1.0, 1.0, 3.0], 6)
        middle = completion._value * random.integers(0, 6, 3)[completion._column]
        lower = np.where(random.random(6) < 0.5, -np.inf, middle - random.integers(0, 4, 6))
        upper = np.where(random.random(6) < 0.5, np.inf, middle + random.integers(0, 4, 6))
        usd = np.zeros(problem.columns)
        usd[columns] = random.integers(-3, 4, 3)
        entries = (columns, np.ones(6, dtype=bool), lower, upper)
        alone = completion._choose_each(*entries, usd)
        together = completion._solve(*entries, np.ones(6, dtype=bool), usd)
        assert alone is not None
        assert together is not None
        assert alone @ usd[columns] == pytest.approx(together @ usd[columns], abs=1e-6)
        taken = completion._value * alone[completion._column]
        assert (taken >= lower - 1e-9).all()
        assert (taken <= upper + 1e-9).all()


def least_point(problem: Problem) -> Floats:
    """A cheapest point by a MILP solver."""
    if not problem.columns:
        return np.empty(0)
    values = HighsBackend().solve(problem, Settings(gap=0.0), None, Listener()).values
    assert values is not None
    return values


def best_assignment(pricer: Pricer) -> Assignment:
    """The optimal assignment, by a MILP solver that is given the whole program."""
    x, coupling = least_point(whole_of(pricer.groups)), pricer.coupling
    columns = []
    for group in range(len(pricer)):
        part = pricer.groups.write(group)
        own = x[part.first : part.first + part.problem.columns]
        own = np.where(part.problem.integer, np.rint(own), own)
        local = np.flatnonzero(np.abs(own) > 1e-9)
        columns.append(pricer.column(group, local, own[local]))
    around = Assignment(coupling, tuple(columns), coupling.lower)
    # Numbers that were a hair from whole are whole now: the plan-wide columns follow them.
    builder, place = neighborhood(pricer, around, range(0))
    return builder.read(around, place, least_point(place.problem))


def neighborhood(
    pricer: Pricer, around: Assignment, groups: range
) -> tuple[NeighborhoodBuilder, Neighborhood]:
    """The neighborhood in which some groups are free in all their columns."""
    builder, coupling = NeighborhoodBuilder(pricer, 1e6), pricer.coupling
    parts = [pricer.groups.write(group) for group in groups]
    free: list[tuple[object, Bools]] = [
        (part, np.ones(part.problem.columns, dtype=bool)) for part in parts
    ]
    return builder, builder.build(around, free, coupling.lower, coupling.upper)


def with_plan(focus: str | None) -> list[Pricer]:
    """Random tiny instances that have a plan."""
    found = [data for data in tiny_data(focus, SEEDS) if enumerate_plans(data).objective]
    return [pricer_of(data) for data in found]


def plain(pricer: Pricer, column: Column) -> Column:
    """The same shards and hubs without columns that are set and not needed."""
    return pricer.column_of(column.group, pricer.values_of(column)) or column


@pytest.mark.parametrize("focus", FOCUSES)
def test_neighborhood_starts_where_it_is(focus: str | None) -> None:
    """The start keeps all rows of the small program, costs no more, and reads back as it was."""
    for pricer in with_plan(focus):
        best = best_assignment(pricer)
        assert best.is_valid
        for groups in (range(len(pricer)), range(1), range(0)):
            builder, place = neighborhood(pricer, best, groups)
            problem, start = place.problem, place.start
            activity = problem.matrix.dot(start)
            scale = NEAR * (1 + np.abs(activity))
            assert (activity <= problem.row_upper + scale).all()
            assert (activity >= problem.row_lower - scale).all()
            assert (start >= problem.lower - NEAR).all()
            assert (start <= problem.upper + NEAR).all()
            read = builder.read(best, place, start)
            for column, before in zip(read.columns, best.columns, strict=True):
                assert column.key in {before.key, plain(pricer, before).key}
            assert (read.shared == best.shared).all()
            assert is_same(read.cost_usd, best.cost_usd)


@pytest.mark.parametrize("focus", FOCUSES)
def test_neighborhood_of_all_groups_is_the_whole(focus: str | None) -> None:
    """With every group free the small program has the optimum of enumeration, and so has a part."""
    for data in tiny_data(focus, SEEDS):
        optimum = enumerate_plans(data).objective
        if optimum is None:
            continue
        pricer = pricer_of(data)
        best = best_assignment(pricer)
        assert is_same(best.cost_usd, float(optimum))
        for groups in (range(len(pricer)), range(1)):
            _, place = neighborhood(pricer, best, groups)
            fixed = sum(c.cost for c in best.columns if c.group not in groups)
            assert is_same(fixed + least_usd(place.problem), float(optimum))


def cheapest_columns(pricer: Pricer) -> tuple[Column, ...]:
    """For each group, its cheapest placement by itself."""
    price(pricer)
    found = list(pricer.columns(range(len(pricer)), np.zeros(pricer.coupling.rows)))
    cheapest = {column.group: column for column in reversed(found)}
    return tuple(cheapest[group] for group in range(len(pricer)))


def test_broken_rows_cost() -> None:
    """From an assignment that breaks rows, the small program pays for them, or mends them."""
    mended = 0
    for pricer in with_plan("power"):
        coupling = pricer.coupling
        around = Assignment(coupling, cheapest_columns(pricer), coupling.lower.copy())
        builder, place = neighborhood(pricer, around, range(len(pricer)))
        relief = place.problem.columns - place.relief
        assert relief == len(around.broken)
        mended += relief > 0
        found = builder.read(around, place, least_point(place.problem))
        assert found.is_valid
        assert is_same(found.cost_usd, best_assignment(pricer).cost_usd)
    assert mended


def least_small_usd(place: Neighborhood) -> float:
    """What a small program costs at its optimum."""
    found = solve_small(place.problem, start=place.start, gap=0.0, unit_usd=1e6)
    assert found.proved
    assert found.values is not None
    return float(place.problem.cost @ found.values)


def test_rows_are_traded() -> None:
    """Where kept rows may be broken in return for others, the plan-wide columns cost no more."""
    for pricer in (pricer for focus in FOCUSES for pricer in with_plan(focus)):
        coupling, builder = pricer.coupling, NeighborhoodBuilder(pricer, 1e6)
        around = Assignment(coupling, cheapest_columns(pricer), coupling.lower.copy())
        bounds = coupling.lower, coupling.upper
        plain = builder.build(around, [], *bounds)
        if plain.problem.columns - plain.relief < len(around.broken):
            continue  # a row that no choice can mend is left out, and pays nothing
        stiff = least_small_usd(plain)
        loose = least_small_usd(builder.build(around, [], *bounds, trades=True))
        near = NEAR * max(1.0, abs(stiff))
        assert loose <= stiff + near
        assert loose >= stiff - near or len(around.broken)


def test_trades_break_less() -> None:
    """A choice that is held by one row alone gives way where it would break many others."""
    usd = np.zeros(2)
    for seed in range(4):
        pricer = Pricer(Groups(gpualloc.generate(data_centers=8, jobs=24, seed=seed)))
        coupling, builder = pricer.coupling, NeighborhoodBuilder(pricer, 1e6)
        around = Assignment(coupling, cheapest_columns(pricer), coupling.lower.copy())
        for at, trades in enumerate((False, True)):
            place = builder.build(around, [], coupling.lower, coupling.upper, trades=trades)
            values = solve_small(place.problem, start=place.start, unit_usd=1e6).values
            assert values is not None
            found = builder.read(around, place, values)
            usd[at] += found.cost_usd + builder.penalties(found).sum()
    assert usd[1] < usd[0]
