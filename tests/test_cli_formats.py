"""The commands for files of every kind: convert, template, validate, and solve -o."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

import gpualloc
from gpualloc.cli.app import app
from tests.small_plan import small_instance, small_tables
from tests.table_files import changed


def run(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """The small instance as a file."""
    path = tmp_path / "fleet.json"
    small_instance().write(path)
    return path


def test_convert_goes_through_every_kind_of_file(fleet: Path, tmp_path: Path) -> None:
    """From JSON to a workbook, a folder, a compressed file and back, byte for byte the same."""
    steps = [fleet, *(tmp_path / name for name in ("a.xlsx", "a", "a.json.gz", "b.json"))]
    for source, target in pairwise(steps):
        result = run("convert", source, target)
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr.startswith(f"{target}: Instance(")
    assert steps[-1].read_bytes() == fleet.read_bytes()


def test_convert_leaves_other_things_alone(fleet: Path, tmp_path: Path) -> None:
    """The input, other folders and unknown endings are refused, and nothing is written."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "notes.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    for target, words in [
        (fleet, "this is the input"),
        (tmp_path / "docs", "notes.txt"),
        (tmp_path / "fleet.yaml", "must end in"),
        (tmp_path / "fleet.parquet", "must end in"),
        (tmp_path / "none" / "fleet.xlsx", "does not exist"),
    ]:
        result = run("convert", fleet, target)
        assert result.exit_code == 2
        assert words in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_convert_writes_nothing_of_a_faulty_instance(fleet: Path, tmp_path: Path) -> None:
    """Faults are told by their place in the file, and an old target stays."""
    run("convert", fleet, tmp_path / "a")
    changed(tmp_path / "a", "offers", "H100,600", "H100,-6")
    before = fleet.read_bytes()
    result = run("convert", tmp_path / "a", fleet)
    assert result.exit_code == 2
    assert f"error: {tmp_path / 'a'}: offers.csv row 2, gpus: -6 is below 0" in result.stderr
    assert fleet.read_bytes() == before


def test_validate_tells_all_faults_of_all_files(fleet: Path, tmp_path: Path) -> None:
    """Good files are told on standard output, faults of all others one a line; 2 is returned."""
    tables = small_tables()
    tables["offers"][0]["gpus"] = -5
    tables["jobs"][0]["options"][0]["shards"] = 0
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(tables))
    result = run("validate", bad, fleet, tmp_path / "none.xlsx")
    assert result.exit_code == 2
    assert result.stdout.startswith(f"{fleet}: valid: Instance(")
    assert len(result.stdout.splitlines()) == 1
    places = [line.split(": ")[2] for line in result.stderr.splitlines()]
    assert places[:2] == ["offers[0].gpus", "jobs[0].options[0].shards"]
    assert "none.xlsx: No such file" in result.stderr


def test_validate_returns_0_if_all_are_valid(fleet: Path, tmp_path: Path) -> None:
    """A folder, a workbook and a JSON file that are valid return 0 without a word of error."""
    files = [fleet, tmp_path / "a", tmp_path / "a.xlsx"]
    for target in files[1:]:
        small_instance().write(target)
    result = run("validate", *files)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 3


def test_template_is_written_once(tmp_path: Path) -> None:
    """An empty template and a filled one are written; a file that is there stays as it is."""
    empty, filled = tmp_path / "empty.xlsx", tmp_path / "filled.xlsx"
    assert run("template", "--xlsx", empty).exit_code == 0
    assert run("template", "--xlsx", filled, "--example").exit_code == 0
    assert openpyxl.load_workbook(empty)["offers"].max_row == 1
    assert run("validate", filled).exit_code == 0
    before = filled.read_bytes()
    result = run("template", "--xlsx", filled)
    assert result.exit_code == 2
    assert "this file exists" in result.stderr
    assert filled.read_bytes() == before


def test_an_empty_template_is_told_by_what_it_lacks(tmp_path: Path) -> None:
    """Validating an empty template tells which sheets and columns must be filled in."""
    run("template", "--xlsx", tmp_path / "t.xlsx")
    result = run("validate", tmp_path / "t.xlsx")
    assert result.exit_code == 2
    assert "sheet head, column name: is missing" in result.stderr
    assert "sheet offers: is empty; at least one row is needed" in result.stderr
    assert "sheet periods" not in result.stderr


@pytest.mark.parametrize("name", ["plan", "plan.xlsx", "plan.parquet", "plan.json.gz"])
def test_solve_writes_plans_of_every_kind(fleet: Path, tmp_path: Path, name: str) -> None:
    """`solve -o` goes by the ending, and reads instances of every kind."""
    run("convert", fleet, tmp_path / "a.xlsx")
    result = run("solve", tmp_path / "a.xlsx", "-q", "-o", tmp_path / name)
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / name).exists()
    assert run("solve", tmp_path / "a.xlsx", "-q", "-o", tmp_path / name).exit_code == 0


def test_solve_refuses_before_it_begins(
    fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is not a plan's, and a kind of file that needs a package, end at once."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the solve began")

    monkeypatch.setattr(gpualloc, "solve", never)
    small_instance().write(tmp_path / "a")
    result = run("solve", fleet, "-o", tmp_path / "a")
    assert result.exit_code == 2
    assert "none of the tables" in result.stderr
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = run("solve", fleet, "-o", tmp_path / "plan.parquet")
    assert result.exit_code == 2
    assert "gpualloc[parquet]" in result.stderr
