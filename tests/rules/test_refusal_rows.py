"""The engines' view of first refusal: when the holder is short of room, and who may be outside.

B holds the refusal and is the dear one: a shard of 10 GPUs costs 3000 USD there and 2000 at A.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.by_hand import (
    SYNC,
    Data,
    contract,
    job,
    narrow,
    offer,
    site,
    two_periods,
    two_sites,
)
from tests.rules.written import columns_of, conflict_of, conflicting_rows, least_usd, rows_of

FAMILIES = ("accepted", "short", "outside", "no room")


def refused(*jobs: Data, others: tuple[Data, ...] = (), gpus: int = 40, **columns: Any) -> Data:
    """Jobs under a first refusal of B, which has some GPUs, and further contracts."""
    rule = contract("first_refusal", name="ask", holder="B", **columns)
    data = two_sites(*jobs, contracts=(rule, *others))
    data["offers"][1]["gpus"] = gpus
    return data


def test_rows() -> None:
    """B is short of 10 GPUs when 31 of its 40 are used, and that is 4 shards of 10."""
    assert rows_of(refused(), *FAMILIES) == [
        "short[ask, dear, q1, unit 10]: - 4 short[ask, dear, q1, unit 10] + shards[job, dear] >= 0",
        "outside[ask, job]: shards[job, cheap] - 4 outside[ask, job] <= 0",
        "no room[ask, job, dear, unit 10]: - short[ask, dear, q1, unit 10] "
        "+ outside[ask, job] <= 0",
    ]


@pytest.mark.parametrize(
    ("gpus", "least"),
    [
        # with 38 GPUs left over less than 10 from 29 used GPUs on, 15 times the quantum of 2
        (38, 15),
        # 31 of 40, and 31 of 41, rounded up to an even figure: 32
        (40, 16),
        (41, 16),
        # 33 of 42, rounded up: 34
        (42, 17),
    ],
)
def test_least_load_that_leaves_no_room(gpus: int, least: int) -> None:
    """Shards of 10 and 4 load in steps of 2: "no room" is the smallest step that leaves less."""
    data = refused(job("one"), job("two", gpus=4, tags=["x"]), gpus=gpus, jobs=["y"])
    data["jobs"][0]["tags"] = ["y"]
    (row,) = rows_of(data, "short")
    column = "short[ask, dear, q1, unit 10]"
    assert row == f"{column}: - {least} {column} + 5 shards[one, dear] + 2 shards[two, dear] >= 0"


def test_unit_of_a_job_that_stays_together() -> None:
    """A job for one data center asks for all its GPUs: 41 - 40 + 1 = 2 used GPUs are too many."""
    data = refused(job(max_data_centers=1), gpus=41)
    assert rows_of(data, "short") == [
        "short[ask, dear, q1, unit 40]: - short[ask, dear, q1, unit 40] + shards[job, dear] >= 0",
    ]


def test_units_of_all_options() -> None:
    """Each option asks by its own unit, on every offer of the holder that it could use."""
    data = refused()
    data["gpu_types"].append({"name": "B200", "kw": 2})
    data["offers"].append({**data["offers"][1], "name": "new", "gpu_type": "B200"})
    data["jobs"][0]["options"] += [
        {"gpu_type": "H100", "shards": 1, "gpus_per_shard": 30},
        {"gpu_type": "B200", "shards": 2, "gpus_per_shard": 5},
    ]
    assert [row.split(":")[0] for row in rows_of(data, "no room")] == [
        "no room[ask, job, dear, unit 10]",
        "no room[ask, job, dear, unit 30]",
        "no room[ask, job, new, unit 5]",
    ]


def roomy() -> Data:
    """B also has 40 B200 at b1, which has power for 60 GPUs, and 40 H100 at b2."""
    data = two_periods()
    data["data_centers"][1]["power_mw"] = 0.06
    data["data_centers"].append(site("b2", "B"))
    data["gpu_types"].append({"name": "B200", "kw": 1})
    data["offers"] += [
        {**offer("new", "b1", 3), "gpu_type": "B200"},
        offer("far", "b2", 3),
    ]
    rule = contract("first_refusal", name="ask", holder="B", accepts_gpus=70, start="q2")
    data["contracts"] = [rule]
    return data


def test_ways_to_be_short() -> None:
    """GPUs, power or accepted GPUs may be what is missing, in any period of a job that stays."""
    # of 60 kW less than 10 is left from 6 shards on; of 70 accepted GPUs from 7 on, in q2 alone
    at_b1, at_holder = "+ shards[job, dear]", "+ shards[job, dear] + shards[job, far]"
    names = {
        "dear, q1, unit 10": (4, at_b1),
        "power of b1, q1, unit 10": (6, at_b1),
        "dear, q2, unit 10": (4, at_b1),
        "power of b1, q2, unit 10": (6, at_b1),
        "accepted, q2, unit 10": (7, at_holder),
        "far, q1, unit 10": (4, "+ shards[job, far]"),
        "far, q2, unit 10": (4, "+ shards[job, far]"),
    }
    assert rows_of(roomy(), "short") == [
        f"short[ask, {name}]: - {least} short[ask, {name}] {load} >= 0"
        for name, (least, load) in names.items()
    ]
    dear, far = list(names)[:5], [*list(names)[4:5], *list(names)[5:]]
    assert rows_of(roomy(), "no room") == [
        f"no room[ask, job, {offer}, unit 10]: "
        + " ".join(f"- short[ask, {name}]" for name in ways)
        + " + outside[ask, job] <= 0"
        for offer, ways in (("dear", dear), ("far", far))
    ]


def found_ways(data: Data, offer: str) -> set[str]:
    """What may be short in q1 for a unit of 10 GPUs on an offer, apart from the offer's name."""
    (row,) = (row for row in rows_of(data, "no room") if f", {offer}, unit" in row)
    shorts = [part.split("[ask, ")[1] for part in row.split(" - ") if "short[" in part]
    return {name.split(",")[0] for name in shorts if ", q1, " in name}


