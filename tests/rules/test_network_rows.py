"""The engines' view of rules 5 to 8: spokes, flows, links, uplinks, transfer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.by_hand import LINK, SYNC, job, linked, narrow, site, two_sites
from tests.rules.toys import apart, split_twice
from tests.rules.written import columns_of, conflict_of, conflicting_rows, least_usd, rows_of

SPOKES = ("one hub", "hub or spoke", "spokes end at the hub", "hub has room")


def test_spoke_rows() -> None:
    """A served job has one hub; each data center is the hub or has a spoke that ends at it."""
    # a1 holds 2 of 4 shards: as the hub it needs a spoke from where the other 2 are.
    assert rows_of(linked(), *SPOKES) == [
        "one hub[job]: - on[job] + hub[job, a1] + hub[job, b1] = 0",
        "hub or spoke[job, a1]: - used[job, a1] + hub[job, a1] + spoke[job, a1, b1] = 0",
        "hub or spoke[job, b1]: - used[job, b1] + hub[job, b1] + spoke[job, b1, a1] = 0",
        "spokes end at the hub[job, a1, b1]: - hub[job, b1] + spoke[job, a1, b1] <= 0",
        "spokes end at the hub[job, b1, a1]: - hub[job, a1] + spoke[job, b1, a1] <= 0",
        "hub has room[job, a1]: - 2 hub[job, a1] + 2 spoke[job, b1, a1] >= 0",
    ]


def test_spokes_bind() -> None:
    """Without a link the job may not split, and all of it goes to b1; other jobs may."""
    assert least_usd(narrow(job(sync=SYNC))) == 12000
    assert least_usd(narrow(job())) == 10000


def test_spokes_are_absent() -> None:
    """A job that does not synchronize, or keeps to one data center, has no hub."""
    network = {"links": [LINK]}
    assert rows_of(narrow(job(), network=network), *SPOKES) == []
    assert rows_of(narrow(job(sync=SYNC, max_data_centers=1), network=network), *SPOKES) == []


@pytest.mark.parametrize(("max_rtt_ms", "there"), [(100, True), (99.99, False), (None, True)])
def test_spokes_within_the_round_trip(max_rtt_ms: float | None, there: bool) -> None:
    """A spoke over 100 ms is there up to a `max_rtt_ms` of exactly that."""
    spokes = {"spoke[job, a1, b1]": (0, 1), "spoke[job, b1, a1]": (0, 1)}
    found = columns_of(linked(max_rtt_ms=max_rtt_ms), "spoke")
    assert found == (spokes if there else {})


def test_spokes_to_one_hub_only() -> None:
    """Where a and c talk to b alone, b is the hub of a job on all three."""
    data = linked()
    data["data_centers"].append(site("c1", "B"))
    data["offers"].append({**data["offers"][1], "name": "third", "data_center": "c1"})
    data["network"]["links"].append({**LINK, "a": "c1"})
    for row in data["offers"]:
        row["gpus"] = 19 if row["name"] != "third" else 20
    assert columns_of(data, "spoke").keys() == {
        f"spoke[job, {pair}]" for pair in ("a1, b1", "b1, a1", "b1, c1", "c1, b1")
    }
    # 2000 + 3000 + 2 * 3000, and two spokes as in test_stall_rows, each with its egress:
    # 2.1 / 12.1 * 4000 + 2 * 7200 / 12.1
    assert least_usd(data) == round(11000 + (8400 + 14400) / 12.1, 2)


def test_spokes_are_named() -> None:
    """20 GPUs at either site hold half of a job that may not split."""
    data = narrow(job(sync=SYNC))
    data["offers"][1]["gpus"] = 20
    assert "one hub" in conflict_of(data)
    assert conflict_of(data) & {"hub or spoke", "hub has room"}


def test_flow_rows() -> None:
    """From and to each data center runs at most the job's share there; together it is all."""
    rows = rows_of(apart(), "flow runs", "flow from", "flow to")
    assert [row for row in rows if not row.endswith(": 0 <= 0")] == [
        "flow runs[one, two, q1]: - on[one] - on[two] + flow[one, two, q1, a1, b1] >= -1",
        "flow from[one, two, q1, a1]: - 0.5 shards[one, cheap] + flow[one, two, q1, a1, b1] <= 0",
        "flow to[one, two, q1, b1]: - 0.5 shards[two, dear] + flow[one, two, q1, a1, b1] <= 0",
    ]


def test_flows_there_and_back() -> None:
    """Two flows between the same jobs, one each way, each have rows and egress of their own."""
    data = apart()
    data["flows"].append({"a": "two", "b": "one", "gbps": 1})
    names = [row.split(":")[0] for row in rows_of(data, "flow from", "flow to")]
    assert len(set(names)) == len(names) == 8
    # The second has 1 Gbit/s of the first one's 8: 450 USD.
    assert least_usd(data) == 14050


