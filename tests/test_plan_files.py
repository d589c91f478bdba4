"""Plan files: what is written is read back, and faults are named by their place."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpualloc import Plan, read_plan
from gpualloc.errors import PlanFileError, UsageError
from gpualloc.layout import FlowShare
from gpualloc.plan.files import plan_from_dict
from gpualloc.plan.plan import make_no_plan
from tests.small_plan import OBJECTIVE_USD, small_instance, small_plan

KEYS = [
    "format",
    "gpualloc",
    "instance",
    "instance_sha256",
    "status",
    "stopped_by",
    "objective_usd",
    "bound_usd",
    "gap",
    "seconds",
    "engine",
    "seed",
    "placements",
    "hubs",
    "flows",
    "buyouts",
    "unserved",
    "costs",
]


def small_document(**changes: Any) -> dict[str, Any]:
    """The plan's file as a dict, with other values where they are given."""
    return {**json.loads(small_plan().to_json()), **changes}


def faults_of(**changes: Any) -> list[str]:
    """The faults of a file that is sound but for these values."""
    with pytest.raises(PlanFileError) as caught:
        plan_from_dict(small_document(**changes))
    return [str(fault) for fault in caught.value.faults]


def infeasible() -> Plan:
    """A result that proves that there is no plan."""
    return make_no_plan(
        small_instance(),
        status="infeasible",
        bound_usd=None,
        stopped_by="proof",
        seconds=0.5,
        engine="exact",
        seed=0,
    )


def with_flow(plan: Plan) -> Plan:
    """The plan with a row in its table of flows."""
    share = FlowShare("llama", "probe", "Q1", "abilene", "fairwater", 0.25)
    return replace(plan, decisions=plan.layout._replace(flows=(share,)))


def test_keys_are_those_of_the_format() -> None:
    """A plan's file has the keys of the format, in its order."""
    assert list(small_document()) == KEYS


def test_flow_rows_say_from_and_to() -> None:
    """A flow's row names its ends `from` and `to`."""
    row = json.loads(with_flow(small_plan()).to_json())["flows"][0]
    assert row == {
        "a": "llama",
        "b": "probe",
        "period": "Q1",
        "from": "abilene",
        "to": "fairwater",
        "fraction": 0.25,
    }


@pytest.mark.parametrize("name", ["plan.json", "plan.json.gz"])
@pytest.mark.parametrize("plan", [small_plan(), with_flow(small_plan()), infeasible()])
def test_round_trip(tmp_path: Path, name: str, plan: Plan) -> None:
    """A plan that is written and read is the same plan, compressed or not, found or not."""
    plan.write(tmp_path / name)
    assert read_plan(tmp_path / name) == plan


def test_reading_with_the_instance_binds_it(tmp_path: Path) -> None:
    """A plan read together with its instance tells what it uses."""
    small_plan().write(tmp_path / "plan.json")
    plan = read_plan(tmp_path / "plan.json", small_instance())
    assert plan.offer_use["used_gpus"].sum() == 2_000


def test_reading_with_another_instance_is_refused(tmp_path: Path) -> None:
    """A plan is not taken for another instance than its own."""
    small_plan().write(tmp_path / "plan.json")
    with pytest.raises(PlanFileError, match="instance_sha256"):
        read_plan(tmp_path / "plan.json", small_instance(sync_weight=2))


def test_file_is_the_same_each_time(tmp_path: Path) -> None:
    """Equal plans give equal bytes, also compressed."""
    for name in ("a.json.gz", "b.json.gz"):
        small_plan().write(tmp_path / name)
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.json.gz").read_bytes()).decode() == small_plan().to_json()


def test_writing_replaces_whole_and_leaves_nothing_beside(tmp_path: Path) -> None:
    """A new plan takes the old one's place and no other file stays behind."""
    path = tmp_path / "plan.json"
    path.write_text("old")
    small_plan().write(path)
    assert json.loads(path.read_text())["objective_usd"] == OBJECTIVE_USD
    assert [found.name for found in tmp_path.iterdir()] == ["plan.json"]


