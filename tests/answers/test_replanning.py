"""Re-planning: against enumeration, limits and prices of moves, why each job moves."""

from __future__ import annotations

import random
from typing import Any

import pytest

from gpualloc.answers.replanning import Replan, replan
from gpualloc.errors import NoPlanError, UsageError
from gpualloc.instance import Instance, read
from gpualloc.instance.scenarios import Scenario
from gpualloc.plan.checker import check
from gpualloc.solving import solve
from tests.answers.every_plan import (
    TooManyPlansError,
    Valid,
    every_plan,
    held_in,
    is_close,
    plan_of,
)
from tests.answers.three_sites import three_sites, three_sites_instance
from tests.tiny import FOCI, tiny_instance

Data = dict[str, Any]

MOST_PLANS_FAST = 800


def solvable(focus: str | None, seed: int, most: int) -> tuple[Data, list[Valid]] | None:
    """A tiny instance with its plans; None where there are none, or too many."""
    data = tiny_instance(seed, focus)
    try:
        plans = every_plan(data)
    except TooManyPlansError:
        return None
    return (data, plans) if 0 < len(plans) <= most else None


def compare_with_enumeration(seed: int, data: Data, plans: list[Valid]) -> int:
    """Assert that new plans are the enumerated ones; returns how many jobs' moves were compared."""
    instance = Instance.from_dict(data)
    today = random.Random(seed).choice(plans)
    moved = {id(plan): plan.moved(held_in(today)) for plan in plans}
    compared = 0
    for most, price in ((None, 0.0), (0, 0.0), (1, 0.0), (2, 100.0)):
        within = [plan for plan in plans if most is None or moved[id(plan)] <= most]
        value = min(plan.usd + price * moved[id(plan)] for plan in within)
        found = replan(
            instance,
            plan_of(instance, today),
            max_moves=most,
            usd_per_move=price,
            threads=1,
            isolate=False,
        )
        assert check(instance, found.plan)
        assert found.plan.objective_usd is not None
        assert is_close(found.plan.objective_usd + price * found.moves, value)
        ties = [p for p in within if is_close(p.usd + price * moved[id(p)], value)]
        assert found.moves == min(moved[id(plan)] for plan in ties)
        compared += compare_reasons(found, within, today, price, value)
    return compared


def compare_reasons(
    found: Replan, within: list[Valid], today: Valid, price: float, value: float
) -> int:
    """Assert what it would cost if each job that moves stayed."""
    held = held_in(today)
    for row in found.rows:
        staying = [plan for plan in within if not plan.moved({row.job: held[row.job]})]
        costs = [plan.usd + price * plan.moved(held) for plan in staying]
        assert row.must == (not costs)
        if costs:
            assert row.staying.best is not None
            assert abs(row.staying.best - (min(costs) - value)) <= 4e-6 * max(1, abs(value))
    return len(found.rows)


def test_new_plans_are_those_of_enumeration() -> None:
    """From any plan of today: the least cost within each limit, and what each move saves."""
    found = (solvable(focus, 1, MOST_PLANS_FAST) for focus in (None, *FOCI[::2]))
    assert sum(compare_with_enumeration(7, *case) for case in found if case is not None) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 40))
def test_hundreds_of_new_plans_are_those_of_enumeration(seed: int) -> None:
    """As above, on instances of every kind, twenty times as many."""
    found = (solvable(focus, seed, 3000) for focus in (None, *FOCI))
    assert sum(compare_with_enumeration(seed, *case) for case in found if case is not None) >= 5


def test_a_lost_site_moves_its_job() -> None:
    """When the cheap site is lost, its job must move to the middle one, 1,000 to 1,800 USD."""
    today = solve(three_sites_instance(), isolate=False)
    lost = Scenario.parse("lose cheap").apply(three_sites_instance())
    found = replan(lost, today, isolate=False)
    assert found.plan.objective_usd == pytest.approx(1800)
    (row,) = found.rows
    assert (row.job, row.shards, row.must) == ("job", 1, True)
    assert row.where == "cheap h100 1 -> middle h100 1"
    text = str(found)
    assert "1 shard of 1 job moves" in text
    assert "something has to move: no valid plan leaves everything where it is" in text
    assert "no plan is valid" in text


def test_a_dearer_site_is_left_only_if_that_pays() -> None:
    """At 1.9 USD the cheap site costs 100 USD more than the middle one: below 100 a move pays."""
    today = solve(three_sites_instance(), isolate=False)
    dear = Scenario.parse("set offers[cheap h100].usd_per_gpu_hour=1.9").apply(
        three_sites_instance()
    )
    moving = replan(dear, today, usd_per_move=99, isolate=False)
    assert moving.moves == 1
    assert moving.plan.objective_usd == pytest.approx(1800)
    assert moving.rows[0].staying.best == pytest.approx(1)  # 1,900 against 1,800 + 99
    staying = replan(dear, today, usd_per_move=101, isolate=False)
    assert staying.moves == 0
    assert staying.plan.objective_usd == pytest.approx(1900)
    assert replan(dear, today, max_moves=0, isolate=False).moves == 0
    assert "leaving everything where it is would cost 1.00 USD more" in str(moving)
    assert "nothing moves" in str(staying)


def test_a_new_job_moves_nothing() -> None:
    """A job that is not in today's plan is placed without a move, and the other one stays."""
    today = solve(three_sites_instance(), isolate=False)
    data = three_sites()
    data["jobs"].append(data["jobs"][0] | {"name": "new"})
    found = replan(Instance.from_dict(data), today, isolate=False)
    assert found.moves == 0
    assert found.plan.objective_usd == pytest.approx(1000 + 1800)


def test_a_job_that_is_dropped_is_told() -> None:
    """A job that may be unserved for 500 USD is dropped rather than moved for 1,800."""
    today = solve(three_sites_instance(), isolate=False)
    data = three_sites()
    data["jobs"][0]["unserved_usd"] = 500
    lost = Scenario.parse("lose cheap").apply(Instance.from_dict(data))
    found = replan(lost, today, isolate=False)
    assert found.dropped == ("job",)
    assert found.moves == 0
    assert "Jobs no longer served: 1" in str(found)


def test_current_is_today() -> None:
    """Without a plan, `current` is where the jobs are; a free move goes to the cheapest site."""
    data = three_sites()
    data["jobs"][0]["current"] = {"lean h100": 1}
    found = replan(Instance.from_dict(data), isolate=False)
    assert found.moves == 1
    assert found.rows[0].staying.best == pytest.approx(1000)  # 2,000 at lean against 1,000


def test_what_makes_no_sense_is_told() -> None:
    """Limits and prices below zero, no placement of today, and impossible limits are refused."""
    instance = three_sites_instance()
    today = solve(instance, isolate=False)
    with pytest.raises(UsageError, match="max_moves: -1"):
        replan(instance, today, max_moves=-1, isolate=False)
    with pytest.raises(UsageError, match="usd_per_move: -1"):
        replan(instance, today, usd_per_move=-1, isolate=False)
    with pytest.raises(UsageError, match="today's placement is needed"):
        replan(instance, isolate=False)
    lost = Scenario.parse("lose cheap").apply(instance)
    with pytest.raises(NoPlanError, match="with at most 0 shards moved"):
        replan(lost, today, max_moves=0, isolate=False)
    nothing = solve(read("instances/infeasible-power.json"), isolate=False)
    with pytest.raises(NoPlanError):
        replan(instance, nothing, isolate=False)
