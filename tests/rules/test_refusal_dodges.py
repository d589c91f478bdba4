"""No engine dodges a first refusal: each way to leave the holder with room to spare is shut.

B holds the refusal and is the dear one: a shard of 10 GPUs costs 3000 USD there and 2000 at A, so
that an engine is paid for every shard that it gets out. Each optimum is also found by enumeration.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.by_hand import Data, contract, job, offer, site, two_sites
from tests.rules.written import least_usd, placed


def asked(*jobs: Data, others: tuple[Data, ...] = (), gpus: Any = 40, **columns: Any) -> Data:
    """Jobs under a first refusal of B with some GPUs; A has 200."""
    rule = contract("first_refusal", name="ask", holder="B", **columns)
    data = two_sites(*jobs, contracts=(rule, *others))
    data["offers"][0]["gpus"], data["offers"][1]["gpus"] = 200, gpus
    return data


def with_b200(data: Data, *sites: str, usd: float = 1) -> Data:
    """The job may also run on 2 shards of 10 B200, sold in some data centers at a price."""
    data["gpu_types"].append({"name": "B200", "kw": 1})
    data["offers"] += [{**offer(f"new-{at}", at, usd), "gpu_type": "B200"} for at in sites]
    data["jobs"][0]["options"].append({"gpu_type": "B200", "shards": 2, "gpus_per_shard": 10})
    return data


def two_terms(data: Data) -> Data:
    """The instance over two periods of 100 h."""
    return {**data, "periods": [{"name": "q1", "hours": 100}, {"name": "q2", "hours": 100}]}


def test_another_option() -> None:
    """A job does not leave by an option that the holder does not sell, however cheap."""
    # 2 shards of B200 at a1 would cost 2000; 4 of H100 at b1 cost 12000
    assert least_usd(with_b200(asked(), "a1")) == 12000
    # B has no room for a shard of H100: off it goes
    assert least_usd(with_b200(asked(gpus=9), "a1")) == 2000


def test_an_option_that_only_the_holder_sells() -> None:
    """B's H100 are full, and its B200 are not: they would take a shard, so none is outside."""
    # 2 shards of B200 at 9 USD: 18000, against 8000 for H100 at A
    assert least_usd(with_b200(asked(gpus=9), "b1", usd=9)) == 18000


def test_another_period() -> None:
    """A full q2 does not free a job that may move in q1."""
    # q1 at B 3000, q2 at A 2000
    data = two_terms(asked(job(shards=1, move_usd_per_shard=0), gpus=[10, 0]))
    assert least_usd(data) == 5000


def test_a_period_outside_the_window() -> None:
    """A job that stays and touches the window is asked in all its periods."""
    data = two_terms(asked(job(shards=1), start="q2", gpus=10))
    assert least_usd(data) == 6000
    # ... and is free where one of them has no room: 2 * 2000
    assert least_usd(two_terms(asked(job(shards=1), start="q2", gpus=[9, 10]))) == 4000


def test_a_resource_that_is_not_full() -> None:
    """One full data center of the holder does not excuse what another has room for."""
    data = asked(gpus=9)
    data["data_centers"].append(site("b2", "B"))
    data["offers"].append({**offer("dearer", "b2", 4), "gpus": 25})
    # 2 shards at b2 for 4000 each leave 5 GPUs; the other 2 leave for 2000 each
    assert placed(data) == {"job": {"dearer": 2, "cheap": 2}}
    assert least_usd(data) == 12000


@pytest.mark.parametrize(
    ("power_mw", "expected"),
    [
        # 10 GPUs draw 10 * 1.15 = 11.5 kW. 46 kW hold 4 shards, less than that 3: 9000 + 2000
        (0.046, 12000),
        (0.0459999, 11000),
        (0.0114999, 8000),
    ],
)
def test_power_that_is_not_used_up(power_mw: float, expected: float) -> None:
    """Power excuses from the watt on at which one more shard does not fit."""
    data = asked()
    data["data_centers"][1].update(power_mw=power_mw, pue=1.15)
    assert least_usd(data) == expected


def test_uncovered_jobs_parked_on_the_holder() -> None:
    """A job that is not covered may be parked under `none`; under `listed` only an earlier one."""
    big = job("big", max_data_centers=1, tags=["y"])
    pebble = job("pebble", shards=1, gpus=1)
    # A pebble at B costs 300 instead of 200 and leaves 39 of 40 GPUs: 8000 + 300 for the plan.
    assert least_usd(asked(big, pebble, jobs=["y"])) == 8300
    assert least_usd(asked(big, pebble, jobs=["y"], precedence="listed")) == 12200
    assert least_usd(asked(pebble, big, jobs=["y"], precedence="listed")) == 8300


def test_a_small_covered_job_parked_on_the_holder() -> None:
    """A covered job listed later pushes no earlier one out under `listed`."""
    jobs = (job("big", max_data_centers=1), job("pebble", shards=1, gpus=1))
    # none: pebble in for 300, big out for 8000; listed: big in for 12000, then pebble finds no room
    assert least_usd(asked(*jobs)) == 8300
    assert least_usd(asked(*jobs, precedence="listed")) == 12200
    # 41 GPUs have room for both: the pebble does not push the big one out either way
    assert least_usd(asked(*jobs, gpus=41)) == 12300


