"""Explanations: planted causes, amounts that can be checked by hand, words, statuses."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

import gpualloc
from gpualloc.answers.explanation import Explanation, business_rules, explain
from gpualloc.answers.relaxations import with_changes
from gpualloc.answers.solves import Solves
from gpualloc.generator import generate
from gpualloc.instance import Instance
from gpualloc.rules.paths import rtt_by_distance_ms
from gpualloc.solving import solve
from tests.answers.explain_cases import without
from tests.answers.planted import PLANTS
from tests.tiny.scale import Data

ROOT = Path(__file__).parents[2]

SEEDS_EACH, MORE_SEEDS = 1, 10
"""With 19 causes, 19 instances in every run and 190 more under the slow marker."""


def explained(instance: Instance, alternatives: int = 6) -> Explanation:
    """The explanation of an instance, found in this process."""
    return explain(instance, alternatives=alternatives, threads=1, isolate=False)


@pytest.fixture(scope="module")
def power_short() -> Explanation:
    """The explanation of the shipped instance that the grid forbids."""
    return explained(gpualloc.read(ROOT / "instances/infeasible-power.json"))


def hold_to_plant(cause: str, seed: int) -> None:
    """Assert that a planted cause is what the explanation finds, and that there is no other.

    Dropping any one of its rules gives the whole instance a plan, so each of them is in every
    conflict; and the explanation is a minimal conflict.
    """
    data, expected = PLANTS[cause](random.Random(f"{cause} {seed}"))
    for rule in expected:
        instance = Instance.from_dict(without(data, [rule]))
        assert solve(instance, gap=1.0, threads=1, isolate=False), rule
    found = explained(Instance.from_dict(data), alternatives=0)
    assert {(row.kind, row.place) for row in found.rows} == expected
    assert found.conflict.is_minimal


@pytest.mark.parametrize("cause", PLANTS)
def test_a_planted_cause_is_found(cause: str) -> None:
    """Of an instance in which one thing alone is wrong, that thing is the explanation."""
    for seed in range(SEEDS_EACH):
        hold_to_plant(cause, seed)


@pytest.mark.slow
@pytest.mark.parametrize("cause", PLANTS)
def test_a_planted_cause_is_found_at_length(cause: str) -> None:
    """The same on more instances."""
    for seed in range(SEEDS_EACH, SEEDS_EACH + MORE_SEEDS):
        hold_to_plant(cause, seed)


@pytest.mark.parametrize("cause", ["two_contracts", "gpus"])
def test_the_decomposition_finds_a_planted_cause(cause: str) -> None:
    """The cause, and ways out of it by the same changes, come from either engine."""
    data, expected = PLANTS[cause](random.Random(f"{cause} 1"))
    instance = Instance.from_dict(data)
    found = explain(instance, engine="decomposition", threads=1, isolate=False, time_limit=20)
    exact = explained(instance)
    assert {(row.kind, row.place) for row in found.rows} == expected
    assert found.conflict.is_minimal
    assert {row.change for row in found.way_rows} == {row.change for row in exact.way_rows}
    assert all(way.plan.engine.startswith("decomposition") for way in found.ways)


@pytest.mark.slow
def test_a_million_gpus_are_explained() -> None:
    """On a fleet of a million GPUs a site that feeds two of three jobs is named, with its MW.

    The three are tied to the site, which sells GPUs enough for all of them.
    """
    data = generate(gpus=1_000_000, data_centers=40, jobs=120, seed=0).to_dict()
    site = next(row for row in data["data_centers"] if row["name"] == "fathom-canton")
    kw = {row["name"]: row["kw"] for row in data["gpu_types"]}
    offer = next(row for row in data["offers"] if row["data_center"] == site["name"])
    gpus, tied = offer["gpus"] // 4 // 8 * 8, data["jobs"][:3]
    option = {"gpu_type": offer["gpu_type"], "shards": gpus // 8, "gpus_per_shard": 8}
    for job in tied:
        for column in ("providers", "regions", "unserved_usd", "current"):
            job.pop(column, None)
        job |= {"options": [option], "data_centers": [site["name"]], "tags": []}
    data["flows"], data["contracts"] = [], []
    mw_each = gpus * kw[offer["gpu_type"]] * site.get("pue", 1.0) / 1000
    site["power_mw"] = round(2.5 * mw_each, 3)
    found = explain(Instance.from_dict(data), time_limit=200, gap=0.1)
    names = {job["name"] for job in tied}
    expected = {("power", site["name"])} | {("served", name) for name in names}
    expected |= {("places", f"{name}, data_centers") for name in names}
    assert {(row.kind, row.place) for row in found.rows} == expected
    assert found.conflict.is_minimal
    power = [row for row in found.way_rows if row.kind == "power"]
    assert [row.amount for row in power if row.place == site["name"]] == [
        pytest.approx(0.5 * mw_each, abs=0.002)
    ]


def way_of(cause: str, kind: str) -> tuple[Data, float | None, str]:
    """An instance with a planted cause, and the amount and words of the one change of a kind."""
    data, _ = PLANTS[cause](random.Random(cause))
    rows = [row for row in explained(Instance.from_dict(data)).way_rows if row.kind == kind]
    assert len(rows) == 1
    return data, rows[0].amount, rows[0].change


def victim_gpus(data: Data) -> int:
    """The GPUs of the job that a plant makes impossible."""
    job = next(job for job in data["jobs"] if job["name"] == "victim")
    return int(job["options"][0]["shards"] * job["options"][0]["gpus_per_shard"])


def test_the_site_and_its_megawatts_are_named(power_short: Explanation) -> None:
    """Memphis is short of 50 MW in 2025Q4, and each rule that makes it so is named."""
    # (75,000 + 50,000) GB200 x 2.0 kW x PUE 1.2 / 1000 = 300 MW, and the grid gives 250 MW.
    kinds = [row.kind for row in power_short.rows]
    assert sorted(kinds) == ["places", "places", "power", "served", "served"]
    power = next(row for row in power_short.rows if row.kind == "power")
    assert power.demand == "memphis has 250 MW of power in 2025Q4"
    change = next(row for row in power_short.way_rows if row.kind == "power")
    assert (change.amount, change.unit, change.place) == (50, "MW", "memphis, 2025Q4")
    assert "50 MW more at memphis in 2025Q4 (300 instead of 250)" in str(power_short)


def test_gpus_missing_are_counted() -> None:
    """An offer of 3 GPUs needs as many more as the job has beyond 3."""
    data, amount, change = way_of("gpus", "offers")
    assert amount == victim_gpus(data) - 3
    assert "GPUs more on offer" in change


def test_bandwidth_missing_is_told() -> None:
    """A flow of 801 Gbit/s needs 1 Gbit/s more than 800, a spoke of 100 one more than 99."""
    assert way_of("flow", "links")[1] == pytest.approx(1, abs=1e-5)
    assert way_of("uplink", "uplinks")[1] == pytest.approx(1, abs=1e-5)


def sites_apart_ms(data: Data) -> float:
    """The round trip between the two sites of an instance."""
    return rtt_by_distance_ms(*Instance.from_dict(data).data_centers)


def test_data_volume_missing_is_told() -> None:
    """A spoke that moves 20 GB every 61.6 s and a round trip needs so many TB, and has one."""
    # 2 x 8 x 10 GB at 100 Gbit/s take 1.6 s, which nothing hides: 2 x 10 GB every 60 s of compute,
    # 1.6 s and a round trip, for 100 hours.
    data, amount, _ = way_of("transfer", "transfer")
    moved_tb = 100 * 20 * 3600 / (61.6 + sites_apart_ms(data) / 1000) / 1000
    assert amount == pytest.approx(moved_tb - 1, rel=1e-5)  # with a pad of two millionths


def test_distance_missing_is_told() -> None:
    """A job that takes 5 ms needs the round trip between the only two sites."""
    data, amount, _ = way_of("round_trip", "max_rtt_ms")
    assert amount == pytest.approx(sites_apart_ms(data) - 5, abs=1e-5)


def test_sites_missing_are_counted() -> None:
    """A job that fits no single site needs one more at a time than one."""
    assert way_of("spread", "max_data_centers")[1] == 1


def test_money_missing_is_told() -> None:
    """A cap must rise to what the job costs on the cheapest offer, which has room for it."""
    data, amount, change = way_of("spend_cap", "contract")
    usd_per_gpu_hour = min(offer["usd_per_gpu_hour"] for offer in data["offers"])
    hours = 100 * len(data["periods"])
    cap_usd = data["contracts"][0]["usd"]
    spend_usd = usd_per_gpu_hour * victim_gpus(data) * hours
    assert amount == pytest.approx(spend_usd - cap_usd, abs=0.01)
    assert change.startswith("raise the cap of cap by")


def test_the_figures_of_contracts_are_eased_by_their_amounts() -> None:
    """A count, a share, a least use and the GPUs accepted are eased by just what is missing."""
    _, amount, change = way_of("count", "contract")
    assert amount == 1
    assert (
        change == "lower the minimum of contract two to 1 data center (instead of 2 data centers)"
    )
    data, amount, change = way_of("share", "contract")
    percent = 100 * data["contracts"][0]["min"]  # and none of it can be placed there
    assert amount == pytest.approx(percent)
    assert change == f"lower the minimum of contract part to 0 % (instead of {percent:.0f} %)"
    data, amount, _ = way_of("minimum_use", "contract")
    used = victim_gpus(data) * 100 * len(data["periods"])  # 100 hours a period
    assert amount == pytest.approx(data["contracts"][0]["gpu_hours"] - used)
    _, amount, change = way_of("accepts", "accepts")
    assert amount == 1
    assert change.startswith("1 GPUs more accepted by ")


def test_a_share_that_is_too_large_is_raised() -> None:
    """A job that may be at one place alone needs the whole share there, whatever the most is."""
    data, _ = PLANTS["share"](random.Random("share"))
    data["contracts"][0] |= {"providers": None, "regions": ["region 1"], "min": 0, "max": 0.4}
    (row,) = [row for row in explained(Instance.from_dict(data)).way_rows if row.kind == "contract"]
    assert row.amount == pytest.approx(60)
    assert row.unit == "percentage points"
    assert row.change == "raise the maximum of contract part to 100 % (instead of 40 %)"


def test_places_are_counted() -> None:
    """A job that may go to one provider more is told so, and to how many."""
    data, amount, change = way_of("gpus", "places")
    other = data["data_centers"][0]["provider"]
    assert (amount, change) == (1, f"allow victim in provider {other} as well")


def test_what_has_no_amount_is_given_up_whole() -> None:
    """Contracts without figures end, jobs stay out or may move; each is told, and in the text."""
    tie = "end the contract tie altogether"
    data, amount, change = way_of("exclusivity", "contract")
    assert (amount, change) == (None, tie)
    assert way_of("stays", "stays")[1:] == (None, "let victim move between periods")
    assert way_of("gpus", "served")[1:] == (None, "leave victim unserved")
    text = str(explained(Instance.from_dict(data)))
    assert tie in text
    assert "a change without a figure gives a rule up as a whole" in text


def test_alternatives_are_as_many_as_asked_for() -> None:
    """No more ways out are found than asked for, and with none the conflict stands alone."""
    data, _ = PLANTS["gpus"](random.Random("gpus"))
    instance = Instance.from_dict(data)
    assert len(explained(instance, alternatives=1).ways) == 1
    assert explained(instance, alternatives=0).ways == ()


def test_an_instance_with_a_plan_has_nothing_to_explain() -> None:
    """A feasible instance is told to be one, without conflict and ways out."""
    found = explained(gpualloc.read(ROOT / "instances/teaching/share.json"))
    assert found.status == "feasible"
    assert found.rows == () == found.ways
    assert "there is a plan" in str(found)


def test_what_is_not_proven_is_not_claimed() -> None:
    """Without a proof the explanation says so, and is false."""
    found = Explanation("late", "unknown")
    assert not found
    assert "not proven" in str(found)


def test_tables_and_view_tell_the_same(power_short: Explanation) -> None:
    """The tables have the rules and changes, and the view has the words of the text."""
    assert power_short.to_frame()["place"].tolist()[-1] == "memphis, 2025Q4"
    ways = power_short.ways_frame()
    assert ways["way"].tolist() == [1, 2, 3]
    assert (ways["cost_low_usd"] <= ways["cost_usd"]).all()
    assert "50 MW more at memphis" in power_short._repr_html_()
    assert power_short.document()["ways_out"][0]["unit"] == "MW"


def test_a_place_that_is_short_in_several_periods_is_told_once() -> None:
    """A job that stays where it starts needs more GPUs in each period in which it has too few."""
    data, _ = PLANTS["gpus"](random.Random("gpus"))
    offer = data["offers"][1]
    offer["gpus"] = [3, *([2] * (len(data["periods"]) - 1))]
    ways = explained(Instance.from_dict(data)).ways
    (text,) = [way.text for way in ways if way.changes[0].rule.kind == "offers"]
    gpus = victim_gpus(data)
    assert text.startswith(f"more on offer {offer['name']}: {gpus - 3} GPUs in q0 ({gpus} instead")
    assert f"{gpus - 2} GPUs in q1 ({gpus} instead of 2)" in text


def test_a_new_link_has_the_price_that_the_pair_has() -> None:
    """A pair that gets a link of its own pays for data what pairs without one pay."""
    data, _ = PLANTS["flow"](random.Random("flow"))
    for kind in ("same_provider", "cross_provider"):
        data["network"][kind]["usd_per_gb"] = 0.02
    instance = Instance.from_dict(data)
    (way,) = [way for way in explained(instance).ways if way.changes[0].rule.kind == "links"]
    (link,) = with_changes(instance, way.changes).network.links
    assert link.usd_per_gb == 0.02


def test_what_may_be_less_is_marked(power_short: Explanation) -> None:
    """A way out whose amounts were not proven to be the least in time is told to be such."""
    assert "less may be enough" not in str(power_short)
    rough = tuple(replace(way, is_least=False) for way in power_short.ways)
    late = replace(power_short, ways=rough)
    assert "1 *" in str(late)
    assert "less may be enough" in str(late)
    assert not late.ways_frame()["least"].any()


def test_a_late_explanation_claims_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that could not be tried in time stay in the conflict, and are counted as not proven."""
    instance = gpualloc.read(ROOT / "instances/infeasible-power.json")
    none = gpualloc.solve(instance, isolate=False)
    answers = iter([none, *[None] * 1000])
    monkeypatch.setattr(Solves, "find_any", lambda *_, **__: next(answers))
    found = explained(instance, alternatives=0)
    assert len(found.rows) == len(business_rules(instance))
    assert found.sure.startswith("proven that these clash; not proven in time that it takes")
