"""The oracle against optima derived by hand: every contract type, first refusal above all.

The instances are those of `tests/oracle/by_hand.py`: a shard costs 2000 USD at a1, 3000 at b1.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle import best_layout, evaluate, optimum, refusal_remarks
from tests.oracle.by_hand import (
    Data,
    contract,
    job,
    layout_of,
    narrow,
    offer,
    two_periods,
    two_sites,
)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (contract("exclusivity", providers=["B"]), 12000),
        (contract("exclusivity", data_centers=["b1"], buyout_usd=3000), 11000),
        (contract("exclusivity", regions=["east"]), 8000),
        (contract("dedicated", data_centers=["a1"], jobs=["other"]), 12000),
        (contract("dedicated", data_centers=["a1"]), 8000),
        # k shards at B: 8000 + 1000 k + max(0, 3000 - 3000 k)
        (contract("commitment", provider="B", usd=3000), 9000),
        # a shard at B costs 1000 more than one at A, the shortfall only 200
        (contract("commitment", provider="B", usd=200), 8200),
        # 12000 - 0.5 * (12000 - 3000)
        (
            contract("volume_discount", provider="B", tiers=[{"above_usd": 3000, "discount": 0.5}]),
            7500,
        ),
        # 12000 - 0.1 * 3000 - 0.75 * 6000
        (
            contract(
                "volume_discount",
                provider="B",
                tiers=[{"above_usd": 3000, "discount": 0.1}, {"above_usd": 6000, "discount": 0.75}],
            ),
            7200,
        ),
        # the threshold is reached exactly: 12000 * 0.6
        (
            contract(
                "volume_discount",
                provider="B",
                mode="all_units",
                tiers=[{"above_usd": 3000, "discount": 0.1}, {"above_usd": 12000, "discount": 0.4}],
            ),
            7200,
        ),
        # 2 shards at A cost 4000, 3 cost 6000
        (contract("spend_cap", providers=["A"], usd=5999), 10000),
        (contract("spend_cap", providers=["A"], usd=6000), 9000),
        (contract("share", providers=["A"], max=0.5), 10000),
        (contract("share", data_centers=["b1"], min=0.25), 9000),
        (contract("share", data_centers=["b1"], min=0.26), 10000),
        (contract("count", of="provider", min=2), 9000),
        (contract("count", of="data_center", max=0), None),
        # 1 to 3 shards at A are 1000 to 3000 GPU-hours
        (contract("minimum_use", data_centers=["b1"], gpu_hours=3500), 8000),
    ],
)
def test_contract(row: Data, expected: int | None) -> None:
    """Each contract alone, on the job of 4 shards at 2000 or 3000 USD each."""
    assert optimum(two_sites(contracts=(row,))) == expected


def test_count_keeps_a_job_together() -> None:
    """At most one data center, where only b1 has room for all."""
    assert optimum(narrow(contracts=(contract("count", of="data_center", max=1),))) == 12000


def test_minimum_use_keeps_out() -> None:
    """2 shards at a1 are 2000 GPU-hours, less than the minimum, so none goes there."""
    rule = contract("minimum_use", providers=["A"], gpu_hours=2001)
    assert optimum(narrow(contracts=(rule,))) == 12000


def test_separation() -> None:
    """Two jobs of 2 shards may not share a site."""
    jobs = [job(name, shards=2) for name in ("one", "two")]
    assert optimum(two_sites(*jobs)) == 8000
    rule = contract("separation", within="data_center")
    assert optimum(two_sites(*jobs, contracts=(rule,))) == 10000


def test_contract_window() -> None:
    """Spend counts in the window alone; exclusivity holds for phases that touch it."""
    late = {"start": "q2", "end": "q2"}
    data = two_periods()
    data["contracts"] = [contract("exclusivity", providers=["A"], **late)]
    assert optimum(data) == 24000
    assert {row["offer"] for row in best_layout(data)["placements"]} == {"cheap"}
    # Movable, a1 at 2 in q1, and in q2 the cap of 7999 at b1 leaves 2 shards of 3000 there:
    # 8000 + 2 * 3000 + 2 * 4000
    data = two_periods(move_usd_per_shard=0)
    data["contracts"] = [contract("spend_cap", providers=["B"], usd=7999, **late)]
    assert optimum(data) == 22000


def refusal(**columns: Any) -> Data:
    """First refusal of provider B, the dear one."""
    return contract("first_refusal", holder="B", **columns)


def test_refusal_fills_the_holder() -> None:
    """Shards leave only when what is left over is less than one more."""
    data = two_sites(contracts=(refusal(),))
    assert optimum(data) == 12000
    # 35 GPUs: 3 shards in, 5 left over < 10, so the fourth may leave.
    data["offers"][1]["gpus"] = 35
    assert optimum(data) == 11000


def test_refusal_unit_of_an_undivided_job() -> None:
    """A job that keeps to one data center is asked as a whole: 40 do not fit in 35."""
    data = two_sites(job(max_data_centers=1), contracts=(refusal(),))
    data["offers"][1]["gpus"] = 35
    assert optimum(data) == 8000


def test_refusal_power_and_acceptance_excuse() -> None:
    """Power left over, or accepted GPUs left over, less than a shard excuse the rest."""
    data = two_sites(contracts=(refusal(),))
    data["data_centers"][1]["power_mw"] = 0.029
    assert optimum(data) == 10000
    assert optimum(two_sites(contracts=(refusal(accepts_gpus=15),))) == 9000
    assert optimum(two_sites(contracts=(refusal(accepts_gpus=10),))) == 9000


def test_refusal_asks_for_every_option() -> None:
    """A cheaper GPU that the holder does not sell is no way around it."""
    data = two_sites(contracts=(refusal(),))
    data["gpu_types"].append({"name": "B200", "kw": 1})
    data["offers"].append({**offer("new", "a1", 1), "gpu_type": "B200"})
    data["jobs"][0]["options"].append({"gpu_type": "B200", "shards": 4, "gpus_per_shard": 10})
    assert optimum(data) == 12000


def test_refusal_yields_to_binding_contracts() -> None:
    """Exclusivity and dedication excuse, but not once they are bought out."""
    exclusive = contract("exclusivity", providers=["A"])
    assert optimum(two_sites(contracts=(refusal(), exclusive))) == 8000
    reserved = contract("dedicated", data_centers=["b1"], jobs=["other"])
    assert optimum(two_sites(contracts=(refusal(), reserved))) == 8000
    data = two_sites(contracts=(refusal(), {**reserved, "buyout_usd": 5}))
    layout = {**layout_of({"job": (4, 0)}), "buyouts": ["dedicated"]}
    assert [rule for rule, _ in evaluate(data, layout)[0]] == ["first_refusal"]


def test_refusal_precedence() -> None:
    """Parking a later job at the holder excuses under `none`, not under `listed`."""
    jobs = [job("large", shards=1, gpus=40, tags=["x"]), job("small", shards=1, gpus=10)]
    # none: small at B 3000, large at A 8000; listed: large at B 12000, small at A 2000.
    data = two_sites(*jobs, contracts=(refusal(jobs=["x"]),))
    assert optimum(data) == 11000
    assert refusal_remarks(data, best_layout(data)) == [("first_refusal", "large")]
    assert optimum(two_sites(*jobs, contracts=(refusal(jobs=["x"], precedence="listed"),))) == 14000


def test_refusal_one_full_period_excuses_the_phase() -> None:
    """A job that may not move needs room in all its periods, in the window or not."""
    data = two_periods()
    data["offers"][1]["gpus"] = [40, 9]
    data["offers"][0]["usd_per_gpu_hour"] = 2
    data["contracts"] = [refusal(end="q1")]
    assert optimum(data) == 16000
    # Movable, q1 is a phase of its own, and B has room: 12000 + 8000.
    data["jobs"][0]["move_usd_per_shard"] = 0
    assert optimum(data) == 20000
