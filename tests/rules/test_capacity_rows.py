"""The engines' view of rules 1 to 4: placement, offers, power, data centers of a job."""

from __future__ import annotations

from tests.oracle.by_hand import job, narrow, two_sites
from tests.rules.toys import crowded
from tests.rules.written import columns_of, conflict_of, conflicting_rows, least_usd, rows_of


def test_placement_rows() -> None:
    """A job is served in one option, which places all its shards where data centers are used."""
    families = (
        "served",
        "place",
        "shards need a used data center",
        "a used data center has shards",
        "used by the chosen option",
    )
    # 2 of 4 shards fit the 25 GPUs of `cheap`.
    assert rows_of(narrow(job(unserved_usd=1)), *families) == [
        "served[job]: on[job] + unserved[job] = 1",
        "place[job]: - 4 on[job] + shards[job, cheap] + shards[job, dear] = 0",
        "shards need a used data center[job, cheap]: shards[job, cheap] - 2 used[job, a1] <= 0",
        "shards need a used data center[job, dear]: shards[job, dear] - 4 used[job, b1] <= 0",
        "a used data center has shards[job, a1]: - shards[job, cheap] + used[job, a1] <= 0",
        "a used data center has shards[job, b1]: - shards[job, dear] + used[job, b1] <= 0",
        "used by the chosen option[job, a1]: - on[job] + used[job, a1] <= 0",
        "used by the chosen option[job, b1]: - on[job] + used[job, b1] <= 0",
    ]


def test_placement_binds() -> None:
    """A job that may be left is left where that is cheaper than 8000 USD at a1."""
    assert least_usd(two_sites(job(unserved_usd=7999))) == 7999
    assert least_usd(two_sites(job(unserved_usd=8001))) == 8000


def test_placement_chooses_one_option() -> None:
    """Of two options one runs: 3 shards of 11 GPUs cost 6600, 4 of 10 would cost 8000."""
    two = job()
    two["options"].append({"gpu_type": "H100", "shards": 3, "gpus_per_shard": 11})
    assert rows_of(two_sites(two), "served") == [
        "served[job]: on[job] + on[job, option 1] = 1",
    ]
    assert least_usd(two_sites(two)) == 6600


def test_placement_leaves_out_what_cannot_be() -> None:
    """A job that must be served has no `unserved`, and no column where it may not be."""
    columns = columns_of(two_sites(job(providers=["B"])), "unserved", "shards", "used")
    assert columns == {"shards[job, dear]": (0, 4), "used[job, b1]": (0, 1)}


def test_placement_is_named() -> None:
    """A job that is allowed nowhere cannot place its shards."""
    data = two_sites(job(providers=["A"], data_centers=["b1"]))
    assert conflicting_rows(data) == ["served[job]", "place[job]"]


def test_offer_rows() -> None:
    """Loads are whole multiples of the shard sizes' common divisor: 25 GPUs are 12 twos."""
    data = narrow(job("one"), job("two", shards=1, gpus=4))
    assert rows_of(data, "offers") == [
        "offers[cheap, q1]: 5 shards[one, cheap] + 2 shards[two, cheap] <= 12",
        "offers[dear, q1]: 5 shards[one, dear] + 2 shards[two, dear] <= 20",
    ]


def test_offers_bind() -> None:
    """Two jobs of 8000 each at a1 share it: 4 of their 8 shards go to b1."""
    # 4 * 2000 + 4 * 3000; with 80 GPUs at a1: 8 * 2000
    assert least_usd(crowded()) == 20000
    data = crowded()
    data["offers"][0]["gpus"] = 80
    assert least_usd(data) == 16000


def test_offers_are_named() -> None:
    """8 shards of 10 find no place among 40 + 30 GPUs."""
    assert {"offers", "place"} <= conflict_of(crowded(gpus=30))
    assert "offers[dear, q1]" in conflicting_rows(crowded(gpus=30))


def test_power_rows() -> None:
    """A shard draws 10 * 1 * 1.15 kW, the quantum of all loads: 23 kW are 2 of them, as 34 are."""
    for power_mw in (0.023, 0.034):
        data = two_sites()
        data["data_centers"][0].update(power_mw=power_mw, pue=1.15)
        assert rows_of(data, "power") == ["power[a1, q1]: shards[job, cheap] <= 2"]


def test_power_of_several_types() -> None:
    """All GPU types of a data center draw on its power: 10 and 20 kW are 1 and 2 of the quantum."""
    data = two_sites()
    data["gpu_types"].append({"name": "B200", "kw": 2})
    data["offers"].append({**data["offers"][0], "name": "new", "gpu_type": "B200"})
    data["jobs"][0]["options"].append({"gpu_type": "B200", "shards": 2, "gpus_per_shard": 10})
    data["data_centers"][0]["power_mw"] = 0.075
    assert rows_of(data, "power") == [
        "power[a1, q1]: shards[job, cheap] + 2 shards[job, option 1, new] <= 7",
    ]


def test_power_binds() -> None:
    """25 kW at a1 are enough for 2 shards of 10 kW: 2 * 2000 + 2 * 3000."""
    data = two_sites()
    assert least_usd(data) == 8000
    data["data_centers"][0]["power_mw"] = 0.025
    assert least_usd(data) == 10000


def test_power_is_absent_without_a_limit() -> None:
    """A data center without a limit has no row."""
    assert rows_of(two_sites(), "power") == []


def test_power_is_named() -> None:
    """Two jobs of 40 kW each find no place in 40 + 30 kW."""
    data = crowded()
    data["offers"][0]["gpus"] = data["offers"][1]["gpus"] = 80
    data["data_centers"][0]["power_mw"], data["data_centers"][1]["power_mw"] = 0.04, 0.03
    assert {"power[a1, q1]", "power[b1, q1]"} <= set(conflicting_rows(data))


def test_spread_rows() -> None:
    """The data centers in use are counted against `max_data_centers`."""
    data = two_sites(job(max_data_centers=2))
    assert rows_of(data, "max_data_centers") == [
        "max_data_centers[job]: - 2 on[job] + used[job, a1] + used[job, b1] <= 0",
    ]


def test_spread_binds() -> None:
    """A job that keeps together goes where all 4 shards fit: 12000 instead of 10000."""
    assert least_usd(narrow()) == 10000
    assert least_usd(narrow(job(max_data_centers=1))) == 12000


def test_spread_is_absent_without_a_limit() -> None:
    """A job without `max_data_centers` has no row."""
    assert rows_of(narrow(), "max_data_centers") == []


def test_spread_is_named() -> None:
    """A job that keeps together fits neither 25 GPUs nor 30."""
    data = narrow(job(max_data_centers=1))
    data["offers"][1]["gpus"] = 30
    assert "max_data_centers[job]" in conflicting_rows(data)
