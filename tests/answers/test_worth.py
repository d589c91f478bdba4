"""What contracts are worth, against plain enumeration and by hand."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import gpualloc
from gpualloc.answers.result import Interval
from gpualloc.answers.worth_of_contracts import ALL, WORDS, Worth, WorthRow, worth
from gpualloc.errors import UsageError
from gpualloc.instance import Instance
from tests.oracle import enumerate_plans
from tests.tiny import CONTRACT_TYPES, tiny_instance
from tests.tiny.scale import Data

ROOT = Path(__file__).parents[2]
SEEDS_EACH, BLOCKS, BLOCK = 2, 8, 25
"""With ten contract types, 20 instances in every run and 2,000 more under the slow marker."""

GAPS = (1e-6, 0.3)


def valued(instance: Instance, **settings: Any) -> Worth:
    """The worth of contracts, found in this process."""
    return worth(instance, threads=1, isolate=False, **settings)


def least_cost(data: Data, gone: set[str], kept: str | None = None) -> float | None:
    """The least cost by enumeration without some contracts, and with one that must be kept."""
    data = copy.deepcopy(data)
    data["contracts"] = [row for row in data["contracts"] if row["name"] not in gone]
    for row in data["contracts"]:
        if row["name"] == kept:
            row.pop("buyout_usd", None)
    objective = enumerate_plans(data).objective
    return None if objective is None else float(objective)


def holds(interval: Interval, usd: float) -> bool:
    """Whether an interval holds an amount, up to the rounding of floating point."""
    hair = 1e-6 * max(1.0, abs(usd))
    low = -float("inf") if interval.low is None else interval.low
    high = float("inf") if interval.high is None else interval.high
    return low - hair <= usd <= high + hair


def hold_to_enumeration(
    data: Data, gap: float, may_not_know: bool = False, **settings: Any
) -> None:
    """Assert that each row has the truth in its intervals, and draws no wrong conclusion."""
    found = valued(Instance.from_dict(data), gap=gap, **settings)
    names = [row["name"] for row in data["contracts"]]
    assert [row.contract for row in found.rows] == [*names, ALL]
    for row in found.rows:
        one = row.contract != ALL
        kept = least_cost(data, set(), row.contract if one else None)
        ended = least_cost(data, {row.contract} if one else set(names))
        if not (may_not_know and row.effect == "unknown"):
            hold_row(row, kept, ended)


def hold_row(row: WorthRow, kept: float | None, ended: float | None) -> None:
    """Assert that a row agrees with the least costs with and without the contract."""
    if kept is None or ended is None:
        effects = {(True, True): "hopeless", (True, False): "prevents", (False, True): "enables"}
        assert row.effect == effects[kept is None, ended is None]
        return
    truth = kept - ended
    assert holds(row.kept, kept)
    assert holds(row.ended, ended)
    assert holds(row.worth, truth)
    hair = 1e-5 * max(1.0, abs(kept))
    assert row.effect in {
        *(["costs"] if truth > -hair else []),
        *(["pays"] if truth < hair else []),
        *(["nothing"] if abs(truth) < hair else []),
        "open",
    }
    if row.buyout_usd is not None:
        pays = truth > row.buyout_usd
        close = abs(truth - row.buyout_usd) < hair
        assert close or row.buyout in ("pays" if pays else "does not pay", "open")


@pytest.mark.parametrize("kind", CONTRACT_TYPES)
def test_worth_agrees_with_enumeration(kind: str) -> None:
    """Intervals hold the truth, with and without a gap; so do the conclusions drawn from them."""
    for seed in range(SEEDS_EACH):
        hold_to_enumeration(tiny_instance(seed, kind), GAPS[seed % 2])


def test_worth_works_on_the_decomposition() -> None:
    """The decomposition engine's gap becomes an interval that holds the worth."""
    instance = gpualloc.read(ROOT / "instances/teaching/commitment.json")
    found = valued(instance, engine="decomposition", time_limit=6)
    assert all(plan.engine.startswith("decomposition") for plan in found.plans)
    # 22.5 million with the take or pay, 20 million without.
    assert holds(found.rows[0].worth, 2_500_000)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CONTRACT_TYPES)
def test_worth_of_the_decomposition_holds_the_truth(kind: str) -> None:
    """What the decomposition engine leaves open is an interval with the truth in it."""
    for seed in range(3):
        data = tiny_instance(seed, kind)
        settings = {"engine": "decomposition", "time_limit": 10.0}
        hold_to_enumeration(data, 1e-6, may_not_know=True, **settings)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
@pytest.mark.parametrize("kind", CONTRACT_TYPES)
def test_worth_agrees_at_length(kind: str, block: int) -> None:
    """The same on many more instances."""
    first = 100 + block * BLOCK
    for seed in range(first, first + BLOCK):
        hold_to_enumeration(tiny_instance(seed, kind), GAPS[seed % 2])


def test_a_proven_worth_is_one_figure() -> None:
    """Without a gap the worth of a commitment is exact: what is paid and not used."""
    # teaching/commitment: 22.5 million with the take or pay, 20 million without.
    row = valued(gpualloc.read(ROOT / "instances/teaching/commitment.json")).rows[0]
    assert row.worth.is_exact
    assert row.worth.best == pytest.approx(2_500_000)
    assert row.effect == "costs"


def priced(buyout_usd: float) -> Data:
    """The commitment of `test_a_proven_worth_is_one_figure` with a price of leaving it."""
    data = gpualloc.read(ROOT / "instances/teaching/commitment.json").to_dict()
    data["contracts"][0]["buyout_usd"] = buyout_usd
    return data


