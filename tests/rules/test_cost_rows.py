"""The engines' view of the cost lines: what each column costs, and the rows that hold it."""

from __future__ import annotations

import pytest

from gpualloc.rules import COST_LINES
from tests.oracle.by_hand import SYNC, contract, job, linked, two_sites
from tests.rules.toys import apart, roaming
from tests.rules.written import columns_of, costs_of, least_usd, placed, rows_of


def test_only_compute() -> None:
    """A plain instance pays for GPUs alone: 10 GPUs * 100 h at 2 and 3 USD for a shard."""
    lines = {line: costs_of(two_sites(), line) for line in COST_LINES}
    assert lines.pop("compute") == {"shards[job, cheap]": 2000, "shards[job, dear]": 3000}
    assert set(map(len, lines.values())) == {0}


def test_compute_over_periods() -> None:
    """A job that stays pays each period's price: 10 * (2 + 4) * 100 at a1."""
    data = roaming()
    del data["jobs"][0]["move_usd_per_shard"]
    assert costs_of(data, "compute") == {"shards[job, cheap]": 6000, "shards[job, dear]": 6000}


def test_fixed_rows() -> None:
    """An offer with a fee is opened for any shard of any job; others have no row."""
    data = two_sites(job("one"), job("two", shards=1))
    data["offers"][0]["fixed_usd"] = 500
    assert rows_of(data, "opened") == [
        "opened[one, cheap]: - opened[cheap] + used[one, a1] <= 0",
        "opened[two, cheap]: - opened[cheap] + used[two, a1] <= 0",
    ]
    assert costs_of(data, "fixed") == {"opened[cheap]": 500}
    assert rows_of(two_sites(), "opened") == []


def test_fixed_rows_beside_another_offer() -> None:
    """Where a data center has a second offer of the type, the shards tell which one is opened."""
    data = two_sites(job("one"))
    data["offers"][0]["fixed_usd"] = 500
    data["offers"].append({**data["offers"][0], "name": "other", "fixed_usd": 0})
    # All 4 shards of the job fit into either offer, so each opens a quarter of it.
    assert rows_of(data, "opened") == [
        "opened[one, cheap]: - opened[cheap] + 0.25 shards[one, cheap] <= 0",
    ]


def test_fixed_room_rows() -> None:
    """All jobs together use what an offer has, as far as there is power for it, if it is opened."""
    data = two_sites(job("one"), job("two", gpus=5))
    data["offers"][0]["fixed_usd"] = 500
    loads = "+ 2 shards[one, cheap] + shards[two, cheap] <= 0"
    assert rows_of(data, "opened room") == [f"opened room[cheap, q1]: - 8 opened[cheap] {loads}"]
    # 32 kW are enough for 6 times 5 GPUs
    data["data_centers"][0]["power_mw"] = 0.032
    assert rows_of(data, "opened room") == [f"opened room[cheap, q1]: - 6 opened[cheap] {loads}"]


@pytest.mark.parametrize(("fixed_usd", "expected"), [(3999, 11999), (4001, 12000)])
def test_fixed_binds(fixed_usd: float, expected: float) -> None:
    """A fee of just less than the 4000 USD that a1 saves is paid, and one of more is not."""
    data = two_sites()
    data["offers"][0]["fixed_usd"] = fixed_usd
    assert least_usd(data) == expected


def test_fixed_is_paid_once() -> None:
    """Two jobs share one fee: 8 * 2000 + 500, where a1 has 80 GPUs."""
    data = two_sites(job("one"), job("two"))
    data["offers"][0].update(fixed_usd=500, gpus=80)
    assert least_usd(data) == 16500


def test_energy_costs() -> None:
    """A shard draws 10 * 1 kW * 1.15 over 100 h, 1.15 MWh at 50 USD."""
    data = two_sites()
    data["data_centers"][0].update(pue=1.15, usd_per_mwh=50)
    assert costs_of(data, "energy") == {"shards[job, cheap]": pytest.approx(57.5)}


@pytest.mark.parametrize(("usd_per_mwh", "expected"), [(900, 11600), (1100, 12000)])
def test_energy_binds(usd_per_mwh: float, expected: float) -> None:
    """Energy of a shard at a1, 1 MWh, outweighs the 1000 USD saved there from 1000 USD on."""
    # 4 * (2000 + 900)
    data = two_sites()
    data["data_centers"][0]["usd_per_mwh"] = usd_per_mwh
    assert least_usd(data) == expected