@pytest.mark.parametrize(
    ("power_mw", "accepts_gpus", "ways"),
    [
        # 80 kW are drawn at most, and 91 leave less than 10 of 100
        (0.1, 70, {"dear", "accepted"}),
        # 80 of 80 kW leave no room where the 40 H100, which draw 40, are used up
        (0.08, 70, {"dear", "accepted"}),
        # power for 30 of the 40 H100, which 4 shards would use up
        (0.03, 70, {"power of b1", "accepted"}),
        # where 4 shards use up the H100, 31 kW are drawn
        (0.04, 70, {"power of b1", "accepted"}),
        # 100 GPUs can be in use at B, by 60 kW: of 110 accepted ones 10 are left over
        (0.06, 110, {"dear", "power of b1"}),
        # 100 in use are 40 at b2 and 60 at b1, with 20 H100 among them
        (0.06, 100, {"dear", "power of b1", "accepted"}),
    ],
)
def test_ways_that_come_about(power_mw: float, accepts_gpus: int, ways: set[str]) -> None:
    """What is never short, or only where something else is, is no way to have no room."""
    data = roomy()
    data["contracts"][0].update(start="q1", accepts_gpus=accepts_gpus)
    data["data_centers"][1]["power_mw"] = power_mw
    assert found_ways(data, "dear") == ways


def test_accepted_only_where_the_offer_is_short() -> None:
    """Of 80 GPUs all are in use where 80 are accepted and used up: those of b2 are short, too."""
    data = roomy()
    data["offers"].pop(2)
    data["contracts"][0].update(start="q1", accepts_gpus=80)
    assert found_ways(data, "dear") == {"dear"}
    assert found_ways(data, "far") == {"far"}


def test_short_for_larger_units() -> None:
    """Where there is no room for 10 GPUs there is none for 20."""
    rows = rows_of(refused(job("one"), job("two", shards=2, gpus=20)), "short for larger")
    assert rows == [
        "short for larger[ask, dear, q1, unit 10]: short[ask, dear, q1, unit 10] "
        "- short[ask, dear, q1, unit 20] <= 0"
    ]


def test_listed_counts_earlier_jobs() -> None:
    """Under `listed` a job's "no room" counts the load of jobs up to itself, covered or not."""
    jobs = (job("one", shards=1), job("two", shards=1), job("three", shards=1, tags=["y"]))
    jobs[0]["tags"] = ["y"]
    rows = rows_of(refused(*jobs, gpus=10, precedence="listed", jobs=["y"]), "short")
    first, third = (f"short[ask, dear, q1, unit 10, up to {name}]" for name in ("one", "three"))
    assert rows == [
        f"{first}: - {first} + shards[one, dear] >= 0",
        f"{third}: - {third} + shards[one, dear] + shards[two, dear] + shards[three, dear] >= 0",
    ]


