"""The frontier: every efficient plan of tiny instances, ends, limits, texts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from gpualloc.answers.frontiers import AGAINST, Frontier, frontier
from gpualloc.errors import NoPlanError, UsageError
from gpualloc.instance import Instance, read
from gpualloc.plan.checker import check
from gpualloc.solving import solve
from tests.answers.every_plan import (
    TooManyPlansError,
    Valid,
    energy_mwh,
    every_plan,
    held_in,
    is_close,
    plan_of,
)
from tests.answers.three_sites import three_sites_instance
from tests.tiny import FOCI, tiny_instance

Data = dict[str, Any]
Figures = list[tuple[float, float]]

FOCUSES = (None, *FOCI)
SEEDS_EACH = 1
MOST_STEPS = 12
"""Frontiers with more plans are left out of the fast tests."""


def efficient(figures: Figures) -> Figures:
    """The pairs of cost and measure that no other pair beats, the cheapest first."""
    kept: Figures = []
    for cost, amount in sorted(figures):
        if not kept or (amount < kept[-1][1] and not is_close(amount, kept[-1][1])):
            kept.append((cost, amount))
    return kept


def enumerated(plans: list[Valid], against: str, today: Valid) -> Figures:
    """Cost and measure of every plan, by the oracle."""
    amounts: dict[str, Callable[[Valid], float]] = {
        "penalty": lambda plan: plan.penalty,
        "energy": energy_mwh,
        "providers": lambda plan: plan.providers,
        "moves": lambda plan: plan.moved(held_in(today)),
    }
    taken_off = (lambda plan: plan.penalty) if against == "penalty" else (lambda plan: 0.0)
    return [(plan.usd - taken_off(plan), amounts[against](plan)) for plan in plans]


def solvable(
    seeds: range, focuses: Sequence[str | None] = FOCUSES
) -> Iterator[tuple[int, Data, list[Valid]]]:
    """Tiny instances with their plans, those with none or too many left out."""
    for focus in focuses:
        for seed in seeds:
            data = tiny_instance(seed, focus)
            try:
                plans = every_plan(data)
            except TooManyPlansError:
                continue
            if plans:
                yield seed, data, plans


def compare_with_enumeration(seed: int, data: Data, plans: list[Valid], most: int) -> int:
    """Assert that each frontier is the enumerated one; returns how many had several plans."""
    instance = Instance.from_dict(data)
    today = random.Random(seed).choice(plans)
    compared = 0
    for against in AGAINST:
        if against == "penalty" and data["flows"]:
            continue  # the enumeration knows the cheapest pairing alone
        expected = efficient(enumerated(plans, against, today))
        if len(expected) > most:
            continue
        placed = plan_of(instance, today) if against == "moves" else None
        found = frontier(instance, against, points=None, today=placed, threads=1, isolate=False)
        assert len(found.points) == len(expected), (against, expected, found.to_frame())
        for point, (cost, amount) in zip(found.points, expected, strict=True):
            assert is_close(point.cost_usd, cost)
            assert is_close(point.amount, amount)
            assert cost in point.cost or point.cost.is_exact
            assert check(instance, point.plan)
        assert found.sure.startswith("exact")
        compared += len(expected) > 1
    return compared


def test_frontiers_are_those_of_enumeration() -> None:
    """All efficient plans of tiny instances of every kind are found, and nothing else."""
    compared = sum(
        compare_with_enumeration(*case, MOST_STEPS) for case in solvable(range(SEEDS_EACH))
    )
    assert compared >= 10


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 120))
def test_hundreds_of_frontiers_are_those_of_enumeration(first: int) -> None:
    """As above, on instances of every kind, twenty times as many."""
    compared = sum(
        compare_with_enumeration(*case, 40) for case in solvable(range(first, first + 1))
    )
    assert compared >= 5


def test_a_plan_that_no_weighting_finds_is_found() -> None:
    """The middle site is above the line from cheap to lean, at 1,500 USD for 2 MWh, and found."""
    found = frontier(three_sites_instance(), "energy", points=None, isolate=False)
    assert [(point.cost_usd, point.amount) for point in found.points] == [
        (1000, pytest.approx(3)),
        (1800, pytest.approx(2)),
        (2000, pytest.approx(1)),
    ]
    assert [row.by_limit_only for row in found.rows] == [False, True, False]
    # (1,800 - 1,000) USD for 1 MWh less, then (2,000 - 1,800)
    assert [row.usd_per_unit_less for row in found.rows] == [
        None,
        pytest.approx(800),
        pytest.approx(200),
    ]


def test_the_text_tells_what_less_costs() -> None:
    """A reader learns both ends, the price of each step, and how sure it is."""
    text = str(frontier(three_sites_instance(), "energy", points=None, isolate=False))
    assert "three sites: what less energy costs, 3 plans" in text
    assert "cheapest: 1,000 USD, with 3 MWh" in text
    assert "least energy: 1 MWh, for 2,000 USD (+100.0 %)" in text
    assert "* found by a limit alone: no weighting would choose it" in text
    assert "exact" in text


def test_a_coarse_frontier_is_a_part_of_the_whole() -> None:
    """Three points of a longer frontier: its ends, and one between that is efficient too."""
    compared = 0
    for _, data, plans in solvable(range(3), FOCUSES[::3]):
        expected = efficient(enumerated(plans, "energy", plans[0]))
        if not 4 <= len(expected) <= 40:
            continue
        compared += 1
        found = frontier(Instance.from_dict(data), "energy", points=3, isolate=False, threads=1)
        pairs = [(point.cost_usd, point.amount) for point in found.points]
        assert 2 <= len(pairs) <= 3
        for end in (0, -1):
            assert all(map(is_close, pairs[end], expected[end]))
        assert all(any(all(map(is_close, pair, one)) for one in expected) for pair in pairs)
        costs, amounts = zip(*pairs, strict=True)
        assert list(costs) == sorted(costs)
        assert list(amounts) == sorted(amounts, reverse=True)
    assert compared >= 2


def test_the_cheapest_end_is_the_optimum() -> None:
    """Against energy the first plan costs what `solve` finds; against the penalty no more."""
    instance = read("instances/teaching/first_refusal.json")
    optimum = solve(instance, isolate=False).objective_usd
    assert frontier(instance, "energy", isolate=False).points[0].cost_usd == optimum
    by_penalty = frontier(instance, "penalty", isolate=False).points[0]
    assert optimum is not None
    assert by_penalty.cost_usd + by_penalty.amount == pytest.approx(optimum)


def test_intervals_contain_the_truth() -> None:
    """With a wide gap allowed, the proven least cost of each point is not above the true one."""
    for _, data, plans in solvable(range(2), FOCUSES[:4]):
        figures = enumerated(plans, "energy", plans[0])
        found = frontier(
            Instance.from_dict(data), "energy", points=3, gap=0.3, threads=1, isolate=False
        )
        for point in found.points:
            within = [cost for cost, amount in figures if amount <= point.amount * (1 + 1e-6)]
            assert point.cost.low is not None
            assert point.cost.low <= min(within) * (1 + 1e-6) + 1e-6


def test_what_makes_no_sense_is_told() -> None:
    """Unknown measures, a single point, no placement of today, and no plan at all are refused."""
    instance = three_sites_instance()
    with pytest.raises(UsageError, match="penalty, energy, providers, moves"):
        frontier(instance, "carbon", isolate=False)
    with pytest.raises(UsageError, match="points: 1"):
        frontier(instance, points=1, isolate=False)
    with pytest.raises(UsageError, match="today's placement is needed"):
        frontier(instance, "moves", isolate=False)
    with pytest.raises(UsageError, match="is not an engine"):
        frontier(instance, engine="magic", isolate=False)
    with pytest.raises(NoPlanError, match="no plan is valid"):
        frontier(read("instances/infeasible-power.json"), "energy", isolate=False)


def test_the_table_and_the_view_hold_every_plan() -> None:
    """The data frame has a row a plan, and the view in a notebook its figures."""
    found = frontier(three_sites_instance(), "providers", isolate=False)
    frame = found.to_frame()
    assert list(frame["cost_usd"]) == [1000]  # one shard is at one provider, so that is the least
    assert list(frame["amount"]) == [1]
    assert "1,000" in found._repr_html_()
    assert isinstance(found, Frontier)
