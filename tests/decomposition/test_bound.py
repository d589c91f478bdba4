"""The bound on its own: at any duals it stays below the optimum that enumeration proves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.vectors import Floats
from tests.decomposition.cases import FOCUSES, NEAR, draw_duals, pricer_of, tiny_data, whole_of
from tests.decomposition.relaxation import relax
from tests.oracle import enumerate_plans
from tests.tiny import tiny_instance
from tests.tiny.scale import Data

SEEDS = range(9000, 9008)
SIZES_USD = (1.0, 100.0, 10_000.0)


def bound_usd(pricer: Pricer, duals: Floats, *, costs: bool = True) -> float:
    """What pricing at some duals proves."""
    coupling = pricer.coupling
    return pricer.price(duals, coupling.lower, coupling.upper, costs=costs).bound_usd


def duals_to_try(pricer: Pricer, best: Floats, seed: int) -> Iterator[Floats]:
    """The best duals, others around them, and random ones of several sizes."""
    random = np.random.default_rng(seed)
    yield best
    yield np.zeros_like(best)
    for spread in (0.1, 0.5, 2.0):
        yield best * random.uniform(max(0, 1 - spread), 1 + spread, len(best))
    for usd in SIZES_USD:
        yield draw_duals(pricer.coupling, random, usd)
        yield best + draw_duals(pricer.coupling, random, usd / 100) * (best == 0)


def hold_bounds(data: Data, seed: int) -> bool:
    """Hold the bounds of an instance below its optimum; False if it has no plan."""
    optimum = enumerate_plans(data).objective
    if optimum is None:
        return False
    pricer = pricer_of(data)
    relaxed = relax(whole_of(pricer.groups))
    assert relaxed is not None
    usd, duals = relaxed
    limit = float(optimum) + NEAR * max(1.0, abs(float(optimum)))
    best = duals[: pricer.coupling.rows]
    for tried in duals_to_try(pricer, best, seed):
        assert bound_usd(pricer, tried) <= limit
        # Without costs every plan costs nothing; a bound above that would deny a plan.
        assert bound_usd(pricer, tried, costs=False) <= NEAR * max(1.0, np.abs(tried).max())
    if all(pricer.is_exact(group) for group in range(len(pricer))):
        # Whole placements cost no less than the best fractions of them at the same duals.
        assert bound_usd(pricer, best) >= usd - NEAR * max(1.0, abs(usd))
    return True


@pytest.mark.parametrize("focus", FOCUSES)
def test_bound_stays_below_the_optimum(focus: str | None) -> None:
    """No duals prove more than the optimum, and the relaxation's prove what it proves."""
    held = [
        hold_bounds(data, seed) for seed, data in zip(SEEDS, tiny_data(focus, SEEDS), strict=True)
    ]
    assert sum(held) >= 2, "hardly any of these instances has a plan"


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_bound_stays_below_thousands_of_optima(block: int) -> None:
    """No duals prove more than the optimum of 3,000 instances."""
    for seed in range(30_000 + 300 * block, 30_300 + 300 * block):
        hold_bounds(tiny_instance(seed, FOCUSES[seed % len(FOCUSES)]), seed)


@pytest.mark.parametrize("focus", [None, "share", "first_refusal", "count"])
def test_bounds_on_choices_only_raise_it(focus: str | None) -> None:
    """With plan-wide choices settled, the bound at the same duals is no lower."""
    random = np.random.default_rng(5)
    for data in tiny_data(focus, SEEDS):
        pricer = pricer_of(data)
        coupling = pricer.coupling
        duals = draw_duals(coupling, random, 100)
        chosen = coupling.integer & (random.random(coupling.columns) < 0.5)
        lower = np.where(chosen, coupling.upper, coupling.lower)
        free = pricer.price(duals, coupling.lower, coupling.upper).bound_usd
        settled = pricer.price(duals, lower, coupling.upper).bound_usd
        assert settled == free or settled >= free - NEAR * abs(free)
