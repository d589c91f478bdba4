"""Instances as data frames, and back."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest
from instance_cases import put, two_sites

from gpualloc.errors import InstanceError
from gpualloc.instance import Instance, canonical_sha256

Frames = dict[str, pd.DataFrame]


@pytest.fixture
def frames() -> Frames:
    """The frames of an instance that uses every table."""
    return Instance.from_dict(two_sites()).to_frames()


def told_by(frames: Frames) -> list[str]:
    """The faults of these frames."""
    with pytest.raises(InstanceError) as caught:
        Instance.from_frames(frames)
    assert caught.value.source == "tables"
    return [str(fault) for fault in caught.value.faults]


def through_csv(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as a CSV file gives it back: every cell a text."""
    text = io.StringIO(frame.to_csv(index=False))
    return pd.read_csv(text, dtype=str, keep_default_na=False)


def test_frames_give_the_instance_back(frames: Frames) -> None:
    """An instance made of its own frames is the same."""
    again = Instance.from_frames(frames)
    assert canonical_sha256(again) == canonical_sha256(Instance.from_dict(two_sites()))


def test_cells_may_all_be_texts(frames: Frames) -> None:
    """Tables from CSV files, where every cell is a text, give the same instance."""
    again = Instance.from_frames({table: through_csv(frame) for table, frame in frames.items()})
    assert canonical_sha256(again) == canonical_sha256(Instance.from_dict(two_sites()))


def test_the_layout_is_the_documented_one(frames: Frames) -> None:
    """Tables, columns and cells are those that the layout describes."""
    assert {table: len(frame) for table, frame in frames.items()} == {
        "head": 1,
        "periods": 2,
        "gpu_types": 2,
        "providers": 2,
        "data_centers": 2,
        "offers": 2,
        "jobs": 3,
        "options": 4,
        "current": 1,
        "staging_usd": 1,
        "flows": 1,
        "contracts": 2,
        "tiers": 2,
        "network": 1,
        "links": 1,
    }
    assert list(frames["offers"]) == [
        "name",
        "data_center",
        "gpu_type",
        "gpus",
        "gpus[Q1]",
        "gpus[Q2]",
        "usd_per_gpu_hour",
        "usd_per_gpu_hour[Q1]",
        "usd_per_gpu_hour[Q2]",
        "fixed_usd",
    ]
    assert frames["offers"]["gpus[Q2]"][1] == 90000
    assert pd.isna(frames["offers"]["gpus"][1])
    assert frames["jobs"]["tags"][0] == "training; new"
    assert frames["jobs"]["sync.every_s"][0] == 622
    assert frames["current"].to_dict("records") == [
        {"job": "pretraining", "offer": "atlanta H100", "shards": 3}
    ]
    assert frames["options"]["job"].tolist() == ["pretraining"] * 2 + ["chat", "search"]


def test_the_layout_has_columns_without_rows() -> None:
    """An instance without flows still has a table of flows with its columns to fill."""
    data = put(two_sites(), "flows", [])
    del data["jobs"][0]["current"]
    frames = Instance.from_dict(data).to_frames()
    assert list(frames["flows"]) == ["a", "b", "gbps", "usd_per_ms_hour"]
    assert list(frames["current"]) == ["job", "offer", "shards"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("jobs.0.current", {}),
        ("jobs.0.staging_usd", {}),
        ("jobs.1.regions", []),
        ("jobs.1.tags", ["inference", "a;b", "[x", " y "]),
        ("jobs.1.tags", ["a;b"]),
        ("jobs.1.name", "chat"),
        ("description", 'a\n"b",c'),
        ("name", "=1+2"),
        ("providers", [{"name": "Azure"}, {"name": "Oracle"}, {"name": "007"}, {"name": "NA"}]),
        ("network", {"same_provider": {"gbps": 0}}),
        ("contracts", []),
    ],
)
def test_odd_values_survive(path: str, value: Any) -> None:
    """Empty maps and lists, separators in names and texts like numbers come back as they were."""
    instance = Instance.from_dict(put(two_sites(), path, value))
    frames = instance.to_frames()
    assert Instance.from_frames(frames) == instance
    assert (
        Instance.from_frames({key: through_csv(frame) for key, frame in frames.items()}) == instance
    )


