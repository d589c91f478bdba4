"""A dive ends with a placement of every group, and gives the master back as it was."""

from __future__ import annotations

import numpy as np
import pytest

import gpualloc
from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.decomposer import Decomposer
from gpualloc.engines.decomposition.diving import BARS, Dive, Manner
from gpualloc.engines.decomposition.generation import Generation
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.formulation.groups import Groups
from tests.decomposition.cases import FOCUSES, finish, tiny_data
from tests.decomposition.test_master import SEEDS, generation_of, generation_on

MANNERS = [Manner(0, False), Manner(0, True), Manner(5, True)]


def check_dive(generation: Generation, manner: Manner) -> None:
    """Dive from the relaxation, and look at what it leaves behind."""
    pricer = generation.pricer
    generation.converge(1e-6, np.inf, 100)
    master, before = generation.master, generation.solve_master()
    basis = list(master.basis().col_status)
    dived = finish(Dive(generation, lambda: False, manner).run())
    if dived is None:
        placed = {column.group for column in master.pool}
        assert len(placed) < len(pricer)
        return
    columns, shared = dived
    assert [column.group for column in columns] == list(range(len(pricer)))
    coupling = pricer.coupling
    assert ((shared >= coupling.lower) & (shared <= coupling.upper)).all()
    np.testing.assert_array_equal(master.lower, coupling.lower)
    np.testing.assert_array_equal(master.upper, coupling.upper)
    assert list(master.basis().col_status)[: len(basis)] == basis
    assert generation.solve_master().cost_usd <= before.cost_usd * (1 + 1e-6) + 1e-6


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("focus", FOCUSES)
def test_dive_on_tiny_instances(focus: str | None, manner: Manner) -> None:
    """Tight ones too, where groups lose their place on the way."""
    for data in tiny_data(focus, SEEDS):
        generation = generation_of(data)
        if generation is not None:
            check_dive(generation, manner)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("seed", range(4))
def test_dive_on_generated_instances(seed: int, manner: Manner) -> None:
    """With all contract types, nearly all GPUs in use."""
    instance = gpualloc.generate(gpus=30_000, data_centers=8, jobs=24, seed=seed)
    generation = generation_on(Pricer(Groups(instance)))
    assert generation is not None
    check_dive(generation, manner)


def converged(seed: int) -> Generation:
    """The relaxation of an instance with all contract types."""
    instance = gpualloc.generate(gpus=60_000, data_centers=10, jobs=40, seed=seed)
    generation = generation_on(Pricer(Groups(instance)))
    assert generation is not None
    generation.converge(1e-3, np.inf, 100)
    return generation


def test_barred_placements_are_left_alone() -> None:
    """A dive bars what costs the others much; it then ends with something else, if there is any."""
    barred = 0
    for seed in range(6):
        generation = converged(seed)
        dive = Dive(generation, lambda: False, MANNERS[0])
        dived = finish(dive.run())
        assert dived is not None
        settled = {column.key for column in dived[0]}
        out = {column.key for column in dive.barred}
        more = {column.group for column in generation.master.pool if column.key not in out}
        assert not any(own.key in settled for own in dive.barred if own.group in more)
        assert len(dive.barred) <= BARS
        barred += len(dive.barred)
    assert barred


def test_weighty_choices_stay_where_they_were_rounded() -> None:
    """No fraction of a buyout excuses what is settled after it."""
    weighty = 0
    for seed in range(6):
        generation = converged(seed)
        coupling = generation.pricer.coupling
        dive = Dive(generation, lambda: False, MANNERS[0]).run()
        next(dive)  # the plan-wide columns are rounded
        relaxed = generation.relaxed
        assert relaxed is not None
        dear = coupling.integer & (coupling.cost > 0.01 * abs(relaxed.cost_usd))
        dear &= np.abs(relaxed.shared - np.rint(relaxed.shared)) < 1e-7
        rounded = relaxed.shared[dear]
        dived = finish(dive)
        assert dived is not None
        assert dived[1][dear] == pytest.approx(rounded, abs=1e-6)
        weighty += int(dear.sum())
    assert weighty


@pytest.mark.parametrize("seed", range(4))
def test_what_a_dive_ends_with_is_the_best_that_was_told(seed: int) -> None:
    """The plan in which weighty choices gave way is told, and no better than what comes out."""
    instance = gpualloc.generate(gpus=60_000, data_centers=10, jobs=40, seed=seed)
    decomposer = Decomposer(instance, Settings(), None, Listener())
    decomposer.relaxation.solve()
    told: list[Assignment] = []
    diver, center = decomposer.diver, decomposer.generation.center
    diver.keep = told.append
    node = decomposer.tree.make(center.bound_usd, decomposer.lower, decomposer.upper, center.duals)
    found = finish(diver.dive(node, polishes=False))
    assert found is not None
    assert len(told) == 2
    worth = decomposer.repair.worth
    assert worth(found) <= min(map(worth, told)) * (1 + 1e-9)
    assert found.is_valid or not any(each.is_valid for each in told)