def test_egress_costs() -> None:
    """A spoke moves 7200 / 12.1 GB/h for 100 h, a flow 3600 GB/h, at 0.01 USD per GB."""
    spokes = costs_of(linked(), "egress")
    assert spokes == {
        "spoke[job, a1, b1]": pytest.approx(7200 / 12.1),
        "spoke[job, b1, a1]": pytest.approx(7200 / 12.1),
    }
    assert costs_of(apart(), "egress") == {"flow[one, two, q1, a1, b1]": 3600}


def test_egress_binds() -> None:
    """The split saves 2000 USD; at 0.04 USD per GB its egress is 2380 and it does not pay."""
    free = {**SYNC, "usd_per_gpu_hour": 0}
    assert least_usd(linked({"usd_per_gb": 0}, sync=free)) == 10000
    assert least_usd(linked({"usd_per_gb": 0.03}, sync=free)) == round(10000 + 21600 / 12.1, 2)
    assert least_usd(linked({"usd_per_gb": 0.04}, sync=free)) == 12000


def test_egress_is_absent() -> None:
    """Data moves free of charge where the link has no price."""
    assert costs_of(linked({"usd_per_gb": 0}), "egress") == {}


def test_stall_rows() -> None:
    """The exchange takes 16 / 8 + 0.1 s, so 2.1 / 12.1 of 40 GPUs * 100 h at 1 USD are lost."""
    assert rows_of(linked(), "stall") == [
        "stall[job, a1, b1]: - 0.173553719 spoke[job, a1, b1] + stalled fraction[job, b1] >= 0",
        "stall[job, b1, a1]: - 0.173553719 spoke[job, b1, a1] + stalled fraction[job, a1] >= 0",
    ]
    worth = {"stalled fraction[job, a1]": 4000, "stalled fraction[job, b1]": 4000}
    assert costs_of(linked(), "stall") == worth
    assert costs_of({**linked(), "sync_weight": 0.5}, "stall") == {
        column: usd / 2 for column, usd in worth.items()
    }


def test_stall_binds() -> None:
    """The split saves 2000 USD; at 3 USD a GPU-hour the stall is 2083 and it does not pay."""
    # 4000 GPU-hours * 2.1 / 12.1 = 694.21 USD at 1 USD
    cheap, dear = SYNC, {**SYNC, "usd_per_gpu_hour": 3}
    assert least_usd(linked({"usd_per_gb": 0}, sync=cheap)) == 10694.21
    assert least_usd(linked({"usd_per_gb": 0}, sync=dear)) == 12000


def test_overlap_hides_the_exchange() -> None:
    """Of 2.1 s of exchange 1.1 are hidden: 1 / 11 of the time stalls, 7200 / 11 GB/h move."""
    data = linked(sync={**SYNC, "overlap_s": 1.1})
    assert "stall[job, a1, b1]: - 0.0909090909 spoke" in rows_of(data, "stall")[0]
    assert costs_of(data, "egress")["spoke[job, a1, b1]"] == pytest.approx(7200 / 11)
    # all of it hidden: no stall, 720 GB/h * 100 h * 0.01 USD
    assert least_usd(linked(sync={**SYNC, "overlap_s": 2.2})) == 10720


def test_stall_is_absent() -> None:
    """Nothing stalls where an idle GPU-hour is worth nothing, or for one data center."""
    assert rows_of(linked(sync={**SYNC, "usd_per_gpu_hour": 0}), "stall") == []
    assert rows_of({**linked(), "sync_weight": 0}, "stall") == []
    assert rows_of(linked(max_data_centers=1), "stall") == []


def test_latency_costs() -> None:
    """All of a flow over 100 ms for 100 h at 0.5 USD per ms and hour: 5000 USD."""
    data = apart(usd_per_ms_hour=0.5)
    assert costs_of(data, "latency") == {"flow[one, two, q1, a1, b1]": 5000}
    assert costs_of({**data, "sync_weight": 2}, "latency") == {"flow[one, two, q1, a1, b1]": 10000}
    assert costs_of(apart(), "latency") == {}


