"""Comparing plans: costs, jobs, sites, contracts, jobs served."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gpualloc.answers.comparison import compare
from gpualloc.errors import NoPlanError, UsageError
from gpualloc.instance import Instance, read
from gpualloc.instance.scenarios import Scenario
from gpualloc.plan.plan import Plan
from gpualloc.rules import COST_LINES
from gpualloc.solving import solve
from tests.answers.every_plan import TooManyPlansError, every_plan, plan_of
from tests.answers.three_sites import three_sites, three_sites_instance
from tests.oracle import evaluate
from tests.oracle.plans import to_layout
from tests.tiny import FOCI, tiny_instance


def solved(**changes: Any) -> Plan:
    """The cheapest plan of the three sites with changes."""
    return solve(three_sites_instance(**changes), isolate=False)


def two_periods(middle_from: int) -> Instance:
    """A job that may move, whose cheap site has no GPUs from a period on."""
    data = three_sites(periods=[{"name": name, "hours": 100} for name in ("q1", "q2", "q3")])
    data["offers"][0]["gpus"] = [10 if t < middle_from else 0 for t in range(3)]
    data["jobs"][0]["move_usd_per_shard"] = 0
    return Instance.from_dict(data)


def test_costs_are_those_of_the_oracle() -> None:
    """Any two plans of a tiny instance: each line before and after is what the oracle counts."""
    compared = 0
    for focus in (None, *FOCI[::3]):
        data = tiny_instance(2, focus)
        try:
            plans = every_plan(data)
        except TooManyPlansError:
            continue
        if len(plans) < 2:
            continue
        compared += 1
        instance = Instance.from_dict(data)
        first, last = plans[0], plans[-1]
        found = compare(plan_of(instance, first), plan_of(instance, last))
        counted = [evaluate(data, to_layout(one.plan))[1] for one in (first, last)]
        rows = {row.line: row for row in found.rows}
        for line in COST_LINES:
            before, after = (float(costs[line]) for costs in counted)
            assert (line in rows) == bool(before or after)
            if line in rows:
                assert rows[line].before_usd == pytest.approx(before, abs=0.01)
                assert rows[line].change_usd == pytest.approx(after - before, abs=0.01)
        assert rows["all costs"].change_usd == pytest.approx(last.usd - first.usd, abs=0.01)
        assert found.change_usd == rows["all costs"].change_usd
    assert compared >= 3


def test_a_plan_against_itself_has_no_change() -> None:
    """The same plan twice: no line changes, nothing moves, opens or closes."""
    plan = solve(read("instances/teaching/count.json"), isolate=False)
    found = compare(plan, plan)
    assert all(row.change_usd == 0 for row in found.rows)
    assert found.moves == ()
    assert (found.opened_sites, found.closed_sites, found.bought_out) == ((), (), ())
    assert "the same cost" in str(found)


def test_back_and_forth_are_opposites() -> None:
    """What one direction gains the other loses, line by line and site by site."""
    lost = Scenario.parse("lose cheap").apply(three_sites_instance())
    before, after = solved(), solve(lost, isolate=False)
    there, back = compare(before, after), compare(after, before)
    assert [row.change_usd for row in there.rows] == [-row.change_usd for row in back.rows]
    assert there.opened_sites == back.closed_sites == ("middle",)
    assert there.closed_sites == back.opened_sites == ("cheap",)
    (one,), (other,) = there.moves, back.moves
    assert (one.gone, one.come) == (other.come, other.gone)
    assert there.change_usd == pytest.approx(800)  # 1,800 at the middle site against 1,000


def test_periods_that_change_alike_are_one_move() -> None:
    """A job that is elsewhere in q2 and q3 alike moves once, from q2 to q3."""
    found = compare(*(solve(two_periods(first), isolate=False) for first in (3, 1)))
    (move,) = found.moves
    assert (move.job, move.first, move.last, move.gpus) == ("job", "q2", "q3", 10)
    assert move.where == "cheap 10 -> middle 10"
    assert "q2 to q3" in str(found)


def test_contracts_and_jobs_are_told() -> None:
    """A contract bought out in one plan alone, and a job served in one alone, are named."""
    tied: dict[str, Any] = {
        "name": "tie",
        "type": "exclusivity",
        "data_centers": ["lean"],
        "buyout_usd": 900,
    }
    optional = three_sites()["jobs"][0] | {"unserved_usd": 1500}
    kept = solved(contracts=[tied | {"buyout_usd": 1100}])  # 2,000 at lean against 1,000 + 1,100
    bought = solved(contracts=[tied])  # 1,000 + 900
    dropped = solved(contracts=[tied | {"buyout_usd": None}], jobs=[optional])
    found = compare(kept, bought)
    assert found.bought_out == ("tie",)
    assert compare(bought, kept).kept_again == ("tie",)
    assert "Contracts bought out: 1" in str(found)
    gone = compare(kept, dropped)
    assert gone.dropped_jobs == ("job",)
    assert compare(dropped, kept).taken_jobs == ("job",)
    assert "lean 10 -> not placed" in str(gone)
    assert "Jobs no longer served: 1" in gone._repr_html_()


def test_a_plan_that_is_not_valid_is_told() -> None:
    """Costs are the checker's, and a broken rule of either plan is named."""
    plan = solved()
    full = replace(plan, instance=three_sites_instance(offers=_offers_without("cheap h100")))
    found = compare(plan, full)
    assert found.sure.startswith("the second plan is not valid: offers[cheap h100, q1]")


def _offers_without(name: str) -> list[dict[str, Any]]:
    return [
        offer | ({"gpus": 0} if offer["name"] == name else {}) for offer in three_sites()["offers"]
    ]


def test_what_cannot_be_compared_is_told() -> None:
    """A plan without its instance, and a result without a plan, are refused."""
    plan = solved()
    with pytest.raises(UsageError, match="bind"):
        compare(plan, replace(plan, instance=None))
    nothing = solve(read("instances/infeasible-power.json"), isolate=False)
    with pytest.raises(NoPlanError):
        compare(plan, nothing)
