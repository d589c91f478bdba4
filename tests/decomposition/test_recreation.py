"""Ruin and recreate: placements against an integer program, and whole plans by the checker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import gpualloc
from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.backends.highs import HighsBackend
from gpualloc.engines.decomposition.decomposer import Decomposer
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.formulation.problem import Matrix, build_matrix
from gpualloc.plan.checker import check_layout
from gpualloc.vectors import Floats
from tests.decomposition.cases import (
    FOCUSES,
    NEAR,
    draw_duals,
    is_same,
    keeps_rows,
    pricer_of,
    tiny_data,
)

SEEDS = range(8700, 8704)


def transposed(matrix: Matrix, rows: int) -> Matrix:
    """A group's coefficients in coupling rows, by row."""
    return build_matrix(
        matrix.columns, matrix.row_of_entry, matrix.values, rows, len(matrix.starts) - 1
    )


def least_within(pricer: Pricer, group: int, duals: Floats, room: Floats) -> float:
    """The cheapest placement that keeps all rows together within a room, by HiGHS."""
    part = pricer.groups.write(group)
    rows = pricer.coupling.rows
    shared, own = transposed(part.coupling, rows), part.problem.matrix
    size = part.problem.columns
    problem = replace(
        part.problem,
        cost=part.problem.cost - np.array([duals @ column for column in dense(shared, size).T]),
        matrix=build_matrix(
            np.concatenate([own.row_of_entry, shared.row_of_entry + part.problem.rows]),
            np.concatenate([own.columns, shared.columns]),
            np.concatenate([own.values, shared.values]),
            part.problem.rows + rows,
            size,
        ),
        row_lower=np.append(part.problem.row_lower, np.full(rows, -np.inf)),
        row_upper=np.append(part.problem.row_upper, room),
        strict=np.append(part.problem.strict, np.zeros(rows, dtype=bool)),
    )
    outcome = HighsBackend().solve(problem, Settings(), None, Listener())
    return np.inf if outcome.values is None else float(problem.cost @ outcome.values)


def dense(matrix: Matrix, columns: int) -> Floats:
    """A matrix with all its zeros."""
    full = np.zeros((len(matrix.starts) - 1, columns))
    np.add.at(full, (matrix.row_of_entry, matrix.columns), matrix.values)
    return full


@pytest.mark.parametrize("focus", FOCUSES)
def test_a_placement_in_a_room(focus: str | None) -> None:
    """Each part fits the room, and no placement that fits as a whole is cheaper."""
    random, seen = np.random.default_rng(11), 0
    for data in tiny_data(focus, SEEDS):
        pricer = pricer_of(data)
        duals = draw_duals(pricer.coupling, random, 5.0)
        finite = np.where(np.isfinite(pricer.coupling.row_upper), pricer.coupling.sizes, np.inf)
        room = np.maximum(finite * random.uniform(0.2, 1.2, len(finite)), 0.0)
        for group in range(len(pricer)):
            if not pricer.is_exact(group):
                continue
            column = pricer.place_within(group, duals, room)
            least = least_within(pricer, group, duals, room)
            if column is None:
                assert least == np.inf
                continue
            seen += 1
            assert keeps_rows(pricer, column)
            assert column.reduced_cost(duals) <= least + NEAR * max(1.0, abs(least))
    assert seen or focus == "flows"


def test_a_placement_without_limits_is_the_least() -> None:
    """Where there is room for all, the placement is the best that pricing finds."""
    random = np.random.default_rng(12)
    for data in tiny_data(None, SEEDS):
        pricer = pricer_of(data)
        coupling = pricer.coupling
        duals = draw_duals(coupling, random, 5.0)
        endless = np.full(coupling.rows, np.inf)
        pricer.price(duals, coupling.lower, coupling.upper)
        best = {}
        for column in pricer.columns(range(len(pricer)), duals):
            best.setdefault(column.group, column.reduced_cost(duals))
        for group, usd in best.items():
            found = pricer.apart().place_within(group, duals, endless)
            assert found is not None
            assert is_same(found.reduced_cost(duals), usd)


def test_pricing_apart_disturbs_nothing() -> None:
    """What one pricer found stays while another prices the same groups in between."""
    (data,) = tiny_data(None, range(8700, 8701))
    pricer = pricer_of(data)
    coupling = pricer.coupling
    zero, dear = np.zeros(coupling.rows), np.full(coupling.rows, 7.0)
    pricer.price(zero, coupling.lower, coupling.upper)
    before = [column.key for column in pricer.columns(range(len(pricer)), zero)]
    pricer.apart().price(dear, coupling.lower, coupling.upper)
    after = [column.key for column in pricer.columns(range(len(pricer)), zero)]
    assert before == after


def test_a_plan_gets_cheaper_and_stays_valid() -> None:
    """From a first plan, what ruin and recreate ends with is valid, as the checker sees it."""
    gained = 0.0
    for seed in (1, 2):
        instance = gpualloc.generate(gpus=60_000, data_centers=10, jobs=24, seed=seed)
        decomposer = Decomposer(instance, Settings(), None, Listener())
        decomposer.relaxation.solve()
        center = decomposer.root = decomposer.generation.center
        lower, upper = decomposer.lower, decomposer.upper
        list(decomposer._dive(decomposer.tree.make(center.bound_usd, lower, upper, center.duals)))
        first = decomposer.best
        if first is None:
            continue
        found = decomposer.search.recreate(first, center, lower, upper)
        found = decomposer.search.resettle(found, lower, upper)  # closes what is used no more
        verdict = check_layout(instance, decomposer.layout(found))
        assert verdict, verdict.breaches
        assert verdict.objective_usd == pytest.approx(found.cost_usd, rel=1e-6)
        gained += first.cost_usd - found.cost_usd
        assert found.cost_usd <= first.cost_usd
    assert gained > 0


def test_a_plan_that_is_left_alone_stays() -> None:
    """Without a try every placement of a plan stays, whatever rows others have to make room in."""
    for seed in (1, 2, 3):
        instance = gpualloc.generate(gpus=60_000, data_centers=10, jobs=24, seed=seed)
        decomposer = Decomposer(instance, Settings(), None, Listener())
        decomposer.relaxation.solve()
        center, lower, upper = decomposer.root, decomposer.lower, decomposer.upper
        list(decomposer._dive(decomposer.tree.make(center.bound_usd, lower, upper, center.duals)))
        plan = decomposer.best
        assert plan is not None
        found = decomposer.search.recreation.improve(plan, center, 0, lambda: False)
        assert [own.key for own in found.columns] == [own.key for own in plan.columns]


def test_groups_that_find_no_place_are_remembered() -> None:
    """A group that ends without a place counts as failed, and stays where it was."""
    instance = gpualloc.generate(gpus=60_000, data_centers=10, jobs=24, seed=1)
    decomposer = Decomposer(instance, Settings(), None, Listener())
    decomposer.relaxation.solve()
    pricer, center = decomposer.pricer, decomposer.generation.center
    cheapest = {}
    for column in decomposer.master.pool:
        cheapest.setdefault(column.group, column)
    columns = tuple(cheapest[group] for group in range(len(pricer)))
    start = decomposer.search.settle(
        columns, np.zeros(pricer.coupling.columns), decomposer.lower, decomposer.upper
    )
    recreation = decomposer.search.recreation
    for _ in range(3):
        before = recreation.failed.copy()
        found = recreation.improve(start, center, 60, lambda: False)
        failed = recreation.failed > before
        assert len(found.columns) == len(columns)
        for group in np.flatnonzero(failed).tolist():
            assert found.columns[group] is start.columns[group]