@pytest.mark.parametrize(("usd_per_ms_hour", "apart_"), [(0.19, True), (0.21, False)])
def test_latency_binds(usd_per_ms_hour: float, apart_: bool) -> None:
    """Job two, bound to b1, draws job one after it from 2000 USD saved at a1 on."""
    # over 100 ms and 100 h: 1900 and 2100 USD; no egress
    data = apart({"usd_per_gb": 0}, usd_per_ms_hour=usd_per_ms_hour)
    data["jobs"][0]["data_centers"] = None
    assert placed(data)["one"] == ({"cheap": 2} if apart_ else {"dear": 2})


def test_move_rows() -> None:
    """A shard on an offer that had none in the phase before has moved."""
    assert rows_of(roaming(), "moved") == [
        f"moved[job, q2, {offer}]: shards[job, q1, {offer}] - shards[job, q2, {offer}] "
        f"+ moved[job, q2, {offer}] >= 0"
        for offer in ("cheap", "dear")
    ]
    assert costs_of(roaming(), "moves") == {
        "moved[job, q2, cheap]": 100,
        "moved[job, q2, dear]": 100,
    }


def test_move_rows_of_current() -> None:
    """`current` is the phase before the first: what it holds of an offer moves free of charge."""
    assert rows_of(roaming(current={"dear": 1}), "moved")[:2] == [
        "moved[job, q1, cheap]: - shards[job, q1, cheap] + moved[job, q1, cheap] >= 0",
        "moved[job, q1, dear]: on[job] - shards[job, q1, dear] + moved[job, q1, dear] >= 0",
    ]


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        # 2000 at a1, a move, 3000 at b1; or 2000 + 4000, or 3000 + 3000, without a move.
        (100, 5100),
        (1001, 6000),
    ],
)
def test_moves_bind(usd: float, expected: float) -> None:
    """A job follows the price as long as the move costs less than the 1000 USD saved."""
    data = roaming()
    data["jobs"][0]["move_usd_per_shard"] = usd
    assert least_usd(data) == expected


def test_moves_are_absent() -> None:
    """A job that may not move, or moves free of charge, has no row."""
    data = roaming()
    data["jobs"][0]["move_usd_per_shard"] = 0
    assert rows_of(data, "moved") == []
    del data["jobs"][0]["move_usd_per_shard"]
    assert rows_of(data, "moved") == []


def test_staging_rows() -> None:
    """A data center is staged when first used, and again after a phase without it."""
    data = roaming(staging_usd={"a1": 50, "b1": 70})
    assert rows_of(data, "staged") == [
        f"staged[job, q2, {site}]: used[job, q1, {site}] - used[job, q2, {site}] "
        f"+ staged[job, q2, {site}] >= 0"
        for site in ("a1", "b1")
    ]
    assert costs_of(data, "staging") == {
        "used[job, q1, a1]": 50,
        "used[job, q1, b1]": 70,
        "staged[job, q2, a1]": 50,
        "staged[job, q2, b1]": 70,
    }


def test_staging_of_current() -> None:
    """The data is already where `current` has shards."""
    data = two_sites(job(staging_usd={"a1": 50, "b1": 70}, current={"dear": 4}))
    assert costs_of(data, "staging") == {"used[job, a1]": 50}


@pytest.mark.parametrize(("usd", "expected"), [(3999, 11999), (4001, 12000)])
def test_staging_binds(usd: float, expected: float) -> None:
    """The data is brought to a1 for just less than the 4000 USD saved there."""
    assert least_usd(two_sites(job(staging_usd={"a1": usd}))) == expected


def test_staging_is_absent() -> None:
    """Without a price there is nothing to stage."""
    assert costs_of(roaming(), "staging") == {}
    assert columns_of(roaming(), "staged") == {}


def test_buyout_costs() -> None:
    """A contract that can be bought out has a column for it at its price; others have none."""
    rows = (
        contract("exclusivity", name="dear", providers=["B"], buyout_usd=300),
        contract("exclusivity", name="firm", regions=["east"]),
    )
    data = two_sites(contracts=rows)
    assert columns_of(data, "bought out") == {"bought out[dear]": (0, 1)}
    assert costs_of(data, "buyouts") == {"bought out[dear]": 300}
    assert columns_of(two_sites(), "bought out") == {}


@pytest.mark.parametrize(("usd", "expected"), [(3999, 11999), (4001, 12000)])
def test_buyouts_bind(usd: float, expected: float) -> None:
    """Exclusivity at b1 is left for just less than the 4000 USD that a1 saves."""
    rule = contract("exclusivity", providers=["B"], buyout_usd=usd)
    assert least_usd(two_sites(contracts=(rule,))) == expected
