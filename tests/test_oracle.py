"""The oracle against optima derived by hand: placement, capacities, network, costs.

The instances are those of `tests/oracle/by_hand.py`: a shard costs 2000 USD at a1, 3000 at b1.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.oracle import best_layout, evaluate, optimum
from tests.oracle.by_hand import (
    LINK,
    SYNC,
    Data,
    flow_row,
    job,
    layout_of,
    linked,
    narrow,
    offer,
    site,
    two_periods,
    two_sites,
)


def test_cheapestsite() -> None:
    """Without limits that bind, everything goes to the cheapest site."""
    assert optimum(two_sites()) == 8000


def test_offer_limit() -> None:
    """An offer of 25 GPUs takes 2 shards of 10."""
    # 2 * 2000 + 2 * 3000
    assert optimum(narrow()) == 10000


def test_power_limit_is_exact() -> None:
    """Power of kw * pue per GPU limits a site, exactly at its limit."""
    data = two_sites()
    # 20 GPUs draw 20 * 1 * 1.15 / 1000 = 0.023 MW: 2 shards fit, and with 0.001 W less one.
    data["data_centers"][0].update(power_mw=0.023, pue=1.15)
    assert optimum(data) == 10000
    data["data_centers"][0].update(power_mw=0.022999999)
    assert optimum(data) == 11000


def test_max_data_centers() -> None:
    """A job that keeps to one data center cannot split, so it goes where all of it fits."""
    assert optimum(narrow(job(max_data_centers=1))) == 12000


def test_job_places() -> None:
    """A job's own lists all have to allow a data center."""
    assert optimum(two_sites(job(providers=["B"]))) == 12000
    assert optimum(two_sites(job(providers=["B"], data_centers=["a1"]))) is None


def test_spokes_need_a_link() -> None:
    """A job that synchronizes cannot split over sites that cannot talk."""
    assert optimum(narrow(job(sync=SYNC))) == 12000


def test_stall_and_egress() -> None:
    """A split job pays the stall of its spoke and the data that it moves."""
    # exchange: 16 * 1 / 8 + 0.1 = 2.1 s; stalled 2.1 / 12.1 of 40 * 100 GPU-hours at 1 USD;
    # moved: 2 * 3600 / 12.1 GB/h * 100 h * 0.01 USD. Together (8400 + 7200) / 12.1.
    assert optimum(linked()) == 10000 + Fraction(15600) / Fraction("12.1")


def test_sync_weight_scales_the_stall_alone() -> None:
    """A weight of 0 removes the stall, not the egress."""
    assert optimum({**linked(), "sync_weight": 0}) == 10000 + Fraction(7200) / Fraction("12.1")


def test_overlap_hides_the_exchange() -> None:
    """Communication within the overlap is free of stall."""
    # 2 * 3600 / 10 GB/h * 100 h * 0.01 USD = 720
    assert optimum(linked(sync={**SYNC, "overlap_s": 2.1})) == 10720


def test_slow_link_caps_the_rate() -> None:
    """A spoke reserves no more than the link carries, and waits longer."""
    data = linked({"gbps": 4})
    # exchange: 16 / 4 + 0.1 = 4.1 s; (4.1 * 4000 + 7200) / 14.1
    assert optimum(data) == 10000 + Fraction(23600) / Fraction("14.1")


def test_default_round_trip() -> None:
    """Without `rtt_ms` a quarter of the equator takes 1 + 3.6 * distance / 204 ms."""
    data = linked({"rtt_ms": None})
    data["data_centers"][1]["longitude"] = 90
    # distance 6371 * pi / 2 = 10007.543 km, rtt 177.604 ms, exchange 2.177604 s
    wait = 2.177604
    assert optimum(data) == pytest.approx(10000 + (4000 * wait + 7200) / (10 + wait), abs=0.01)


@pytest.mark.parametrize("gbps", [None, 0, 10])
def test_default_links(gbps: float | None) -> None:
    """A pair without its own link has that of its kind; null or 0 Gbit/s cannot talk."""
    network = {"cross_provider": None if gbps is None else {"gbps": gbps, "usd_per_gb": 0.01}}
    data = narrow(job(sync=SYNC), network=network)
    # same place: rtt 1 ms, exchange 2.001 s: (4000 * 2.001 + 7200) / 12.001 = 1266.89
    expected = 10000 + Fraction(15204) / Fraction("12.001") if gbps else 12000
    assert optimum(data) == pytest.approx(float(expected), abs=1e-6)


