"""The root's relaxation: what hard groups have of placements, against HiGHS."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import gpualloc
from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.backends.highs import HighsBackend
from gpualloc.engines.decomposition.decomposer import Decomposer
from gpualloc.engines.decomposition.relaxation import CLOSE, POOR
from gpualloc.instance.instance import Instance

SEEDS = range(6)


def instance_with_flows(seed: int) -> Instance:
    """Some jobs that flows tie together among others."""
    return gpualloc.generate(gpus=40_000, data_centers=8, jobs=20, periods=2, seed=seed)


def least_usd(decomposer: Decomposer, group: int) -> float:
    """The least reduced cost of a group's placements at the master's duals, by HiGHS."""
    part, first = decomposer.groups.write(group), decomposer.pricer.first_of(group)
    relaxed = decomposer.generation.relaxed
    assert relaxed is not None
    reduced = decomposer.pricer.reduced_costs(relaxed.duals)
    problem = replace(part.problem, cost=reduced[first : first + part.problem.columns])
    outcome = HighsBackend().solve(problem, Settings(), None, Listener())
    assert outcome.values is not None
    return float(problem.cost @ outcome.values)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_hard_group_lacks_a_good_placement(seed: int) -> None:
    """Unless bound and master are close, the best known is near the best that there is."""
    decomposer = Decomposer(instance_with_flows(seed), Settings(), None, Listener())
    relaxation, generation = decomposer.relaxation, decomposer.generation
    relaxation.solve()
    relaxed, bound_usd = generation.solve_master(), generation.center.bound_usd
    assert (relaxed.unplaced <= 1e-6).all() or relaxation.is_infeasible()
    if relaxed.missing <= 1e-6 and relaxed.cost_usd - bound_usd <= CLOSE * abs(bound_usd):
        return
    known = np.full(len(decomposer.pricer), np.inf)
    pool = decomposer.master.pool
    np.minimum.at(known, pool.group, pool.reduced_costs(relaxed.duals))
    for group in decomposer.hard.groups:
        near = 1.01 * POOR * abs(relaxed.cost_usd)
        assert known[group] <= least_usd(decomposer, group) + near


def test_a_group_whose_placements_cannot_be_completed() -> None:
    """With all that pricing completes of a hard group but the first lost, the bound is as good."""
    bounds = []
    for columns in (1, 1000):
        decomposer = Decomposer(instance_with_flows(0), Settings(), None, Listener())
        pricer, complete = decomposer.pricer, decomposer.pricer.complete
        hard = set(decomposer.hard.groups)
        assert hard
        left = dict.fromkeys(hard, columns)

        def forget(at: int, *rest: object, left: dict[int, int] = left) -> object:
            if at in left:
                left[at] -= 1
                if left[at] < 0:
                    return None
            return complete(at, *rest)  # type: ignore[arg-type] # noqa: B023

        pricer.complete = forget  # type: ignore[method-assign, assignment]
        decomposer.relaxation.solve()
        bounds.append(decomposer.generation.center.bound_usd)
    assert bounds[0] == pytest.approx(bounds[1], rel=0.01)