def test_flows_inside_a_data_center() -> None:
    """Replicas in the same data center need no link, and load none."""
    data = apart()
    for row in data["jobs"]:
        row["data_centers"] = ["a1"]
    assert columns_of(data, "flow") == {"flow[one, two, q1, a1, a1]": (0, 1)}
    # 4 shards at a1, no egress
    assert least_usd(data) == 8000


def test_flows_bind() -> None:
    """Jobs apart pay the egress of all of the flow: 8 * 450 GB/h * 100 h * 0.01 USD = 3600."""
    # 2 * 2000 + 2 * 3000 = 10000 without the flow
    assert least_usd(apart()) == 13600
    assert least_usd({**apart(), "flows": []}) == 10000


def test_flows_of_a_job_not_served() -> None:
    """Where one job is left for 500 USD there is no flow: 2 * 3000 + 500."""
    data = apart()
    data["jobs"][0]["unserved_usd"] = 500
    assert least_usd(data) == 6500


def test_flows_are_absent() -> None:
    """Without flows there is no row of any."""
    assert rows_of({**apart(), "flows": []}, "flow runs", "flow from", "flow to") == []


def test_flows_are_named() -> None:
    """Jobs in data centers that cannot talk cannot have a flow."""
    assert "flow runs[one, two, q1]" in conflicting_rows({**apart(), "network": {}})


def test_link_rows() -> None:
    """A pair's link carries spokes of either direction, and both directions of a flow."""
    assert rows_of(linked(), "links") == [
        "links[a1, b1, q1]: 8 spoke[job, a1, b1] + 8 spoke[job, b1, a1] <= 10",
    ]
    data = apart()
    for row in data["jobs"]:
        row["data_centers"] = None
    assert rows_of(data, "links") == [
        "links[a1, b1, q1]: 8 flow[one, two, q1, a1, b1] + 8 flow[one, two, q1, b1, a1] <= 10",
    ]


def test_uplink_rows() -> None:
    """An uplink carries all that touches its data center, whole at both ends."""
    data = linked()
    for row in data["data_centers"]:
        row["uplink_gbps"] = 9
    left = "8 spoke[job, a1, b1] + 8 spoke[job, b1, a1] <= 9"
    assert rows_of(data, "uplinks") == [f"uplinks[a1, q1]: {left}", f"uplinks[b1, q1]: {left}"]


def test_transfer_rows() -> None:
    """A spoke moves 2 * 3.6 / 12.1 TB/h * 100 h, a flow of 8 Gbit/s 8 * 0.45 TB/h * 100 h."""
    data = linked()
    data["data_centers"][0]["transfer_tb"] = 60
    assert rows_of(data, "transfer") == [
        "transfer[a1, q1]: 59.5041322 spoke[job, a1, b1] + 59.5041322 spoke[job, b1, a1] <= 60",
    ]
    data = apart()
    data["data_centers"][1]["transfer_tb"] = 400
    assert rows_of(data, "transfer") == ["transfer[b1, q1]: 360 flow[one, two, q1, a1, b1] <= 400"]


LIMITS = [
    # Two spokes of 8 Gbit/s fit 16 and not 15.9; two move 2 * 59.504 = 119.008 TB.
    ("links", "gbps", 16, 15.9),
    ("uplinks", "uplink_gbps", 16, 15.9),
    ("transfer", "transfer_tb", 119.01, 119),
]


def limited(rule: str, column: str, limit: float, **changes: Any) -> dict[str, Any]:
    """Two jobs that both want to split, under one limit of the network."""
    data = split_twice({"gbps": 99} if rule != "links" else {"gbps": limit}, **changes)
    if rule != "links":
        data["data_centers"][0][column] = limit
    return data


@pytest.mark.parametrize(("rule", "column", "enough", "short"), LIMITS)
def test_limits_bind(rule: str, column: str, enough: float, short: float) -> None:
    """Where one spoke alone fits, one of two jobs gives up its 2 shards at a1."""
    # 2 * (2 * 2000 + 2 * 3000) = 20000; one job at b1 alone costs 2000 more
    assert least_usd(limited(rule, column, enough)) == 20000
    assert least_usd(limited(rule, column, short)) == 22000


@pytest.mark.parametrize(("rule", "column", "enough", "short"), LIMITS)
def test_limits_are_named(rule: str, column: str, enough: float, short: float) -> None:
    """Where neither job fits b1 alone, the limit stands in the way of both spokes."""
    place = "a1, b1" if rule == "links" else "a1"
    assert f"{rule}[{place}, q1]" in conflicting_rows(limited(rule, column, short, gpus=20))
    assert least_usd(limited(rule, column, enough, gpus=20)) == 20000


def test_limits_are_absent() -> None:
    """A pair that cannot talk has no link, and a limit that is not given no row."""
    assert rows_of(narrow(job(sync=SYNC)), "links", "uplinks", "transfer") == []
    assert rows_of(linked(), "uplinks", "transfer") == []
    assert rows_of(two_sites(), "links", "uplinks", "transfer") == []
