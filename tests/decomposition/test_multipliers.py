"""Multipliers make the pricing of groups with rows that it leaves out sharp, and never unsound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import gpualloc
from gpualloc.engines.decomposition.hard import HardPricing
from gpualloc.engines.decomposition.multipliers import Multipliers
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.engines.decomposition.small import solve_small
from gpualloc.formulation.groups import Groups
from gpualloc.vectors import Floats
from tests.decomposition.cases import draw_costs, is_same, least_of, price, pricer_of, tiny_data

NEAR = 1e-6


@pytest.fixture(scope="module")
def pricer() -> Pricer:
    """A million GPUs with flows between ten pairs or triples of jobs."""
    instance = gpualloc.generate(gpus=1_000_000, data_centers=40, jobs=120, seed=5)
    return Pricer(Groups(instance))


def without(pricer: Pricer, duals: Floats) -> Floats:
    """What pricing finds least with the rows left out and nothing in their place."""
    bare = pricer.apart()
    bare.multipliers = Multipliers(len(pricer))
    return bare.price(duals, pricer.coupling.lower, pricer.coupling.upper).least


def draw_duals(pricer: Pricer, seed: int) -> Floats:
    """Prices of some of the limits, of a size that matters."""
    coupling, random = pricer.coupling, np.random.default_rng(seed)
    usd = np.where(random.random(coupling.rows) < 0.3, -random.exponential(3e6, coupling.rows), 0)
    return np.where(np.isfinite(coupling.row_upper), usd / coupling.sizes, 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_least_lies_between_the_linear_and_the_whole_program(pricer: Pricer, seed: int) -> None:
    """At least the linear relaxation of the group, at most its optimum, and above what was."""
    duals, coupling = draw_duals(pricer, seed), pricer.coupling
    least = pricer.price(duals, coupling.lower, coupling.upper).least
    before, reduced = without(pricer, duals), pricer.reduced_costs(duals)
    hard = HardPricing(pricer, 1e6, lambda: 60.0)
    assert len(hard.groups) > 5
    for group in hard.groups:
        part = pricer.groups.write(group)
        first, columns = pricer.first_of(group), part.problem.columns
        own = replace(part.problem, cost=reduced[first : first + columns])
        linear = solve_small(replace(own, integer=np.zeros(columns, dtype=bool)), unit_usd=1e6)
        whole = solve_small(own, gap=1e-9, unit_usd=1e6)
        assert linear.bound is not None
        assert whole.bound is not None
        assert least[group] >= linear.bound - NEAR * abs(linear.bound)
        assert least[group] <= whole.bound + NEAR * abs(whole.bound)
    gained = (least - before)[hard.groups] / np.abs(before[hard.groups])
    assert gained.max() > 1e-3
    exact = [group for group in range(len(pricer)) if group not in hard.groups]
    assert least[exact] == pytest.approx(before[exact])


def hard_pricers() -> Iterator[Pricer]:
    """Tiny instances with flows or moves that pricing does not all know."""
    for focus in ("flows", "moves"):
        for data in tiny_data(focus, range(9000, 9025)):
            pricer = pricer_of(data)
            if not all(pricer.is_exact(group) for group in range(len(pricer))):
                yield pricer


def test_never_above_the_least() -> None:
    """At random costs of columns, no group's least is above that of a MILP solver."""
    random, tried, sharp = np.random.default_rng(1), 0, 0
    for pricer in hard_pricers():
        draw_costs(pricer, random)
        for group, least in enumerate(price(pricer)):
            if not pricer.is_exact(group):
                wanted = least_of(pricer, group)
                assert least <= wanted or is_same(float(least), wanted)
                tried, sharp = tried + 1, sharp + is_same(float(least), wanted)
    assert tried >= 20
    assert sharp >= tried // 2


def test_an_earlier_shift_stays(pricer: Pricer) -> None:
    """What has been made of multipliers is not changed by later ones."""
    coupling = pricer.coupling
    pricer.price(draw_duals(pricer, 5), coupling.lower, coupling.upper)
    shift = pricer.multipliers.shift
    kept = {group: usd.copy() for group, usd in shift.usd.items()}
    pricer.price(draw_duals(pricer, 6), coupling.lower, coupling.upper)
    assert pricer.multipliers.shift is not shift
    assert all((shift.usd[group] == usd).all() for group, usd in kept.items())
    assert any((pricer.multipliers.shift.usd[group] != usd).any() for group, usd in kept.items())