def test_odd_period_names_survive() -> None:
    """Figures by period find their period also where its name has brackets and dots."""
    data = two_sites()
    for old, new in (("Q1", "[1].x]"), ("Q2", "2026")):
        for period in data["periods"]:
            period["name"] = new if period["name"] == old else period["name"]
        for row in (*data["jobs"], *data["contracts"]):
            row |= {key: new for key in ("start", "end") if row.get(key) == old}
    instance = Instance.from_dict(data)
    assert Instance.from_frames(instance.to_frames()) == instance


def test_tables_and_columns_with_defaults_may_be_left_out(frames: Frames) -> None:
    """Only what has no default is needed."""
    for table in ("flows", "contracts", "tiers", "network", "links", "current", "staging_usd"):
        del frames[table]
    frames["jobs"] = frames["jobs"][["name"]]
    frames["head"] = frames["head"][["name"]]
    instance = Instance.from_frames(frames)
    assert instance.jobs[0].sync is None
    assert instance.contracts == ()
    assert instance.flows == ()


def test_cells_may_hold_python_values(frames: Frames) -> None:
    """Nested columns may also be given as lists and dicts in cells."""
    data = Instance.from_dict(two_sites()).to_dict()
    frames["jobs"] = pd.DataFrame(data["jobs"])
    for table in ("options", "current", "staging_usd"):
        del frames[table]
    assert Instance.from_frames(frames) == Instance.from_dict(two_sites())


def test_tables_that_do_not_fit_together(frames: Frames) -> None:
    """Unknown tables, rows of nobody, and figures for other periods are told by their place."""
    frames["offer"] = frames["offers"]
    frames["offers"] = frames["offers"].rename(columns={"gpus[Q2]": "gpus[Q3]"})
    frames["head"] = pd.concat([frames["head"]] * 2)
    frames["options"].loc[3, "job"] = "serch"
    frames["tiers"].loc[0, "contract"] = None
    frames["current"] = pd.concat([frames["current"]] * 2)
    frames["staging_usd"].loc[0, "usd"] = None
    assert told_by(frames) == [
        'offer: is not a table; did you mean "offers"?',
        "head: has 2 rows; one is allowed",
        'offers[1].gpus: "Q3" is not a period; known: "Q1" and "Q2"',
        'offers[1].gpus: has no figure for the period "Q2"',
        'options[3].job: "serch" is not a job; did you mean "search"?',
        'current[1].offer: "atlanta H100" is given twice',
        "staging_usd[0].usd: is missing",
        "tiers[0].contract: is missing",
    ]


def test_a_figure_is_given_in_one_way(frames: Frames) -> None:
    """A row that fills both the column for all periods and those by period is refused."""
    frames["offers"].loc[1, "gpus"] = 5
    assert told_by(frames) == ["offers[1].gpus: has a figure for all periods and figures by period"]


def test_faults_of_cells_are_those_of_the_instance(frames: Frames) -> None:
    """A bad cell is told like the same value in a file."""
    frames["offers"].loc[0, "gpus"] = -5
    frames["jobs"]["colour"] = "red"
    told = told_by(frames)
    assert told[0] == "offers[0].gpus: -5 is below 0; a whole number from 0 to 1e12 is allowed"
    assert told[1] == "jobs[0].colour: is not a column"


def test_other_faults_are_told_with_those_of_the_layout(frames: Frames) -> None:
    """A row of nobody hides no fault of other cells, and no row is blamed for lacking it."""
    frames["options"].loc[frames["options"]["job"] == "search", "job"] = "serch"
    frames["offers"].loc[0, "gpu_type"] = "H10"
    frames["offer"] = frames["offers"]
    assert told_by(frames) == [
        'offer: is not a table; did you mean "offers"?',
        'options[3].job: "serch" is not a job; did you mean "search"?',
        'offers[0].gpu_type: "H10" is not a GPU type; did you mean "H100"?',
    ]