def test_accepted_rows() -> None:
    """Covered jobs use no more than 25 accepted GPUs at B, 2 shards, unless it is bought out."""
    data = refused(accepts_gpus=25, buyout_usd=1)
    assert rows_of(data, "accepted") == [
        "accepted[ask, q1]: - 4 bought out[ask] + shards[job, dear] <= 2",
    ]


def test_accepted_counts_covered_jobs_alone() -> None:
    """A job that is not covered takes none of the accepted GPUs, as a limit and as an excuse."""
    data = refused(job("one", tags=["y"]), job("two"), accepts_gpus=20, jobs=["y"])
    assert rows_of(data, "accepted") == ["accepted[ask, q1]: shards[one, dear] <= 2"]
    # less than 10 of 20 left from 2 shards on
    short = "short[ask, accepted, q1, unit 10]"
    assert f"{short}: - 2 {short} + shards[one, dear] >= 0" in rows_of(data, "short")


def test_excuses() -> None:
    """A contract that bars B excuses, unless it is bought out."""
    firm = contract("exclusivity", providers=["A"])
    assert rows_of(refused(others=(firm,)), "no room") == []
    soft = contract("exclusivity", name="soft", providers=["A"], buyout_usd=1)
    other = contract("dedicated", name="taken", data_centers=["b1"], jobs=["x"], buyout_usd=1)
    rows = rows_of(refused(others=(soft, other), buyout_usd=1), "no room")
    assert rows == [
        "no room[ask, job, dear, unit 10]: - bought out[ask] + bought out[soft] "
        "+ bought out[taken] - short[ask, dear, q1, unit 10] + outside[ask, job] <= 2",
    ]


def test_units_of_large_shards() -> None:
    """Units that differ in their seventh digit alone have rows of different names."""
    data = refused(gpus=9_000_000)
    option = {"gpu_type": "H100", "shards": 1}
    data["jobs"][0]["options"] = [{**option, "gpus_per_shard": n} for n in (1234567, 1234568)]
    assert [row.split(":")[0] for row in rows_of(data, "short")] == [
        "short[ask, dear, q1, unit 1234567]",
        "short[ask, dear, q1, unit 1234568]",
    ]


def test_no_room_even_in_an_empty_plan() -> None:
    """An offer that never has room for a unit needs no row."""
    assert rows_of(refused(gpus=9), "short", "no room") == []
    assert rows_of(refused(accepts_gpus=9), "no room") == []
    data = refused()
    data["data_centers"][1]["power_mw"] = 0.009
    assert rows_of(data, "no room") == []


def test_own_lists_are_not_asked() -> None:
    """B is not asked where the job may not be there, or is not covered, or not in the window."""
    assert rows_of(refused(job(providers=["A"])), "no room", "short") == []
    assert rows_of(refused(jobs=["y"]), *FAMILIES) == []
    data = two_periods(move_usd_per_shard=0)
    data["contracts"] = [contract("first_refusal", name="ask", holder="B", start="q2")]
    assert [row.split(":")[0] for row in rows_of(data, *FAMILIES)] == [
        "short[ask, dear, q2, unit 10]",
        "outside[ask, job, q2]",
        "no room[ask, job, q2, dear, unit 10]",
    ]


def test_absent() -> None:
    """Without the contract there is none of its rows or columns."""
    assert rows_of(two_sites(), *FAMILIES) == []
    assert columns_of(two_sites(), "short", "outside") == {}


def test_binds() -> None:
    """B has room for all 4 shards, so there they are: 12000 instead of 8000 USD, or a buyout."""
    assert least_usd(refused()) == 12000
    assert least_usd(refused(buyout_usd=3999)) == 11999
    assert least_usd(refused(buyout_usd=4001)) == 12000
    assert least_usd(refused(jobs=["y"])) == 8000


def test_accepted_is_named() -> None:
    """B accepts 1 shard of 4, and A has room for 2."""
    data = narrow()
    rule = contract("first_refusal", name="ask", holder="B", accepts_gpus=19)
    assert "accepted[ask, q1]" in conflicting_rows({**data, "contracts": [rule]})


def test_no_room_is_named() -> None:
    """A job that may not split must be at A, and B has room for a shard: there is no plan."""
    data = refused(job(sync=SYNC), gpus=20)
    assert conflict_of(data) >= {"short", "outside", "no room"}
    assert least_usd(data) is None
    assert least_usd({**data, "contracts": []}) == 8000
