"""Solves under limits and other goals: both engines against each other, and the choice of one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from gpualloc import solving
from gpualloc.answers.amended import Amended, solve_amended
from gpualloc.answers.frontier_measures import Cost, Energy, Penalty, Providers
from gpualloc.answers.frontiers import frontier
from gpualloc.answers.replanning import replan
from gpualloc.answers.replanning_moves import Moves, today_of
from gpualloc.answers.solves import Solves
from gpualloc.answers.stress_tests import stress
from gpualloc.formulation.amendment import Amendment
from gpualloc.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.measure import Limit, Measure
from gpualloc.solving import solve
from tests.answers.three_sites import three_sites_instance
from tests.tiny import FOCI, tiny_instance

FOCUSES = (None, *FOCI)
SECONDS = 2.0
"""For a decomposition, which ends only by proof or by time."""


def solved(instance: Instance, amendment: Amendment, engine: str, start: Plan) -> Amended:
    """The result under an amendment, found in this process."""
    limit = SECONDS if engine == "decomposition" else None
    solves = Solves(engine=engine, time_limit=limit, threads=1, isolate=False)
    return solve_amended(solves, instance, amendment, warm_start=start)


def amendments(instance: Instance, plan: Plan) -> dict[str, Amendment]:
    """Each measure as the goal, and as a limit below what a plan has of it."""
    ledger = Ledger(instance, plan.layout)
    measures: list[Measure] = [Energy(), Penalty(), Providers(), Moves(today_of(instance, plan))]
    found = {}
    for measure in measures:
        most = 0.8 * float(measure.amount(ledger))
        found[f"less {measure.label}"] = Amendment((Limit(measure, most),))
        within = Limit(Cost(), float(Cost().amount(ledger)) + 1000)
        found[f"least {measure.label}"] = Amendment((within,), measure)
    return found


def hold_to_exact(instance: Instance, start: Plan, amendment: Amendment) -> bool:
    """Assert that the decomposition proves nothing that is not so; whether it found the best."""
    exact = solved(instance, amendment, "exact", start)
    found = solved(instance, amendment, "decomposition", start)
    if found.is_infeasible or exact.plan is None:
        assert exact.is_infeasible
        assert found.plan is None
        return True
    truth = exact.least.best
    assert truth is not None
    assert found.least.low is not None
    slack = 2e-6 * max(1.0, abs(truth))
    assert found.least.low <= truth + slack
    if found.least.best is None:
        return False
    assert found.plan is not None
    assert amendment.check(instance, found.plan.layout)
    assert found.least.best >= truth - slack
    return found.least.best <= truth + slack


def compare(seed: int, focus: str | None, most: int) -> tuple[int, int]:
    """Hold some amendments of a tiny instance to the exact engine; how many, and how many best."""
    instance = Instance.from_dict(tiny_instance(seed, focus))
    start = solve(instance, threads=1, isolate=False)
    if not start:
        return 0, 0
    every = amendments(instance, start)
    names = random.Random(f"{seed} {focus}").sample(sorted(every), most)
    best = [hold_to_exact(instance, start, every[name]) for name in names]
    return len(best), sum(best)


def test_the_decomposition_keeps_limits_and_goals() -> None:
    """On tiny instances it proves nothing untrue, and finds what the exact engine finds."""
    counts = [compare(3, focus, 1) for focus in FOCUSES[::3]]
    solves, best = (sum(column) for column in zip(*counts, strict=True))
    assert solves >= 3
    assert best >= 0.9 * solves


@pytest.mark.slow
@pytest.mark.parametrize("focus", FOCUSES)
def test_the_decomposition_keeps_limits_and_goals_at_length(focus: str | None) -> None:
    """The same on more instances, with every limit and goal."""
    counts = [compare(seed, focus, 8) for seed in range(10, 12)]
    solves, best = (sum(column) for column in zip(*counts, strict=True))
    assert best >= 0.9 * solves


def test_large_instances_go_to_the_decomposition(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the size decides under an amendment as it does without; either engine can be had.

    The job is at cheap, with 3 MWh, and at most 2.5 MWh leave it the middle site, for 1,800 USD.
    """
    instance = three_sites_instance()
    start = solve(instance, isolate=False)
    amendment = Amendment((Limit(Energy(), 2.5),))
    engines = {}
    for engine in ("auto", "decomposition"):
        found = solved(instance, amendment, engine, start)
        assert found.least.best == pytest.approx(1800)
        assert found.plan is not None
        engines[engine] = found.plan.engine.split(",")[0]
    assert engines == {"auto": "exact", "decomposition": "decomposition"}
    monkeypatch.setattr(solving, "SMALL", 0)
    found = solved(instance, amendment, "auto", start)
    assert found.plan is not None
    assert found.plan.engine.startswith("decomposition")


def test_a_limit_that_no_plan_keeps_is_infeasible() -> None:
    """The least energy is 1 MWh, so with at most half of it both engines prove that none is valid.

    The plan that was valid without the limit is not handed out.
    """
    instance = three_sites_instance()
    start = solve(instance, isolate=False)
    for engine in ("exact", "decomposition"):
        found = solved(instance, Amendment((Limit(Energy(), 0.5),)), engine, start)
        assert found.is_infeasible
        assert found.plan is None
        assert found.least.low is None


def test_every_answer_can_be_had_by_decomposition() -> None:
    """Frontier, new plan and stress test of the three sites are the same by either engine."""
    instance = three_sites_instance()
    start = solve(instance, isolate=False)
    by_engine = {}
    for engine in ("exact", "decomposition"):
        settings: Any = {"engine": engine, "isolate": False, "threads": 1, "time_limit": 5.0}
        trade = frontier(instance, "energy", points=2, **settings)
        moved = replan(instance, start, max_moves=0, **settings)
        tested = stress(instance, {"lost": "lose cheap"}, **settings)
        costs = [point.cost_usd for point in trade.points]
        by_engine[engine] = [*costs, moved.least.best, *(row.cost.best for row in tested.rows)]
        plans = [*trade.plans, *tested.plans.values()]
        assert {plan.engine.split(",")[0] for plan in plans} == {engine}
    # 1,000 and 2,000 USD for 3 MWh and for 1; 1,000 where it is, and 1,800 if cheap is lost
    assert by_engine["exact"] == pytest.approx([1000, 2000, 1000, 1000, 1800])
    assert by_engine["decomposition"] == pytest.approx(by_engine["exact"])