@pytest.mark.parametrize(
    ("buyout_usd", "buyout"), [(2_400_000, "pays"), (2_600_000, "does not pay")]
)
def test_a_buyout_pays_below_the_worth(buyout_usd: float, buyout: str) -> None:
    """Leaving a contract that costs 2.5 million pays at 2.4 and not at 2.6 million."""
    found = valued(Instance.from_dict(priced(buyout_usd)))
    row = found.rows[0]
    assert row.worth.best == pytest.approx(2_500_000)
    assert row.buyout == buyout
    assert ("which pays" in str(found)) is (buyout == "pays")


def two_ties(places: tuple[str, str], room: tuple[int, int] = (1000, 1000)) -> Data:
    """One job of 100 GPUs, two sites of one provider each, and an exclusivity for each of them."""
    sites = ("north", "south")
    return {
        "format": 1,
        "name": "ties",
        "gpu_types": [{"name": "H100", "kw": 1}],
        "providers": [{"name": name} for name in sites],
        "data_centers": [
            {"name": name, "provider": name, "region": name, "latitude": at, "longitude": 0}
            for at, name in enumerate(sites)
        ],
        "offers": [
            {
                "name": name,
                "data_center": name,
                "gpu_type": "H100",
                "gpus": gpus,
                "usd_per_gpu_hour": 1 + at,
            }
            for at, (name, gpus) in enumerate(zip(sites, room, strict=True))
        ],
        "jobs": [
            {
                "name": "job",
                "options": [{"gpu_type": "H100", "shards": 1, "gpus_per_shard": 100}],
            }
        ],
        "contracts": [
            {"name": f"tie {at}", "type": "exclusivity", "providers": [place]}
            for at, place in enumerate(places)
        ],
    }


def test_a_contract_that_prevents_all_plans_is_told() -> None:
    """With two ties to different sites each one prevents a plan; ending either gives one."""
    found = valued(Instance.from_dict(two_ties(("north", "south"))))
    assert [row.effect for row in found.rows] == ["prevents"] * 3
    # 100 GPUs x 1 USD x 730 hours in the north without tie 1, and 2 USD in the south without tie 0.
    assert [row.ended.best for row in found.rows] == [146_000, 73_000, 73_000]
    assert "with it there is no plan" in str(found)
    assert str(found).count("no plan ") >= 3


def test_an_instance_without_hope_is_told() -> None:
    """Where no site has room, there is no plan with or without the contracts."""
    found = valued(Instance.from_dict(two_ties(("north", "north"), room=(99, 99))))
    assert [row.effect for row in found.rows] == ["hopeless"] * 3


def test_a_contract_that_enables_the_plan_is_told() -> None:
    """A tie that excuses a job from a holder with first refusal makes the plan possible."""
    # The holder, north, has room, so the job may be nowhere else unless a contract bars it there;
    # a share of zero bars no site by itself, it only makes north impossible.
    data = two_ties(("south", "south"))
    away = {"name": "away", "type": "share", "providers": ["north"], "max": 0}
    first = {"name": "first", "type": "first_refusal", "holder": "north"}
    data["contracts"] = [data["contracts"][0], away, first]
    rows = {row.contract: row for row in valued(Instance.from_dict(data)).rows}
    assert rows["tie 0"].effect == "enables"
    assert rows["away"].effect == "nothing"
    assert rows["first"].effect == "nothing"


def test_what_the_time_did_not_allow_is_told() -> None:
    """A gap that spans a buyout price leaves it open, and one that spans zero the sign."""
    between = Interval(1e6, 3e6, 2e6)
    row = WorthRow("c", "share", between, between, Interval(-1e6, 3e6, 1e6), "open", 2e6, "open")
    text = str(Worth("late", (row,), ()))
    assert "not proven whether it costs or saves" in text
    assert "whether that pays is not proven" in text


def test_prices_at_which_leaving_pays_follow_the_interval() -> None:
    """Below the interval leaving pays, above it does not, and in between nothing is claimed."""
    between = Interval(1e6, 3e6, 2e6)
    row = WorthRow("c", "share", between, between, between, "costs", None, "")
    text = " ".join(str(Worth("rough", (row,), ())).split())
    assert "pays at any price below 1,000,000 USD, at none from 3,000,000 USD on" in text


def test_chosen_contracts_alone_are_valued() -> None:
    """With names given there is a row for each, and none for all together."""
    instance = Instance.from_dict(two_ties(("north", "north")))
    found = valued(instance, contracts=["tie 1"])
    assert [row.contract for row in found.rows] == ["tie 1"]
    with pytest.raises(UsageError, match='no contract "tie 2"; did you mean'):
        valued(instance, contracts=["tie 2"])


def test_an_instance_without_contracts_has_nothing_to_value() -> None:
    """Without contracts the answer is empty and says so, without a solve."""
    data = two_ties(("north", "north"))
    data["contracts"] = []
    found = valued(Instance.from_dict(data))
    assert found.rows == ()
    assert "no contracts" in str(found)


def test_every_effect_has_words() -> None:
    """Each effect is told without leaving the reader a code word."""
    for effect in WORDS:
        amount = Interval.exactly(5.0)
        row = WorthRow("c", "share", amount, amount, amount, effect, None, "")
        assert f"  c: {effect}" not in str(Worth("w", (row,), ()))
