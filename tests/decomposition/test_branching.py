"""Branching: the choice is the best of those tried, and trying leaves the master as it was."""

from __future__ import annotations

import numpy as np

from gpualloc.engines.decomposition.branching import LEAST_GAIN, TRIED, Branching
from gpualloc.engines.decomposition.generation import Generation
from gpualloc.engines.decomposition.planwide import WHOLE
from gpualloc.engines.decomposition.tree import Tree
from gpualloc.vectors import Ints
from tests.decomposition.cases import FOCUSES, finish, tiny_data
from tests.decomposition.test_master import generation_of

SEEDS = range(9200, 9206)


def broken_of(generation: Generation) -> Ints:
    """Plan-wide columns that must be whole and are not."""
    assert generation.relaxed is not None
    shared = generation.relaxed.shared
    away = np.abs(shared - np.rint(shared)) > WHOLE
    return np.flatnonzero(away & generation.master.coupling.integer)


def score_of(generation: Generation, at: int, cost_usd: float) -> float:
    """The product of what both sides of a choice cost, worked out anew."""
    master = generation.master
    lower, upper, score = master.lower.copy(), master.upper.copy(), 1.0
    assert generation.relaxed is not None
    value = generation.relaxed.shared[at]
    for bounds, side in ((upper, np.floor(value)), (lower, np.ceil(value))):
        kept, bounds[at] = bounds[at], side
        master.set_bounds(lower, upper)
        score *= max(master.solve().cost_usd - cost_usd, LEAST_GAIN * abs(cost_usd))
        bounds[at] = kept
    master.set_bounds(lower, upper)
    return score


def test_the_choice_is_the_best() -> None:
    """No other choice raises both sides more, where all are tried."""
    seen = 0
    for focus in FOCUSES:
        for data in tiny_data(focus, SEEDS):
            generation = generation_of(data)
            if generation is None:
                continue
            generation.converge(1e-6, np.inf, 200)
            relaxed = generation.solve_master()
            broken = broken_of(generation)
            branching = Branching(generation.master)
            lower, upper = generation.master.lower.copy(), generation.master.upper.copy()
            chosen = branching.choose(relaxed, np.inf)
            assert (generation.master.lower == lower).all()
            assert (generation.master.upper == upper).all()
            assert (chosen is None) == (len(broken) == 0)
            if chosen is None or len(broken) > TRIED:
                continue
            seen += 1
            scores = {at: score_of(generation, at, relaxed.cost_usd) for at in broken.tolist()}
            assert scores[chosen] >= max(scores.values()) * (1 - 1e-6)
    assert seen >= 5


def test_what_was_learned_is_used() -> None:
    """Once every choice has been tried often enough, none is tried again."""
    for data in tiny_data("first_refusal", SEEDS):
        generation = generation_of(data)
        if generation is None:
            continue
        generation.converge(1e-6, np.inf, 200)
        relaxed = generation.solve_master()
        branching = Branching(generation.master)
        for _ in range(20):
            first = branching.choose(relaxed, np.inf)
        before = generation.master.iterations
        assert branching.choose(relaxed, np.inf) == first
        assert generation.master.iterations == before


def test_a_node_that_is_cut_short_is_not_branched_on() -> None:
    """What it has proved stays; without the limit the same node is opened."""
    [data] = tiny_data(None, range(1))
    generation = generation_of(data)
    assert generation is not None
    generation.converge(1e-6, np.inf, 200)
    center, coupling = generation.center, generation.pricer.coupling
    tree = Tree(generation)
    node = tree.make(center.bound_usd - 1.0, coupling.lower, coupling.upper, center.duals)
    generation.stop = lambda: True
    assert finish(tree.open(node, np.inf, 1e-6, 50)) is None
    assert node.bound_usd >= center.bound_usd * (1 - 1e-6)
    generation.stop = lambda: False
    assert finish(tree.open(node, np.inf, 1e-6, 50)) is not None
