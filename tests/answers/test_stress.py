"""Stress tests: scenarios against enumeration, choices made once, relations, texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from typing import Any

import pytest

from gpualloc.answers.result import Interval
from gpualloc.answers.stress_choices import Choices
from gpualloc.answers.stress_report import ScenarioRow, Stress
from gpualloc.answers.stress_tests import stress
from gpualloc.errors import NoPlanError, UsageError
from gpualloc.instance import Instance
from gpualloc.instance.scenarios import Scenario
from gpualloc.plan.checker import check
from gpualloc.solving import solve
from tests.answers.every_plan import TooManyPlansError, Valid, every_plan, is_close
from tests.answers.three_sites import three_sites, three_sites_instance
from tests.tiny import FOCI, tiny_instance

Data = dict[str, Any]

SCENARIOS = {
    "dear": "scale offers.usd_per_gpu_hour=1.5",
    "short": "scale offers.gpus=0.75",
    "hot": "scale data_centers.usd_per_mwh=3; scale data_centers.pue=1.1",
}


class Enumerated:
    """What each scenario costs at least under any choices, by enumeration."""

    def __init__(self, instance: Instance) -> None:
        self.instances = [
            instance,
            *(Scenario.parse(text).apply(instance) for text in SCENARIOS.values()),
        ]
        self.plans = [every_plan(one.to_dict()) for one in self.instances]
        names = {row.name for row in instance.contracts if row.buyout_usd is not None}
        fees = {row.name for row in instance.offers if row.fixed_usd}
        self.choices = [
            Choices(frozenset(bought), frozenset(opened))
            for bought in subsets(names)
            for opened in subsets(fees)
        ]

    def cost(self, scenario: int, choices: Choices) -> float | None:
        """The least cost of a scenario under choices; None if no plan is valid."""
        fees = {row.name: row.fixed_usd for row in self.instances[scenario].offers if row.fixed_usd}
        costs = [
            plan.usd + sum(fees[offer] for offer in choices.opened - plan.offers)
            for plan in self.plans[scenario]
            if keeps(plan, choices, set(fees))
        ]
        return min(costs, default=None)

    def costs(self, choices: Choices) -> list[float] | None:
        """The least cost of each scenario under choices; None if one has no plan."""
        found = [self.cost(scenario, choices) for scenario in range(len(self.plans))]
        known = [usd for usd in found if usd is not None]
        return known if len(known) == len(found) else None


def subsets(names: set[str]) -> Iterator[tuple[str, ...]]:
    """All subsets."""
    ordered = sorted(names)
    return chain.from_iterable(combinations(ordered, size) for size in range(len(ordered) + 1))


def keeps(plan: Valid, choices: Choices, with_fee: set[str]) -> bool:
    """Whether a plan buys out what was decided, and uses no offer that was not opened."""
    used = plan.offers & with_fee
    return plan.plan.bought == choices.buyouts and used <= choices.opened


def cases(
    seeds: range, focuses: Sequence[str | None] = (None, *FOCI)
) -> Iterator[tuple[Instance, Enumerated]]:
    """Tiny instances with something to decide here and now, and a plan."""
    for focus in focuses:
        for seed in seeds:
            instance = Instance.from_dict(tiny_instance(seed, focus))
            fees = any(row.fixed_usd for row in instance.offers)
            if not fees and all(row.buyout_usd is None for row in instance.contracts):
                continue
            try:
                enumerated = Enumerated(instance)
            except TooManyPlansError:
                continue
            if enumerated.plans[0]:
                yield instance, enumerated


@pytest.fixture(scope="module")
def few() -> list[tuple[Instance, Enumerated]]:
    """Some of them, for the tests of every run."""
    return list(cases(range(1), FOCI[::2]))


def compare_scenarios(instance: Instance, enumerated: Enumerated) -> None:
    """Assert that fixed and free choices cost in each scenario what enumeration says."""
    for made in ("fixed", "free"):
        found = stress(instance, SCENARIOS, choices=made, threads=1, isolate=False)
        for at, row in enumerate(found.rows):
            if found.choices is None:
                expected = min((plan.usd for plan in enumerated.plans[at]), default=None)
            else:
                expected = enumerated.cost(at, found.choices)
            if expected is None:
                assert row.status == "no valid plan"
                assert row.scenario in found.failing
                continue
            assert row.status == "plan"
            assert row.cost.best is not None
            assert is_close(row.cost.best, expected)
            assert check(enumerated.instances[at], found.plans[row.scenario])


def compare_together(instance: Instance, enumerated: Enumerated) -> bool:
    """Assert that choices made once are the best that enumeration finds; whether there are any."""
    found = [enumerated.costs(choices) for choices in enumerated.choices]
    possible = [costs for costs in found if costs is not None]
    for made in ("expected", "worst"):
        if not possible:
            with pytest.raises(NoPlanError, match="no choices leave a valid plan"):
                stress(instance, SCENARIOS, choices=made, threads=1, isolate=False)
            continue
        answer = stress(instance, SCENARIOS, choices=made, threads=1, isolate=False)
        best = min(sum(costs) / 4 if made == "expected" else max(costs) for costs in possible)
        interval = answer.expected if made == "expected" else answer.worst
        assert interval.best is not None
        assert is_close(interval.best, best)
        assert interval.low is not None
        assert interval.low <= best + 2e-6 * max(1, abs(best))
        assert answer.sure.startswith("exact")
    return bool(possible)


def test_scenarios_cost_what_enumeration_says(few: list[tuple[Instance, Enumerated]]) -> None:
    """Fixed and free choices on tiny instances: the same costs, and no plan where there is none."""
    for instance, enumerated in few:
        compare_scenarios(instance, enumerated)
    assert len(few) >= 3


def test_choices_made_once_are_the_best_of_all(few: list[tuple[Instance, Enumerated]]) -> None:
    """One program over all scenarios finds the least expected and the least worst cost."""
    assert sum(compare_together(*case) for case in few) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("first", range(10, 30))
def test_hundreds_of_scenarios_agree_with_enumeration(first: int) -> None:
    """As the two tests above, on twenty times as many instances."""
    for instance, enumerated in cases(range(first, first + 1)):
        compare_scenarios(instance, enumerated)
        compare_together(instance, enumerated)


def renting(fee: float) -> Instance:
    """Three sites where the middle one has a fee, and the cheap one may be lost."""
    data = three_sites()
    data["offers"][1] |= {"usd_per_gpu_hour": 1.1, "fixed_usd": fee}
    return Instance.from_dict(data)


LOST = {"cheap lost": "lose cheap"}


def test_a_fee_paid_for_nothing_is_told() -> None:
    """Opened against the loss of the cheap site, the middle one costs its fee when nothing is lost.

    As planned 1,000 USD at cheap; lost: 1,100 + 400 at middle, or 2,000 at lean. With even chances,
    open: (1,000 + 400 + 1,500) / 2 = 1,450; not: (1,000 + 2,000) / 2 = 1,500.
    """
    found = stress(renting(400), LOST, choices="expected", isolate=False)
    assert found.choices == Choices(frozenset(), frozenset({"middle h100"}))
    assert [row.cost.best for row in found.rows] == [1400, 1500]
    assert [row.idle_fees_usd for row in found.rows] == [400, 0]
    assert found.expected.best == pytest.approx(1450)
    assert "middle h100" in str(found)


def test_a_dear_fee_is_not_paid_ahead() -> None:
    """At a fee of 600 opening costs (1,600 + 1,700) / 2 = 1,650, and not opening 1,500."""
    found = stress(renting(600), LOST, choices="expected", isolate=False)
    assert found.choices == Choices(frozenset(), frozenset())
    assert found.expected.best == pytest.approx(1500)


def test_the_worst_case_decides_otherwise() -> None:
    """At a fee of 600 the worst case is 1,700 with the fee and 2,000 without: it is paid."""
    found = stress(renting(600), LOST, choices="worst", isolate=False)
    assert found.choices == Choices(frozenset(), frozenset({"middle h100"}))
    assert found.worst.best == pytest.approx(1700)
    assert found.worst_case == "cheap lost"


def test_ways_to_choose_are_in_order(few: list[tuple[Instance, Enumerated]]) -> None:
    """Foreseen <= chosen for it <= as today, in both figures, and least <= expected <= worst."""
    compared = 0
    for instance, _ in few:
        answers = {}
        for made in ("free", "expected", "worst", "fixed"):
            try:
                answers[made] = stress(instance, SCENARIOS, choices=made, threads=1, isolate=False)
            except NoPlanError:
                break
        if len(answers) < 4 or answers["fixed"].failing:
            continue
        compared += 1
        expected = {made: answer.expected.best or 0 for made, answer in answers.items()}
        worst = {made: answer.worst.best or 0 for made, answer in answers.items()}
        slack = 2e-6 * max(map(abs, worst.values()))
        assert expected["free"] <= expected["expected"] + slack
        assert expected["expected"] <= min(expected["worst"], expected["fixed"]) + slack
        assert worst["free"] <= worst["worst"] + slack
        assert worst["worst"] <= min(worst["expected"], worst["fixed"]) + slack
        for made, answer in answers.items():
            costs = [row.cost.best or 0 for row in answer.rows]
            assert min(costs) - slack <= expected[made] <= worst[made] + slack
    assert compared >= 2


def test_today_s_plan_decides_for_fixed_choices() -> None:
    """The choices are those of the plan given, even where another one would be cheaper."""
    data = three_sites()
    data["offers"][1]["fixed_usd"] = 400
    data["jobs"][0]["data_centers"] = ["middle"]
    today = solve(Instance.from_dict(data), isolate=False)
    free = Instance.from_dict(data | {"jobs": [data["jobs"][0] | {"data_centers": None}]})
    found = stress(free, LOST, plan=today, isolate=False)
    assert found.choices == Choices(frozenset(), frozenset({"middle h100"}))
    # as planned the job runs at cheap for 1,000 USD, and the 400 USD for middle are paid as well
    assert found.rows[0].cost.best == pytest.approx(1400)


def test_probabilities_not_given_share_the_rest() -> None:
    """With 0.7 for one of three, the other two and the plan itself have 0.1 each."""
    names = {"a": "lose cheap", "b": "lose middle", "c": "lose lean"}
    found = stress(three_sites_instance(), names, probabilities={"a": 0.7}, isolate=False)
    assert [row.probability for row in found.rows] == pytest.approx([0.1, 0.7, 0.1, 0.1])
    # 0.7 * 1,800 at the middle site, else 1,000 at the cheap one
    assert found.expected.best == pytest.approx(0.7 * 1800 + 0.3 * 1000)


def test_a_scenario_without_a_plan_is_the_worst_case() -> None:
    """Where demand cannot be met, no worst cost is told, and the scenario is named."""
    found = stress(three_sites_instance(), {"more": "scale jobs.options.shards=9"}, isolate=False)
    assert found.failing == ("more",)
    assert found.worst_case == "more"
    assert found.worst.high is None
    assert found.expected.best is None
    assert "no plan is valid in: more" in str(found)


def test_the_text_tells_worst_case_and_expected_cost() -> None:
    """A reader learns what each scenario costs more, its chance, and what happens in it."""
    text = str(stress(three_sites_instance(), LOST, isolate=False))
    assert "every one of 2 scenarios has a plan" in text
    assert "worst case: 1,800 USD, in cheap lost" in text
    assert "expected cost: 1,400 USD" in text  # (1,000 + 1,800) / 2
    assert "+80.0 %" in text
    assert 'without "cheap"' in text


def test_what_is_not_known_is_not_claimed() -> None:
    """A scenario without a plan and without a proof leaves the worst cost open, and is told."""
    rows = (
        ScenarioRow("as planned", "", 0.5, "plan", Interval(90, 100, 100), 0.0, 0),
        ScenarioRow("dear", "", 0.5, "not known", Interval(120, None, None), 0.0, None),
    )
    found = Stress("fleet", "free", None, rows, {}, None, (0.1, None))
    assert found.failing == ()
    assert (found.worst.low, found.worst.high) == (120, None)
    assert found.expected.best is None
    text = str(found)
    assert "1 of 2 scenarios have neither a plan nor a proof" in text
    assert "worst case: at least 120.00 USD, in dear" in text
    assert "not proven" in text


@pytest.mark.parametrize(
    ("scenarios", "settings", "message"),
    [
        ({}, {}, "no scenario is given"),
        (LOST, {"choices": "best"}, "none of fixed, free, expected, worst"),
        (LOST, {"probabilities": {"cheap": 0.5}}, "there is no scenario"),
        (LOST, {"probabilities": {"cheap lost": 1.5}}, "is not a probability"),
        (LOST, {"probabilities": {"cheap lost": 0.5, "as planned": 0.1}}, "must make 1"),
        ({"as planned": "lose cheap"}, {}, "take another"),
        ({"gone": "lose cheep"}, {}, "there is no data center"),
        ({"odd": "burn cheap"}, {}, "is not a change"),
    ],
)
def test_what_makes_no_sense_is_told(
    scenarios: dict[str, Scenario | str], settings: dict[str, Any], message: str
) -> None:
    """Each mistake in scenarios, chances and choices is a usage error that names it."""
    with pytest.raises(UsageError, match=message):
        stress(three_sites_instance(), scenarios, isolate=False, **settings)


def test_one_program_over_all_scenarios_is_the_exact_engine_s() -> None:
    """The decomposition is refused for it in words; else the text says which engine it was."""
    with pytest.raises(UsageError, match='"auto" or "exact", or choices "fixed" or "free"'):
        stress(renting(400), LOST, choices="worst", engine="decomposition", isolate=False)
    text = str(stress(renting(400), LOST, choices="worst", isolate=False))
    assert "by the exact engine, over all scenarios at once" in " ".join(text.split())