@pytest.mark.parametrize(
    ("gpus", "expected"), [(9, 8000), (10, 9000), (19, 9000), (39, 11000), (45, 12000)]
)
def test_integer_slack(gpus: int, expected: float) -> None:
    """As many shards as fit are at B, no fewer: each costs 1000 USD more there."""
    assert least_usd(asked(gpus=gpus)) == expected


def test_integer_slack_of_two_sizes() -> None:
    """What is too little for a large unit may be enough for a small one."""
    # B has 28 GPUs. The large job cannot all be in, so 19 are in use at least; the small one is in,
    # or 23 are. Loads are 10 k + 6 or 10 k: 26 is the least, each GPU 100 USD more than at A, where
    # all 46 GPUs cost 9200.
    data = asked(job("large"), job("small", shards=1, gpus=6), gpus=28)
    assert placed(data) == {"large": {"cheap": 2, "dear": 2}, "small": {"dear": 1}}
    assert least_usd(data) == 11800


@pytest.mark.parametrize(
    ("accepts", "expected"), [(0, 8000), (9, 8000), (10, 9000), (29, 10000), (30, 11000)]
)
def test_accepted_quantity(accepts: int, expected: float) -> None:
    """B gets what it accepts, to the last whole shard."""
    assert least_usd(asked(accepts_gpus=accepts)) == expected


def test_accepted_quantity_is_not_used_up_by_others() -> None:
    """Jobs that are not covered take none of the accepted GPUs, so parking them does not help."""
    data = asked(job("one", tags=["y"]), job("two"), accepts_gpus=20, gpus=80, jobs=["y"])
    # 2 shards in, 2 out: 10000; the other job at A: 8000
    assert least_usd(data) == 18000


def test_accepted_quantity_by_period() -> None:
    """What B accepts in q1 does not excuse a job that may move in q2."""
    data = two_terms(asked(job(shards=1, move_usd_per_shard=0), accepts_gpus=[0, 10]))
    assert least_usd(data) == 5000


def test_all_shards_at_once() -> None:
    """A job for one data center is asked as a whole: 40 GPUs bind it, 39 or 20 + 20 do not."""
    whole = job(max_data_centers=1)
    assert least_usd(asked(whole)) == 12000
    assert least_usd(asked(whole, gpus=39)) == 8000
    data = asked(whole, gpus=20)
    data["data_centers"].append(site("b2", "B"))
    data["offers"].append({**offer("more", "b2", 3), "gpus": 20})
    assert least_usd(data) == 8000


def test_two_data_centers_ask_by_the_shard() -> None:
    """A job that may use two data centers is no whole: 3 of its shards are at B."""
    assert least_usd(asked(job(max_data_centers=2), gpus=39)) == 11000


def third_provider(data: Data) -> Data:
    """The instance with C, which sells at 1 USD."""
    data["providers"].append({"name": "C"})
    data["data_centers"].append(site("c1", "C"))
    data["offers"].append(offer("cheapest", "c1", 1))
    return data


def test_exclusivity_bought_out_as_an_excuse() -> None:
    """Exclusivity at A excuses from B as long as it is kept, and not once it is bought out."""
    exclusive = contract("exclusivity", providers=["A"], buyout_usd=100)
    data = third_provider(asked(others=(exclusive,)))
    # kept: 8000 at A; bought out: 12000 + 100 at B; the dodge would be 4000 + 100 at C
    assert placed(data) == {"job": {"cheap": 4}}
    assert least_usd(data) == 8000
    del data["contracts"][0]
    assert least_usd(data) == 4100


def test_dedication_bought_out_as_an_excuse() -> None:
    """B's data center is dedicated to others; who buys that out is the holder's again."""
    taken = contract("dedicated", data_centers=["b1", "c1"], jobs=["x"], buyout_usd=100)
    data = third_provider(asked(others=(taken,)))
    assert least_usd(data) == 8000
    del data["contracts"][0]
    assert least_usd(data) == 4100


@pytest.mark.parametrize(
    "other",
    [
        contract("spend_cap", providers=["B"], usd=0),
        contract("share", providers=["A"], min=0.5),
        contract("minimum_use", providers=["B"], gpu_hours=4001),
        contract("count", of="data_center", max=1, start="q1"),
    ],
)
def test_other_contracts_are_no_excuse(other: Data) -> None:
    """A contract that is in the way, but bars no place, leaves all at B, or no plan at all."""
    fits = other["type"] == "count"
    assert least_usd(asked(others=(other,))) == (12000 if fits else None)


def test_network_is_no_excuse() -> None:
    """A job whose parts cannot talk is asked by the shard all the same: there is no plan."""
    sync = {"gb": 1, "every_s": 10, "gbps": 8, "usd_per_gpu_hour": 1}
    assert least_usd(asked(job(sync=sync), gpus=20)) is None
    assert least_usd(asked(job(sync=sync), gpus=40)) == 12000


def test_left_unserved() -> None:
    """A job may be left for its price, which is no way out of the holder's room."""
    assert least_usd(asked(job(unserved_usd=11000))) == 11000
    assert least_usd(asked(job(unserved_usd=13000))) == 12000