def test_limits_of_the_network() -> None:
    """The round trip, an uplink and a transfer allowance each forbid the split."""
    assert optimum(linked(max_rtt_ms=99)) == 12000
    for column, enough, short in (("uplink_gbps", 8, 7.9), ("transfer_tb", 60, 59)):
        # the spoke reserves 8 Gbit/s and moves 2 * 3.6 / 12.1 TB/h * 100 h = 59.504 TB
        data = linked()
        data["data_centers"][0][column] = enough
        assert optimum(data) == 10000 + Fraction(15600) / Fraction("12.1")
        data["data_centers"][0][column] = short
        assert optimum(data) == 12000


def test_link_is_shared() -> None:
    """Two spokes of 8 Gbit/s fit on a link of 16, not on one of 15.9."""
    sync = {**SYNC, "gb": 0}
    jobs = (job("one", shards=2, gpus=20, sync=sync), job("two", shards=2, sync=sync))
    for gbps, expected in ((16, 15000), (15.9, None)):
        data = two_sites(*jobs, network={"links": [{**LINK, "gbps": gbps, "rtt_ms": 0}]})
        data["offers"][0]["gpus"] = data["offers"][1]["gpus"] = 30
        # 40 GPUs fit at neither site, and what is left holds one shard of job two at each:
        # 30 GPUs at each site, 6000 + 9000.
        assert optimum(data) == expected


def test_hub_is_chosen() -> None:
    """Of three sites used the hub is the one whose slowest spoke is fastest."""
    data = linked()
    data["data_centers"].append(site("c1", "A"))
    data["offers"] = [{**offer(site, site, 2), "gpus": 15} for site in ("a1", "b1", "c1")]
    data["jobs"] = [job(shards=3, sync=SYNC)]
    data["network"]["links"] = [
        {"a": a, "b": b, "gbps": 8, "rtt_ms": rtt}
        for a, b, rtt in (("a1", "b1", 100), ("c1", "b1", 300), ("c1", "a1", 900))
    ]
    # Hub b1 waits 2 + 0.3 s, a1 2.9 s, c1 2.9 s: 6000 + 3000 * 2.3 / 12.3
    assert optimum(data) == 6000 + Fraction(6900) / Fraction("12.3")
    assert {row["data_center"] for row in best_layout(data)["hubs"]} == {"b1"}


def test_flow_pairs_up_locally() -> None:
    """Fractions pair shards of both jobs in one site first; the rest crosses the link."""
    jobs = [job("one", data_centers=["a1", "b1"]), job("two")]
    flow = {"a": "one", "b": "two", "gbps": 6, "usd_per_ms_hour": 0.5}
    data = two_sites(*jobs, flows=[flow], network={"links": [LINK]})
    # Both jobs split 2 + 2: 4 shards at each site, 8000 + 12000, and all traffic is local.
    assert optimum(data) == 20000
    for row in jobs:
        row["max_data_centers"] = 1
    # One job a site: all of it crosses. Latency 0.5 * 100 ms * 100 h = 5000, egress
    # 6 * 450 GB/h * 100 h * 0.01 = 2700.
    assert optimum(data) == 27700


def test_flow_minimizes_what_crosses() -> None:
    """With shares (3/4, 1/4) and (1/4, 3/4) half of the flow has to cross."""
    data = two_sites(
        job("one"),
        job("two"),
        flows=[{"a": "one", "b": "two", "gbps": 8}],
        network={"links": [{**LINK, "gbps": 4}]},
    )
    layout = layout_of({"one": (3, 1), "two": (1, 3)})
    half = [("a1", "a1", 0.25), ("a1", "b1", 0.5), ("b1", "b1", 0.25)]
    layout["flows"] = [flow_row(*row) for row in half]
    # Load 8 * 0.5 = 4 Gbit/s fills the link; egress 4 * 450 * 100 * 0.01 = 1800.
    breaches, costs = evaluate(data, layout)
    assert breaches == []
    assert costs["egress"] == 1800
    data["network"]["links"][0]["gbps"] = 3.9
    assert [rule for rule, _ in evaluate(data, layout)[0]] == ["links"]


def test_flow_over_uplink_and_transfer() -> None:
    """A flow that crosses loads uplinks, and moves 450 GB per hour for each Gbit/s."""
    jobs = [job(name, max_data_centers=1) for name in ("one", "two")]
    flows = [{"a": "one", "b": "two", "gbps": 6}]
    free = {"links": [{**LINK, "usd_per_gb": 0}]}
    for column, enough, short in (("uplink_gbps", 6, 5.9), ("transfer_tb", 270, 269)):
        data = two_sites(*jobs, flows=flows, network=free)
        data["data_centers"][0][column] = enough
        assert optimum(data) == 20000
        data["data_centers"][0][column] = short
        assert optimum(data) is None


