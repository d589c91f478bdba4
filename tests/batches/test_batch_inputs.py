"""What inputs stand for: files, folders, folders of tables, patterns."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import gpualloc
from gpualloc.batches.cases import content_of
from gpualloc.batches.inputs import find_instances
from gpualloc.errors import UsageError
from tests.batches.support import committed, cost_usd, run_injected, small_tables, write_small


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with two instances, notes, a folder of tables and a folder with one more."""
    write_small(tmp_path, ["a", "b"])
    (tmp_path / "notes.txt").write_text("not an instance")
    gpualloc.Instance.from_dict(small_tables(2)).write(tmp_path / "tables")
    write_small(tmp_path / "deep", ["c"])
    return tmp_path


def names(shelf: Path, *inputs: str) -> list[str]:
    """What inputs in the folder stand for, relative to it."""
    found = find_instances([shelf / given for given in inputs], shelf / "runs")
    return [str(path.relative_to(shelf)) for path in found]


def test_folders_files_and_patterns(shelf: Path) -> None:
    """A folder stands for the instances directly in it, tables for one, a pattern for matches."""
    assert names(shelf, "") == ["a.json", "b.json", "tables"]
    assert names(shelf, "tables") == ["tables"]
    assert names(shelf, "*.json") == ["a.json", "b.json"]
    assert names(shelf, "**/*.json") == ["a.json", "b.json", "deep/c.json"]
    assert names(shelf, "notes.txt") == ["notes.txt"]


def test_each_instance_is_found_once(shelf: Path) -> None:
    """What several inputs stand for counts once, at its first place."""
    assert names(shelf, "b.json", "", "*.json") == ["b.json", "a.json", "tables"]


def test_the_run_folder_is_no_input(shelf: Path) -> None:
    """A pattern over everything does not find the results of the run itself."""
    write_small(shelf / "runs" / "results", ["x"])
    assert "runs/results/x.json" not in names(shelf, "**/*.json")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("none.json", "no such file"),
        ("*.xlsx", "no instance matches"),
        ("void", "holds no instance"),
    ],
)
def test_an_input_for_nothing_is_refused(shelf: Path, given: str, words: str) -> None:
    """A missing file, a pattern without a match and an empty folder are told by name."""
    (shelf / "void").mkdir()
    with pytest.raises(UsageError, match=words):
        names(shelf, given)


def test_a_missing_file_is_told_before_the_run(tmp_path: Path) -> None:
    """`gpualloc.batch` refuses a missing file at once, without making the run folder."""
    with pytest.raises(UsageError, match="no such file"):
        gpualloc.batch([tmp_path / "none.json"], tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_every_format_is_solved(tmp_path: Path) -> None:
    """JSON, compressed JSON, tables and a workbook of one instance give the same cost."""
    instance = gpualloc.Instance.from_dict(small_tables(5))
    paths = [tmp_path / name for name in ("plain.json", "small.json.gz", "tables", "book.xlsx")]
    for path in paths:
        instance.write(path)
    results = run_injected(paths, tmp_path / "runs")
    assert len(results) == 4
    for result in results.values():
        assert result.outcome.objective_usd == pytest.approx(cost_usd(5))


def test_what_cannot_be_read_is_invalid(tmp_path: Path) -> None:
    """A pipe, a broken link and a folder by the name of a file cost only themselves."""
    (sound,) = write_small(tmp_path, ["sound"])
    pipe, folder = tmp_path / "pipe.json", tmp_path / "folder.json"
    os.mkfifo(pipe)
    folder.mkdir()
    gone = tmp_path / "gone.json"
    results = run_injected([sound, pipe, folder, gone], tmp_path / "runs")
    assert {name: result.label for name, result in results.items()} == {
        "sound": "optimal",
        **dict.fromkeys(("pipe", "folder", "gone"), "invalid"),
    }
    assert results["pipe"].message == "pipe.json is not a file"


def test_the_hash_of_tables_is_that_of_their_files(tmp_path: Path) -> None:
    """A folder's hash changes with any of its tables, and not with what is no table."""
    folder = tmp_path / "tables"
    gpualloc.Instance.from_dict(small_tables()).write(folder)
    before = content_of(folder).sha256
    (folder / "notes.txt").write_text("x")
    assert content_of(folder).sha256 == before
    offers = folder / "offers.csv"
    offers.write_text(offers.read_text().replace("8", "9"))
    assert content_of(folder).sha256 != before


def test_names_that_are_no_text_are_kept_apart(tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is solved, and the run folder stays readable."""
    (sound,) = write_small(tmp_path / "in", ["sound"])
    odd = Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/odd\xff.json"))
    odd.write_text(sound.read_text().replace("small 0", "small 1"))
    results = list(gpualloc.batch(tmp_path / "in", tmp_path / "runs", workers=1))
    assert [result.label for result in results] == ["optimal", "optimal"]
    assert len(committed(tmp_path / "runs")) == 2
    summary = json.loads((tmp_path / "runs" / "summary.json").read_bytes())
    assert [Path(row["name"]).name for row in summary["instances"]] == [odd.name, sound.name]
