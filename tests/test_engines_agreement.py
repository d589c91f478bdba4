"""The exact engine against plain enumeration, and its solvers against each other.

Thousands of instances run with ``pytest -m slow tests/test_engines_agreement.py`` (about an hour
on one core; ``-n auto`` spreads the blocks).
"""

from __future__ import annotations

import pytest

from gpualloc.instance import Instance
from gpualloc.plan.checker import check
from gpualloc.plan.plan import Plan
from gpualloc.solving import solve
from tests.engine_cases import SOLVERS, tables_of
from tests.oracle import Outcome, enumerate_plans, evaluate
from tests.tiny import FOCI, tiny_instance
from tests.tiny.scale import Data

FOCUSES = (None, *FOCI)
SEEDS_EACH = 18
"""With 17 focuses, 306 instances in every run."""

ROUNDED = 5e-6
"""The largest gap that CP-SAT may leave at an optimum: it puts fractions on a grid."""

BLOCKS, BLOCK = 40, 250
"""10,000 instances under the slow marker."""


def solved(instance: Instance, solver: str) -> Plan:
    """The result of a solver to the end, in this process."""
    return solve(instance, solver=solver, threads=1, isolate=False)


def is_proven(plan: Plan) -> bool:
    """Whether a plan is proven optimal, as far as CP-SAT's rounding of fractions lets it be."""
    rounded = plan.engine.startswith("exact, CP-SAT")
    return plan.status == "optimal" or (rounded and plan.gap is not None and plan.gap < ROUNDED)


def hold_to(proof: Outcome, data: Data, instance: Instance, plan: Plan) -> None:
    """Assert that a result says what enumeration proved, and that checker and oracle accept it."""
    if proof.objective is None:
        assert plan.status == proof.status
        return
    assert is_proven(plan)
    optimum = float(proof.objective)
    assert plan.objective_usd == pytest.approx(optimum, rel=1e-6, abs=1e-6)
    assert plan.bound_usd is not None
    assert plan.bound_usd <= optimum + 1e-6 * max(1, abs(optimum))
    assert check(instance, plan)
    breaches, costs = evaluate(data, tables_of(plan))
    assert not breaches
    assert float(sum(costs.values())) == pytest.approx(plan.objective_usd, abs=0.005)


@pytest.mark.parametrize("focus", FOCUSES)
def test_solvers_agree_with_enumeration(focus: str | None) -> None:
    """HiGHS and one other solver in turn find the status and the optimum of plain enumeration."""
    for seed in range(SEEDS_EACH):
        data = tiny_instance(seed, focus)
        instance = Instance.from_dict(data)
        proof = enumerate_plans(data)
        for solver in ("highs", SOLVERS[1 + seed % 3]):
            hold_to(proof, data, instance, solved(instance, solver))


@pytest.mark.parametrize(
    ("solver", "seed", "focus"),
    [
        ("cp-sat", 5105, "unserved"),  # its presolve proves another optimum
        ("cp-sat", 1042, "unserved"),  # its search never ends
        ("cp-sat", 1643, "volume_discount"),
        ("cbc", 1424, "share"),  # its preprocessing proves that there is none
        ("cbc", 1148, "first_refusal"),  # it crashes without preprocessing
    ],
)
def test_what_solvers_got_wrong(solver: str, seed: int, focus: str) -> None:
    """Instances that a solver's own shortcuts got wrong agree with enumeration."""
    data = tiny_instance(seed, focus)
    instance = Instance.from_dict(data)
    hold_to(enumerate_plans(data), data, instance, solved(instance, solver))


def test_a_wrong_presolve_is_noticed() -> None:
    """An instance that HiGHS presolves into a solve error agrees with enumeration."""
    data = tiny_instance(149, "separation")
    data["contracts"] = data["contracts"][:1]
    instance = Instance.from_dict(data)
    hold_to(enumerate_plans(data), data, instance, solved(instance, "highs"))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
def test_solvers_agree_on_thousands(block: int) -> None:
    """All four solvers find the status and the optimum of plain enumeration, 10,000 times."""
    first = 1000 + block * BLOCK
    for seed in range(first, first + BLOCK):
        data = tiny_instance(seed, FOCUSES[seed % len(FOCUSES)])
        instance = Instance.from_dict(data)
        proof = enumerate_plans(data)
        for solver in SOLVERS:
            hold_to(proof, data, instance, solved(instance, solver))