def test_flow_of_an_unserved_job_is_void() -> None:
    """Where the sites cannot talk, leaving one job out makes its flow void."""
    jobs = [job("one", max_data_centers=1), job("two", max_data_centers=1, unserved_usd=20000)]
    data = two_sites(*jobs, flows=[{"a": "one", "b": "two", "gbps": 1}])
    # Together they cannot share a site; one is left out at 20000, the other costs 8000.
    assert optimum(data) == 28000


def test_unserved() -> None:
    """A job is left out where that is cheaper than service."""
    assert optimum(two_sites(job(unserved_usd=7999.5))) == Fraction("7999.5")
    assert optimum(two_sites(job(unserved_usd=8000.5))) == 8000


def test_fixed_and_energy() -> None:
    """A fee of an offer and the energy of its site send the job elsewhere, or are paid."""
    data = two_sites()
    data["offers"][0]["fixed_usd"] = 3500
    assert optimum(data) == 11500
    data = two_sites()
    data["data_centers"][0].update(pue=1.25, usd_per_mwh=600)
    # 40 * 1.25 / 1000 * 100 h = 5 MWh at 600 USD
    assert optimum(data) == 11000


def test_options() -> None:
    """One of the options is chosen, for all shards."""
    data = two_sites()
    data["jobs"][0]["options"].append({"gpu_type": "H100", "shards": 1, "gpus_per_shard": 36})
    assert optimum(data) == 7200


def test_moves() -> None:
    """A movable job follows the price where the moves cost less than the difference."""
    # Fixed: a1 costs 8000 + 16000, b1 24000. Movable: 8000 + 12000 and 4 moves.
    assert optimum(two_periods()) == 24000
    assert optimum(two_periods(move_usd_per_shard=900)) == 23600
    assert optimum(two_periods(move_usd_per_shard=1100)) == 24000


def test_current() -> None:
    """The first placement pays moves away from `current`, unless moving is free of charge."""
    # From b1: stay in q1 12000, or move for 4 * 900 to a1 and back: 8000 + 12000 + 7200
    current = {"dear": 4}
    assert optimum(two_periods(current=current, move_usd_per_shard=900)) == 24000
    assert optimum(two_periods(current=current, move_usd_per_shard=400)) == 23200
    assert optimum(two_sites(job(current=current))) == 8000


def test_staging() -> None:
    """Staging is paid for each data center that the phase before did not use."""
    staging = {"a1": 500, "b1": 300}
    assert optimum(two_sites(job(staging_usd=staging))) == 8500
    assert optimum(two_sites(job(staging_usd=staging, current={"cheap": 1}))) == 8000
    # a1 in q1 (500), then b1 (300): 8000 + 12000 + 800
    assert optimum(two_periods(staging_usd=staging, move_usd_per_shard=0)) == 20800


def test_job_window() -> None:
    """A job that starts late pays its own periods alone."""
    assert optimum(two_periods(start="q2")) == 12000
    assert optimum(two_periods(end="q1")) == 8000


@pytest.mark.parametrize(
    ("shards", "changes", "rules"),
    [
        ((2, 2), {}, []),
        ((2, 1), {}, ["placement"]),
        ((3, 1), {}, ["offers"]),
        ((2, 2), {"unserved": ["job"]}, ["placement"]),
        ((2, 2), {"buyouts": ["nothing"]}, ["buyouts"]),
        ((2, 2), {"hubs": [{"job": "job", "period": "q1", "data_center": "a1"}]}, ["spokes"]),
        ((0, 0), {}, ["placement", "placement"]),
        ((0, 0), {"unserved": ["job"]}, ["placement"]),
    ],
)
def test_evaluate_names_what_is_broken(
    shards: tuple[int, int], changes: Data, rules: list[str]
) -> None:
    """Rows that break a rule are reported under its name, a good plan under none."""
    layout = {**layout_of({"job": shards}), **changes}
    assert [rule for rule, _ in evaluate(narrow(), layout)[0]] == rules


def test_evaluate_flow_breaches() -> None:
    """Sums that miss the shares, and rows of a void flow, are breaches of `flows`."""
    jobs = [job("one"), job("two", unserved_usd=1)]
    data = two_sites(*jobs, flows=[{"a": "one", "b": "two", "gbps": 8}])
    layout = layout_of({"one": (4, 0), "two": (0, 4)})
    assert [rule for rule, _ in evaluate(data, layout)[0]] == ["flows", "flows"]
    layout["flows"] = [flow_row("a1", "b1", 1)]
    # a1 and b1 have no link here.
    assert [rule for rule, _ in evaluate(data, layout)[0]] == ["flows"]
    layout["placements"] = layout["placements"][:1]
    layout["unserved"] = ["two"]
    assert [rule for rule, _ in evaluate(data, layout)[0]] == ["flows"]
