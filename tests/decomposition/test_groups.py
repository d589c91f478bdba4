"""The program group by group: put together it is the whole, and it is written alike every time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from gpualloc.answers.frontier_measures import Cost, Energy, Penalty, Providers
from gpualloc.answers.replanning_moves import Moves, Today
from gpualloc.errors import InternalError
from gpualloc.formulation.amendment import Amendment
from gpualloc.formulation.groups import Groups, Part
from gpualloc.formulation.problem import Problem
from gpualloc.formulation.program import formulate
from gpualloc.formulation.size import estimate_columns
from gpualloc.instance import Instance
from gpualloc.instance.arrays import build_arrays
from gpualloc.rules.measure import Limit, WeightedSum
from gpualloc.rules.writer import SHARED
from tests.decomposition.cases import FOCUSES, groups_of, tiny_data, whole_of
from tests.oracle.by_hand import contract, job, linked, two_sites

SEEDS = range(7000, 7008)


def rows_of(problem: Problem) -> list[tuple[object, ...]]:
    """Every row with its limits and coefficients, in an order that does not depend on ids."""
    starts, matrix = problem.matrix.starts, problem.matrix
    limits = zip(
        problem.row_lower.tolist(),
        problem.row_upper.tolist(),
        problem.strict.tolist(),
        strict=True,
    )
    entries = (slice(a, b) for a, b in pairwise(starts))
    terms = ((matrix.columns[own].tolist(), matrix.values[own].tolist()) for own in entries)
    return sorted((*limit, *term) for limit, term in zip(limits, terms, strict=True))


@pytest.mark.parametrize("focus", FOCUSES)
def test_groups_make_the_whole(focus: str | None) -> None:
    """Plan-wide columns, groups and coupling rows put together are the program of `formulate`."""
    for data in tiny_data(focus, SEEDS):
        whole = formulate(Instance.from_dict(data)).problem
        joined = whole_of(groups_of(data))
        for name in ("lower", "upper", "cost", "integer"):
            assert (getattr(joined, name) == getattr(whole, name)).all(), name
        assert rows_of(joined) == rows_of(whole)


@pytest.mark.parametrize("focus", FOCUSES)
def test_amended_groups_make_the_amended_whole(focus: str | None) -> None:
    """Limits on what all groups do together, and another goal, are those of the whole program."""
    for data in tiny_data(focus, SEEDS[:3]):
        here = {data["periods"][0]["name"]: {data["offers"][0]["name"]: 1}}
        energy = Energy()
        moves = Moves(Today({job["name"]: here for job in data["jobs"]}))
        limits = (Limit(energy, 12_345.6), Limit(Penalty(), 0.0), Limit(moves, 3))
        for goal in (None, energy, WeightedSum("both", [(1.0, Cost()), (2.5, Providers())])):
            amendment = Amendment((*limits, Limit(Providers(), 1)), goal)
            whole = amendment.formulate(Instance.from_dict(data)).problem
            joined = whole_of(groups_of(data, amendment))
            assert joined.cost == pytest.approx(whole.cost, rel=1e-12)
            assert (joined.upper == whole.upper).all()
            assert rows_of(joined) == rows_of(whole)


def figures_of(part: Part) -> list[bytes]:
    """All arrays of a group, to compare."""
    problem, coupling = part.problem, part.coupling
    arrays = [getattr(problem, name) for name in ("lower", "upper", "cost", "integer")]
    arrays += [problem.row_lower, problem.row_upper, problem.strict]
    for matrix in (problem.matrix, coupling):
        arrays += [matrix.starts, matrix.columns, matrix.values]
    return [array.tobytes() for array in arrays]


@pytest.mark.parametrize("focus", ["flows", "moves", "first_refusal", "count"])
def test_a_group_written_twice(focus: str) -> None:
    """A group that is written again, after others and in any order, is the same to the last bit."""
    for data in tiny_data(focus, SEEDS):
        groups = Groups(Instance.from_dict(data))
        first = [figures_of(groups.write(at)) for at in range(len(groups))]
        again = [figures_of(groups.write(at)) for at in reversed(range(len(groups)))]
        assert first == again[::-1]


def test_groups_are_first_written_in_order() -> None:
    """Ids would depend on the order of writing, so the first time it is fixed."""
    groups = Groups(Instance.from_dict(two_sites(job("one"), job("two"))))
    with pytest.raises(InternalError, match="in their order"):
        groups.write(1)
    with pytest.raises(InternalError, match="not every group"):
        _ = groups.coupling


def test_names_and_buyouts() -> None:
    """Declared coupling rows have their planner's names, and buyouts their columns."""
    cap = contract("spend_cap", providers=["A"], usd=9000, buyout_usd=5)
    groups = groups_of(two_sites(job("one"), job("two"), contracts=(cap,)))
    names = [groups.row_name(row) for row in range(groups.coupling.declared)]
    assert "offers[cheap, q1]" in names
    assert any(name.startswith("spend_cap[spend_cap") for name in names), names
    assert groups.coupling.cost[groups.bought["spend_cap"]] == 5


@pytest.mark.parametrize("focus", FOCUSES)
def test_size_is_foreseen(focus: str | None) -> None:
    """The estimate counts the columns of offers, data centers and pairs before they are written."""
    for data in tiny_data(focus, SEEDS):
        instance = Instance.from_dict(data)
        program = formulate(instance)
        blocks = [block for job in program.jobs for block in job.all_blocks()]
        hub = [block for block in blocks if (block.hub >= 0).any()]
        exact = sum(len(block.offers) + len(block.sites) for block in blocks)
        exact += sum(len(block.sites) ** 2 for block in hub)
        assert estimate_columns(build_arrays(instance)) >= exact
        assert estimate_columns(build_arrays(instance)) <= 2 * exact + 40


def test_size_by_hand() -> None:
    """Two offers, two data centers and four pairs of them are eight columns of a block."""
    instance = Instance.from_dict(linked())
    assert estimate_columns(build_arrays(instance)) == 2 + 2 + 4
    # Besides, a program has `on`, a stall column a hub, and one spoke each way instead of pairs.
    own = formulate(instance).owner != SHARED
    assert np.count_nonzero(own) == 1 + 2 + 2 + 2 + 2 + 2
