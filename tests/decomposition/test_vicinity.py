"""Vicinities around what is broken."""

from __future__ import annotations

import numpy as np
import pytest

import gpualloc
from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.decomposer import Decomposer


def crowded(seed: int) -> tuple[Decomposer, Assignment]:
    """Every group where it is cheapest by itself, whatever that breaks."""
    instance = gpualloc.generate(gpus=60_000, data_centers=10, jobs=24, seed=seed)
    decomposer = Decomposer(instance, Settings(), None, Listener())
    cheapest = {}
    for column in sorted(decomposer.master.pool, key=lambda own: own.cost):
        cheapest.setdefault(column.group, column)
    decomposer.relaxation.solve()
    for column in decomposer.master.pool:
        cheapest.setdefault(column.group, column)
    columns = tuple(cheapest[group] for group in range(len(decomposer.pricer)))
    shared = np.clip(0.0, decomposer.lower, decomposer.upper)
    return decomposer, Assignment(decomposer.pricer.coupling, columns, shared)


@pytest.mark.parametrize("seed", range(4))
def test_who_is_ejected(seed: int) -> None:
    """A group on a broken row, its place elsewhere, and first of all those that stand there."""
    decomposer, start = crowded(seed)
    center, vicinity = decomposer.generation.center, decomposer.search.vicinity
    assert len(start.broken)
    for size in (3.0, 7.0, 12.0):
        chosen, elsewhere = vicinity.eject(start, center, size)
        assert len(set(chosen)) == round(size)
        if elsewhere is None:
            continue
        assert elsewhere.group in chosen
        assert np.isin(start.broken, start.columns[elsewhere.group].rows).any()


@pytest.mark.parametrize("seed", range(4))
def test_repair_ends_with_less_broken(seed: int) -> None:
    """Neighborhoods around broken rows lower the penalty and never raise it."""
    decomposer, start = crowded(seed)
    search, center = decomposer.search, decomposer.generation.center
    worth, found = [search.worth(start)], start
    for _ in range(12):
        found = search.improve(found, center, decomposer.lower, decomposer.upper)
        worth.append(search.worth(found))
    assert worth == sorted(worth, reverse=True)
    assert worth[-1] < worth[0]


@pytest.mark.parametrize("seed", range(3))
def test_who_makes_way_in_a_plan(seed: int) -> None:
    """Where nothing is broken, those that would be in a group's way elsewhere come with it."""
    decomposer, _ = crowded(seed)
    decomposer.root = center = decomposer.generation.center
    list(decomposer._dive_first())
    plan, crossed = decomposer.best, 0
    assert plan is not None
    for _ in range(40):
        chosen, elsewhere = decomposer.search.vicinity.eject(plan, center, 4.0)
        assert len(set(chosen)) == 4
        if elsewhere is None:
            continue
        assert elsewhere.group in chosen
        columns = list(plan.columns)
        columns[elsewhere.group] = elsewhere
        moved = Assignment(plan.coupling, tuple(columns), plan.shared)
        full = moved.broken[moved.broken < plan.coupling.declared]
        full = full[moved.activity[full] > plan.coupling.row_upper[full]]
        others = [group for group in chosen if group != elsewhere.group]
        users = [group for group in others if np.isin(full, plan.columns[group].rows).any()]
        crossed += bool(users)
        able = [
            column.group
            for column in plan.columns
            if column.group != elsewhere.group and np.isin(full, column.rows).any()
        ]
        assert len(users) >= min(len(others), len(able)) or not len(full)
    assert crossed
