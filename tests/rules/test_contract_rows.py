"""The engines' view of contracts that bind: their rows, what they change, and how they are named.

The job has 4 shards of 10 GPUs, 2000 USD each at a1 and 3000 at b1: 8000 USD without a contract.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.by_hand import Data, contract, job, narrow, two_periods, two_sites
from tests.rules.toys import bound_by, crowded
from tests.rules.written import columns_of, conflicting_rows, least_usd, rows_of, written

FAMILIES: dict[str, tuple[str, ...]] = {
    "exclusivity": ("exclusivity",),
    "dedicated": ("dedicated",),
    "spend_cap": ("spend_cap",),
    "share": ("share at least", "share at most"),
    "count": ("count at least", "count at most", "counted is used", "used is counted"),
    "minimum_use": ("minimum_use", "use begins"),
    "separation": ("separation", "at provider"),
}
"""The rows of each contract type."""


def test_exclusivity_rows() -> None:
    """Shards outside the named places are none, or as many as the job has after a buyout."""
    assert rows_of(bound_by("exclusivity", providers=["B"]), "exclusivity") == [
        "exclusivity[exclusivity, job]: shards[job, cheap] <= 0",
    ]
    assert rows_of(bound_by("exclusivity", data_centers=["a1"], buyout_usd=1), "exclusivity") == [
        "exclusivity[exclusivity, job]: - 4 bought out[exclusivity] + shards[job, dear] <= 0",
    ]
    assert rows_of(bound_by("exclusivity", regions=["east"]), "exclusivity") == []


def test_dedicated_rows() -> None:
    """Jobs that are not covered place nothing in the named data centers."""
    data = two_sites(
        job("mine", tags=["owner"]),
        job("yours"),
        contracts=(contract("dedicated", data_centers=["a1"], jobs=["owner"]),),
    )
    assert rows_of(data, "dedicated") == ["dedicated[dedicated, yours]: shards[yours, cheap] <= 0"]


def test_spend_cap_rows() -> None:
    """Spend counts in thousandths of the cap; bought out, all 8000 USD at A may be spent."""
    data = bound_by("spend_cap", providers=["A"], usd=5000, buyout_usd=1)
    assert rows_of(data, "spend_cap") == [
        "spend_cap[spend_cap]: - 600 bought out[spend_cap] + 400 shards[job, cheap] <= 1000",
    ]


def test_share_rows() -> None:
    """Of 4000 GPU-hours, written as 1000, a shard is 250; bounds of 0 and 1 have no row."""
    data = bound_by("share", data_centers=["b1"], min=0.25, max=0.5, buyout_usd=1)
    # 250 * (1 - 0.25), 250 * -0.25; 250 * (1 - 0.5), 250 * -0.5
    assert rows_of(data, *FAMILIES["share"]) == [
        "share at least[share]: 250 bought out[share] - 62.5 shards[job, cheap] "
        "+ 187.5 shards[job, dear] >= 0",
        "share at most[share]: - 500 bought out[share] - 125 shards[job, cheap] "
        "+ 125 shards[job, dear] <= 0",
    ]
    assert rows_of(bound_by("share", providers=["A"]), *FAMILIES["share"]) == []


def test_count_rows() -> None:
    """A place that is used is counted; one that is counted to reach the least is used."""
    assert rows_of(bound_by("count", of="provider", min=2), *FAMILIES["count"]) == [
        "count at least[count]: counted[count, A] + counted[count, B] >= 2",
        "counted is used[count, A]: counted[count, A] - used[job, a1] <= 0",
        "counted is used[count, B]: counted[count, B] - used[job, b1] <= 0",
        "used is counted[count, job, a1]: - counted[count, A] + used[job, a1] <= 0",
        "used is counted[count, job, b1]: - counted[count, B] + used[job, b1] <= 0",
    ]
    data = bound_by("count", of="data_center", max=1, buyout_usd=1)
    assert rows_of(data, *FAMILIES["count"]) == [
        "count at most[count]: - bought out[count] + counted[count, a1] + counted[count, b1] <= 1",
        "used is counted[count, job, a1]: - counted[count, a1] + used[job, a1] <= 0",
        "used is counted[count, job, b1]: - counted[count, b1] + used[job, b1] <= 0",
    ]


def test_minimum_use_rows() -> None:
    """A first shard begins the use, of which each shard, 1000 GPU-hours, is a quarter."""
    data = bound_by("minimum_use", data_centers=["b1"], gpu_hours=4000, buyout_usd=1)
    assert rows_of(data, *FAMILIES["minimum_use"]) == [
        "minimum_use[minimum_use]: bought out[minimum_use] - begun[minimum_use] "
        "+ 0.25 shards[job, dear] >= 0",
        "use begins[minimum_use, job, b1]: - begun[minimum_use] + used[job, b1] <= 0",
    ]


def test_separation_rows() -> None:
    """Of the covered jobs one is in a data center, or at a provider, at a time."""
    jobs = (job("one", shards=1, providers=["A"]), job("two", shards=1))
    rule = contract("separation", within="data_center", buyout_usd=1)
    assert rows_of(two_sites(*jobs, contracts=(rule,)), *FAMILIES["separation"]) == [
        "separation[separation, a1, q1]: - bought out[separation] + used[one, a1] "
        "+ used[two, a1] <= 1",
        "separation[separation, b1, q1]: - bought out[separation] + used[two, b1] <= 1",
    ]
    rule = contract("separation", within="provider")
    assert rows_of(two_sites(*jobs, contracts=(rule,)), *FAMILIES["separation"]) == [
        "separation[separation, A, q1]: at provider[separation, one, A] "
        "+ at provider[separation, two, A] <= 1",
        "separation[separation, B, q1]: at provider[separation, two, B] <= 1",
        "at provider[separation, one, a1]: used[one, a1] - at provider[separation, one, A] <= 0",
        "at provider[separation, two, a1]: used[two, a1] - at provider[separation, two, A] <= 0",
        "at provider[separation, two, b1]: used[two, b1] - at provider[separation, two, B] <= 0",
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (contract("exclusivity", providers=["B"]), 12000),
        (contract("exclusivity", providers=["B"], buyout_usd=5000), 12000),
        (contract("exclusivity", providers=["B"], buyout_usd=3000), 11000),
        (contract("dedicated", data_centers=["a1"], jobs=["other"]), 12000),
        (contract("dedicated", data_centers=["a1"], jobs=["other"], buyout_usd=3000), 11000),
        # 2 shards cost 4000 at A, 3 cost 6000
        (contract("spend_cap", providers=["A"], usd=5999), 10000),
        (contract("spend_cap", providers=["A"], usd=6000), 9000),
        (contract("spend_cap", providers=["A"], usd=0, buyout_usd=3000), 11000),
        # a shard is a quarter of the GPU-hours
        (contract("share", data_centers=["b1"], min=0.25), 9000),
        (contract("share", data_centers=["b1"], min=0.26), 10000),
        (contract("share", providers=["A"], max=0.5), 10000),
        (contract("share", providers=["A"], max=0, buyout_usd=3000), 11000),
        (contract("count", of="provider", min=2), 9000),
        (contract("count", of="provider", min=2, buyout_usd=900), 8900),
        (contract("count", of="data_center", max=0, buyout_usd=900), 8900),
        (contract("count", of="data_center", max=0), None),
        # 4 shards at a1 are 4000 GPU-hours
        (contract("minimum_use", providers=["A"], gpu_hours=4000), 8000),
        (contract("minimum_use", providers=["A"], gpu_hours=4001), 12000),
        (contract("minimum_use", providers=["A"], gpu_hours=4001, buyout_usd=100), 8100),
    ],
)
def test_contracts_bind(row: Data, expected: float | None) -> None:
    """Each contract alone makes the 8000 USD of one job dearer by as much as it moves, or ends."""
    assert least_usd(two_sites(contracts=(row,))) == expected


@pytest.mark.parametrize(("within", "buyout_usd"), [("data_center", None), ("provider", 1500)])
def test_separation_binds(within: str, buyout_usd: float | None) -> None:
    """Two jobs of 2 shards cost 8000 at a1; apart 2 * 2000 + 2 * 3000, or the buyout."""
    jobs = [job("one", shards=2), job("two", shards=2)]
    assert least_usd(two_sites(*jobs)) == 8000
    rule = contract("separation", within=within, buyout_usd=buyout_usd)
    assert least_usd(two_sites(*jobs, contracts=(rule,))) == (9500 if buyout_usd else 10000)


EACH: list[tuple[str, Data]] = [
    ("exclusivity", {"providers": ["B"]}),
    ("spend_cap", {"providers": ["A", "B"], "usd": 1}),
    ("share", {"providers": ["A"], "min": 0.1, "max": 0.9}),
    ("count", {"of": "data_center", "max": 1}),
    ("minimum_use", {"providers": ["A"], "gpu_hours": 9000}),
    ("separation", {"within": "data_center"}),
]


@pytest.mark.parametrize(("kind", "columns"), [*EACH, ("dedicated", {"data_centers": ["a1"]})])
def test_contracts_are_absent(kind: str, columns: Data) -> None:
    """Without the contract no row of its type is there; one that covers nobody touches no job."""
    assert rows_of(two_sites(), *FAMILIES[kind]) == []
    tags = None if kind == "dedicated" else ["other"]
    idle = bound_by(kind, **columns, jobs=tags)
    assert [row for row in rows_of(idle, *FAMILIES[kind]) if "job" in row] == []


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        *(pair for pair in EACH if pair[0] not in ("spend_cap", "share", "minimum_use")),
        ("dedicated", {"data_centers": ["a1"], "jobs": ["other"]}),
    ],
)
def test_contracts_end(kind: str, columns: Data) -> None:
    """A phase that does not touch the window is not in any row; the other one is."""
    data = two_periods(move_usd_per_shard=0)
    data["contracts"] = [contract(kind, **columns, end="q1")]
    rows = rows_of(data, *FAMILIES[kind])
    assert [row for row in rows if "[job, q2" in row or ", q2]" in row] == []
    assert [row for row in rows if "[job, q1" in row]


def test_spend_counts_in_the_window() -> None:
    """Spend and GPU-hours of a job that stays count as far as its periods are in the window."""
    data = two_periods()
    late = {"start": "q2"}
    data["contracts"] = [
        contract("spend_cap", providers=["A"], usd=1000, **late),
        contract("minimum_use", data_centers=["b1"], gpu_hours=4000, **late),
    ]
    # a1 costs 4 USD in q2: 10 * 4 * 100 h; b1 takes 1000 GPU-hours a shard
    assert rows_of(data, "spend_cap", "minimum_use") == [
        "spend_cap[spend_cap]: 4000 shards[job, cheap] <= 1000",
        "minimum_use[minimum_use]: - begun[minimum_use] + 0.25 shards[job, dear] >= 0",
    ]


def scarce(kind: str, gpus: int, data: Data | None = None, **columns: Any) -> Data:
    """One contract where b1 has some GPUs only."""
    data = data or two_sites()
    data["offers"][1]["gpus"] = gpus
    data["contracts"] = [contract(kind, **columns)]
    return data


@pytest.mark.parametrize(
    ("row", "data"),
    [
        # b1 has room for 3 of 4 shards
        ("exclusivity[exclusivity, job]", scarce("exclusivity", 30, providers=["B"])),
        (
            "dedicated[dedicated, job]",
            scarce("dedicated", 30, data_centers=["a1"], jobs=["other"]),
        ),
        # the fourth costs 2000 at A
        ("spend_cap[spend_cap]", scarce("spend_cap", 30, providers=["A"], usd=1999)),
        ("share at least[share]", scarce("share", 30, providers=["B"], min=0.8)),
        ("share at most[share]", scarce("share", 30, providers=["A"], max=0.2)),
        ("count at least[count]", scarce("count", 0, of="provider", min=2)),
        # a1 has room for 2 of 4 shards, b1 for 3
        ("count at most[count]", scarce("count", 30, narrow(), of="data_center", max=1)),
        (
            "minimum_use[minimum_use]",
            scarce("minimum_use", 30, narrow(), providers=["B"], gpu_hours=3001),
        ),
        # 40 GPUs at a1 hold both jobs, none are at b1
        (
            "separation[separation, a1, q1]",
            scarce(
                "separation",
                0,
                crowded(job("one", shards=2), job("two", shards=2)),
                within="data_center",
            ),
        ),
    ],
)
def test_contracts_are_named(row: str, data: Data) -> None:
    """A contract that leaves no plan is in every set of rows that cannot hold together."""
    assert row in conflicting_rows(data)
    assert least_usd({**data, "contracts": []}) is not None


def test_every_contract_is_bought_out_alike() -> None:
    """A contract that cannot be bought out has no column for it, in any of its rows."""
    for kind, columns in EACH:
        assert columns_of(bound_by(kind, **columns), "bought out") == {}
        firm, soft = (bound_by(kind, **columns, **more) for more in ({}, {"buyout_usd": 1}))
        assert written(firm).bought == {}
        assert list(written(soft).bought) == [kind]
