"""The decomposition engine against plain enumeration, end to end.

Thousands of instances run with ``pytest -m slow tests/decomposition/test_agreement.py``.
"""

from __future__ import annotations

from collections import Counter

import pytest

from gpualloc.instance import Instance
from gpualloc.plan.checker import check
from gpualloc.plan.plan import Plan
from gpualloc.solving import solve
from tests.decomposition.cases import FOCUSES, NEAR
from tests.engine_cases import tables_of
from tests.oracle import Outcome, enumerate_plans, evaluate
from tests.tiny import tiny_instance
from tests.tiny.scale import Data

pytestmark = pytest.mark.usefixtures("compiled")

SEEDS_EACH = 6
"""With 17 focuses, about a hundred instances in every run."""

SECONDS = 0.4
BLOCKS, BLOCK = 20, 200
"""4,000 instances under the slow marker."""

PATIENT_SECONDS = 5.0
"""Enough to find the optimum nearly always, on a busy machine too."""

Seen = Counter[str]


def hold_to(proof: Outcome, data: Data, instance: Instance, plan: Plan) -> str:
    """Assert that a result says nothing that enumeration disproves; tells how far it came."""
    if proof.objective is None:
        assert not plan.has_plan
        assert plan.status in ("infeasible", "unknown")
        return plan.status
    optimum = float(proof.objective)
    near = NEAR * max(1.0, abs(optimum))
    assert plan.status != "infeasible"
    assert plan.bound_usd is None or plan.bound_usd <= optimum + near
    if not plan.has_plan:
        return "unknown"
    assert plan.objective_usd is not None
    assert plan.objective_usd >= optimum - near
    assert check(instance, plan)
    breaches, costs = evaluate(data, tables_of(plan))
    assert not breaches
    assert float(sum(costs.values())) == pytest.approx(plan.objective_usd, abs=0.005)
    if plan.status == "optimal":
        assert plan.objective_usd == pytest.approx(optimum, rel=NEAR, abs=NEAR)
    return "best" if plan.objective_usd <= optimum + near else "worse"


def compare(seed: int, focus: str | None, seconds: float) -> str:
    """Compare one instance; the kind of its result."""
    data = tiny_instance(seed, focus)
    instance = Instance.from_dict(data)
    plan = solve(instance, engine="decomposition", isolate=False, time_limit=seconds)
    return hold_to(enumerate_plans(data), data, instance, plan)


@pytest.mark.parametrize("focus", FOCUSES)
def test_decomposition_agrees_with_enumeration(focus: str | None) -> None:
    """No plan below the optimum, no bound above it, and no plan where there is none."""
    seen = Seen(compare(seed, focus, SECONDS) for seed in range(400, 400 + SEEDS_EACH))
    assert seen["best"] + seen["infeasible"] >= 2, seen


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
def test_decomposition_agrees_on_thousands(block: int) -> None:
    """The same 4,000 times, with time to find the optimum nearly always."""
    first = 50_000 + block * BLOCK
    seeds = range(first, first + BLOCK)
    seen = Seen(compare(seed, FOCUSES[seed % len(FOCUSES)], PATIENT_SECONDS) for seed in seeds)
    assert seen["worse"] + seen["unknown"] <= BLOCK // 20, seen
