"""The benchmarks as commands: what they leave, and how they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ladder
import published_instances
import pytest
import side_by_side

from tests.benchmarks.small_problems import GAP, SSCFLP


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a benchmark's data; its table and figure must be there too."""
    assert sorted(path.suffix for path in folder.glob(f"{name}.*")) == [".html", ".json", ".md"]
    data = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = data["rows"]
    return rows


def published(folder: Path, **files: str) -> Path:
    """A folder of published instances; the kind of each comes before its name."""
    for name, text in files.items():
        kind, _, stem = name.partition("_")
        (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / kind / stem).write_text(text, encoding="utf-8")
    return folder


def test_the_ladder_leaves_its_results(tmp_path: Path) -> None:
    """A rung has its moments, stages and memory, and a plan that there is was checked."""
    arguments = ["--sizes", "12x20", "--contracts", "none", "--periods", "1", "--time-limit", "2"]
    ladder.main([*arguments, "--output", str(tmp_path)])
    (row,) = rows_of(tmp_path, "ladder")
    assert (row["data_centers"], row["jobs"], row["gpus"]) == (12, 20, 10_000)
    assert row["checked"] == ("no plan" if row["gap"] is None else "yes")
    assert row["stage_s"]["generate"] > 0
    assert len(row["stage_s"]) > 1
    assert row["peak_mb"] > 0


def test_ways_are_put_side_by_side(tmp_path: Path) -> None:
    """All ways get the same instance; one that does not cover it says so."""
    ways = ["auto", "per-shard"]
    arguments = ["--sizes", "4x6", "--ways", ",".join(ways), "--time-limit", "30"]
    side_by_side.main([*arguments, "--output", str(tmp_path)])
    plain, plain_shards, every, every_shards = rows_of(tmp_path, "side_by_side")
    assert (plain["way"], plain["kind"], plain["status"]) == ("auto", "plain", "optimal")
    # No plan is cheaper than the optimum, and PuLP's HiGHS stops at a gap of 1e-4.
    assert 0 <= plain_shards["over_best_bound"] + 1e-6 <= 2e-4
    assert (every["kind"], every["status"]) == ("all", "optimal")
    assert (every_shards["status"], every_shards["cost_usd"]) == ("not covered", None)
    assert min(row["peak_mb"] for row in (plain, plain_shards, every)) > 0


def test_published_instances_are_held_against_the_best_known(tmp_path: Path) -> None:
    """Found values are those of the publication, and one that is too good gives the file away.

    Of the assignments of `GAP` that fit, the cheapest gives job 2 to agent 1 (1) and jobs 1 and 3
    are too much for agent 2 (5 + 4 > 6): agent 1 takes jobs 1 and 2 (5 + 1), agent 2 job 3 (3).
    Of `SSCFLP` the first facility serves customers 1 and 2 (3 + 4 = 7; 1 + 2), the second customer
    3 (2), and both are opened (10 + 30); the second one alone has no room for 12.
    """
    files = {"gap_x": GAP, "sscflp_right": f"{SSCFLP} 45", "sscflp_wrong": f"{SSCFLP} 50"}
    folder, output = published(tmp_path / "in", **files), tmp_path / "out"
    published_instances.main([str(folder), "--output", str(output)])
    x, right, wrong = rows_of(output, "published")
    assert (x["value"], x["best_known"], x["status"]) == (9, None, "optimal")
    assert (right["value"], right["from_best_known"]) == (45, 0)
    assert published_instances.DIFFERS not in right["note"]
    assert wrong["from_best_known"] == -0.1
    assert published_instances.DIFFERS in wrong["note"]


def test_a_bad_file_stops_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is solved or written, the file and the place are named, with exit code 2."""
    folder = published(tmp_path / "in", gap_x=GAP, gap_y="2 3 5 1")
    with pytest.raises(SystemExit) as stop:
        published_instances.main([str(folder), "--output", str(tmp_path / "out")])
    assert stop.value.code == 2
    assert "gap/y: number" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "arguments", "told"),
    [
        (ladder, ["--sizes", "3x3"], "3x3 given; there are 12x20"),
        (ladder, ["--time-limit", "0"], "not a positive number"),
        (side_by_side, ["--ways", "magic"], "magic given; there are auto"),
        (side_by_side, ["--instances", "nowhere.json"], "nowhere.json"),
    ],
)
def test_bad_options_are_refused(
    command: Any,
    arguments: list[str],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is not possible is told with what is, with exit code 2."""
    with pytest.raises(SystemExit) as stop:
        command.main([*arguments, "--output", str(tmp_path / "out")])
    assert stop.value.code == 2
    assert told in capsys.readouterr().err


def test_results_go_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file in the place of the folder is left alone."""
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        ladder.main(["--output", str(tmp_path / "out")])
    assert stop.value.code == 2
    assert "is a file" in capsys.readouterr().err
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"
