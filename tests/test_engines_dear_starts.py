"""Warm starts that are valid and far too dear."""

from __future__ import annotations

import pytest

from gpualloc.instance import Instance
from gpualloc.solving import solve
from tests.answers.every_plan import every_plan, plan_of
from tests.tiny import tiny_instance


@pytest.mark.parametrize(
    ("focus", "seed"),
    [
        ("options", 4),  # HiGHS proves the optimum and returns the start
        ("spend_cap", 1),  # likewise
        ("moves", 2),
        ("share", 1),
        ("count", 3),
    ],
)
def test_the_dearest_start_leads_to_the_optimum(focus: str, seed: int) -> None:
    """From the dearest valid plan a solve ends with the cheapest one, proven."""
    data = tiny_instance(seed, focus)
    plans = every_plan(data)
    instance = Instance.from_dict(data)
    start = plan_of(instance, max(plans, key=lambda found: found.usd))
    plan = solve(instance, warm_start=start, threads=1, isolate=False)
    assert plan.status == "optimal"
    assert plan.objective_usd == pytest.approx(min(found.usd for found in plans), rel=1e-6)