def test_other_endings_are_refused(tmp_path: Path) -> None:
    """A plan is not written to a file whose name says something else."""
    with pytest.raises(UsageError, match="json"):
        small_plan().write(tmp_path / "plan.txt")
    assert not list(tmp_path.iterdir())


def test_ascii_text_is_the_same_plan() -> None:
    """With all other characters escaped the text still holds the same plan."""
    plan = small_plan(name="Zürich \N{HEAVY BLACK HEART}\N{MOUSE}")
    text = plan.to_json(ascii_only=True)
    assert text.isascii()
    assert plan_from_dict(json.loads(text)) == plan


def test_all_faults_are_told_by_their_place() -> None:
    """Every fault of a file is told at once, in the words of the file."""
    rows = [
        {"job": "llama", "period": "Q1", "option": 0, "offer": "abilene H100", "shards": 6.5},
        {"job": "llama", "period": "Q1", "option": True, "offer": "abilene H100", "shard": 6},
        "llama",
    ]
    assert faults_of(status="good", seconds=-1, placements=rows, hubs={}, colour="red") == [
        'status: "good" is not allowed; "optimal", "feasible", "infeasible" or "unknown" is',
        "seconds: -1 is below 0; a number from 0 to 1e12 is allowed",
        "placements[0].shards: 6.5 is not a whole number; a whole number from 0 to 1e12 is allowed",
        "placements[1].option: true is not a number; a whole number from 0 to 1e12 is allowed",
        "placements[1].shards: is missing",
        'placements[1].shard: is not a column; did you mean "shards"?',
        'placements[2]: "llama" is not a row; an object with columns is',
        "hubs: an object is not a list",
        "colour: is not a column",
    ]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 2, "2 is not a known version; 1 is"),
        ("format", True, "true is not a known version; 1 is"),
        ("stopped_by", "boredom", '"boredom" is not allowed'),
        ("objective_usd", "1", '"1" is not a number'),
        ("objective_usd", float("nan"), "is not a finite number"),
        ("bound_usd", 10**400, "is not a finite number"),
        ("buyouts", [3], "3 is not a text"),
        ("unserved", None, "null is not a list"),
        ("costs", {"compute": 1, "lunch": 2}, "is not a line of the costs"),
    ],
)
def test_wrong_value_is_told(key: str, value: object, message: str) -> None:
    """A value of a wrong kind is a fault of its key, with what is allowed."""
    found = faults_of(**{key: value})
    assert any(fault.startswith(key) and message in fault for fault in found), found


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"gap": 0.5}, "gap"),
        ({"gap": None}, "gap"),
        ({"bound_usd": None}, "gap"),
        # 764,700 less 7,647 is a gap of 1 %: not optimal.
        ({"bound_usd": 757_053.0, "gap": 0.01}, "status"),
        ({"bound_usd": 800_000.0, "gap": (764_700 - 800_000) / 764_700}, "bound_usd"),
        ({"objective_usd": None, "gap": None}, "objective_usd"),
        ({"costs": None}, "costs"),
        ({"status": "infeasible"}, "placements"),
    ],
)
def test_figures_that_contradict_each_other_are_told(changes: dict[str, Any], place: str) -> None:
    """Status, objective, bound, gap and tables must agree."""
    assert any(fault.startswith(f"{place}:") for fault in faults_of(**changes))


def test_many_faults_are_counted() -> None:
    """The first hundred faults are told, the others counted."""
    found = faults_of(unserved=[3] * 250)
    assert len(found) == 101
    assert found[-1] == "and 150 more faults"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 1, "format": 1}', "twice"),
        ('{"format": NaN}', "NaN"),
        ('{"format": 1,', "not JSON"),
        ("[]", "a list is not"),
    ],
)
def test_unsound_files_are_told(tmp_path: Path, text: str, message: str) -> None:
    """A file that is no sound JSON object is a fault of the plan's file, by its name."""
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(PlanFileError, match=message) as caught:
        read_plan(path)
    assert caught.value.source == str(path)


def test_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    """A file that is not there is told by its name."""
    with pytest.raises(UsageError, match=r"none\.json"):
        read_plan(tmp_path / "none.json")
