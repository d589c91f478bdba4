"""A solution of the relaxation guides the search to where else groups may stand."""

from __future__ import annotations

import numpy as np
import pytest

import gpualloc
from gpualloc.engines.decomposition.decomposer import Decomposer
from gpualloc.engines.decomposition.guide import Guide, guide_by, take_enough
from tests.decomposition.cases import dived, finish


@pytest.fixture(scope="module")
def decomposer() -> Decomposer:
    """A decomposition with a first plan."""
    return dived(gpualloc.generate(gpus=60_000, data_centers=10, jobs=30, seed=3))


@pytest.fixture(scope="module")
def guide(decomposer: Decomposer) -> Guide:
    """The relaxation at the root."""
    relaxed = decomposer.generation.solve_master()
    return guide_by(decomposer.master.pool, relaxed, len(decomposer.pricer))


def test_the_guide_places_every_group_once(decomposer: Decomposer, guide: Guide) -> None:
    """Weights of a group add up to one placement, each of a column of that group."""
    assert len(guide.columns) == len(guide.weights) == len(decomposer.pricer)
    for group, (columns, weights) in enumerate(zip(guide.columns, guide.weights, strict=True)):
        assert {column.group for column in columns} == {group}
        assert sum(weights) == pytest.approx(1, abs=1e-2)


def test_elsewhere_is_where_the_plan_differs(decomposer: Decomposer, guide: Guide) -> None:
    """Groups that the relaxation places as a plan does, and nowhere else, are not among them."""
    own = [
        columns[int(np.argmax(w))] for columns, w in zip(guide.columns, guide.weights, strict=True)
    ]
    split = [group for group, weights in enumerate(guide.weights) if max(weights) < 0.99]
    assert split
    assert guide.elsewhere(own) == split
    assert decomposer.best is not None
    moved = list(own)
    moved[0] = next(c for c in decomposer.master.pool if c.group == 0 and c.key != own[0].key)
    assert guide.elsewhere(moved) == sorted({0, *split})


def test_opening_by_columns(decomposer: Decomposer, guide: Guide) -> None:
    """A group may use the data centers of its columns, and no others."""
    search, pricer = decomposer.search, decomposer.pricer
    for group in range(len(pricer)):
        part, allowed = search.opening.by_columns(search._part(group), guide.columns[group])
        used = np.zeros(part.problem.columns, dtype=bool)
        for column in guide.columns[group]:
            used[column.positions - pricer.first_of(group)] = True
        assert allowed[used].all()
        for job in part.jobs:
            for block in job.all_blocks():
                sites = used[block.used - part.first]
                np.testing.assert_array_equal(allowed[block.used - part.first], sites)


def test_further_guides_are_taken_while_few_groups_would_be_free(
    decomposer: Decomposer, guide: Guide
) -> None:
    """No more than it takes; together they leave free what any of them places elsewhere."""
    best = decomposer.best
    assert best is not None
    ones = tuple((1.0,) for _ in best.columns)
    same = Guide(tuple((column,) for column in best.columns), ones, best.shared)
    assert same.elsewhere(best.columns) == []
    assert same.agrees(best.shared).all()
    groups = guide.elsewhere(best.columns)
    assert len(groups) > 1
    assert take_enough([same, guide, same], best.columns, 1) == ([same, guide], groups)
    assert take_enough([guide, same], best.columns, len(groups)) == ([guide], groups)
    assert take_enough([guide, same], best.columns, len(groups) + 1) == ([guide, same], groups)
    assert take_enough([], best.columns, 1) == ([], [])


def test_what_lies_between_is_never_worse(decomposer: Decomposer, guide: Guide) -> None:
    """Tried again and again, it keeps a plan valid, and makes one that is far off cheaper."""
    best, search = decomposer.best, decomposer.search
    assert best is not None
    first = best.cost_usd
    for _ in range(8):
        found = search.between(best, [guide])
        assert found.is_valid
        assert found.cost_usd <= best.cost_usd * (1 + 1e-9)
        best = found
    assert best.cost_usd < first


def test_a_plunge_ends_with_a_plan_or_a_closed_node(decomposer: Decomposer) -> None:
    """It opens nodes one below the other; those beside it stay open, and no bound is lost."""
    tree, root = decomposer.tree, decomposer.root
    node = tree.make(root.bound_usd, decomposer.lower, decomposer.upper, root.duals)
    opened = finish(tree.open(node, np.inf, 1e-4, 40))
    assert opened is not None
    assert opened.branch is not None
    before, bound = len(tree), node.bound_usd
    for _ in decomposer._plunge(opened):
        pass
    assert len(tree) > before
    assert tree.bound_usd >= bound * (1 - 1e-9)
    assert decomposer.best is not None
    assert decomposer.best.cost_usd >= tree.bound_usd * (1 - 1e-9)
