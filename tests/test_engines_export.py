"""The program of an instance as a file for other solvers, with the map of its names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import highspy
import pytest
from typer.testing import CliRunner

from gpualloc.cli.app import app
from gpualloc.engines.export import export
from gpualloc.errors import UsageError
from gpualloc.instance import Instance
from gpualloc.solving import solve
from tests.small_plan import small_instance, small_tables
from tests.tiny import FOCI, tiny_instance

ENDINGS = ("lp", "mps")
HOSTILE = ("a\u2028b", "x] >= 0", "end bounds", "=cmd", "x0", "c0", "../x", "\u202egnp", "\\ 1 <")
"""Names that would be lines, sections, formulas, columns or paths if they reached a file."""


def read_back(path: Path) -> highspy.Highs:
    """A program's file as HiGHS reads it."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 1e-7)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    return highs


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("focus", [None, *FOCI])
def test_file_has_the_optimum_of_the_instance(
    tmp_path: Path, focus: str | None, ending: str
) -> None:
    """HiGHS finds the same status and optimum from the file as the engine finds."""
    for seed in range(4):
        instance = Instance.from_dict(tiny_instance(seed, focus))
        program, _ = export(instance, tmp_path / f"{seed}.{ending}")
        highs = read_back(program)
        highs.run()
        plan = solve(instance, isolate=False)
        if plan.status == "infeasible":
            assert highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible
        else:
            objective = highs.getInfo().objective_function_value
            assert objective == pytest.approx(plan.objective_usd, rel=2e-6)


def hostile_tables() -> dict[str, Any]:
    """The small instance with a hostile name in the place of each of its own."""
    text = json.dumps(small_tables())
    tables = small_tables()
    names = [
        *(tables["periods"] + tables["gpu_types"] + tables["providers"] + tables["data_centers"]),
        *(tables["offers"] + tables["jobs"] + tables["contracts"]),
    ]
    for at, row in enumerate(names):
        hostile = json.dumps(f"{HOSTILE[at % len(HOSTILE)]}{at}")
        text = text.replace(json.dumps(row["name"]), hostile)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("ending", ENDINGS)
def test_hostile_names_stay_in_the_map(tmp_path: Path, ending: str) -> None:
    """The program's file is plain ASCII with columns x0, ... and rows c0, ...: no name is in it."""
    instance = Instance.from_dict(hostile_tables())
    program, names = export(instance, tmp_path / f"fleet.{ending}")
    text = program.read_text(encoding="ascii")
    assert not re.findall(r"cmd|gnp|\.\./|\\ 1 <|end bounds", text)
    # The same rows and columns as the program of the instance with plain names, to the letter.
    plain, _ = export(small_instance(), tmp_path / f"plain.{ending}")
    assert text == plain.read_text(encoding="ascii")
    meant = json.loads(names.read_text())
    assert any("=cmd" in name for name in meant["columns"].values())


@pytest.mark.parametrize("ending", ENDINGS)
def test_map_names_each_column_and_row_once(tmp_path: Path, ending: str) -> None:
    """The map has exactly the names of the file, and no two of them mean the same."""
    for focus in (None, *FOCI):
        instance = Instance.from_dict(tiny_instance(3, focus))
        program, names = export(instance, tmp_path / f"fleet.{ending}")
        highs, meant = read_back(program), json.loads(names.read_text())
        columns = [highs.getColName(at)[1] for at in range(highs.getNumCol())]
        rows = [highs.getRowName(at)[1] for at in range(highs.getNumRow())]
        assert sorted(columns) == sorted(meant["columns"])
        assert sorted(rows) == sorted(meant["rows"])
        for kind in ("columns", "rows"):
            assert len(set(meant[kind].values())) == len(meant[kind])


def test_names_that_look_alike_do_not_collide(tmp_path: Path) -> None:
    """Names that would be one after cleaning, or hold the map's own signs, stay apart."""
    tables = small_tables()
    job = tables["jobs"][1]
    tables["jobs"] += [{**job, "name": name} for name in ("a, b", "a", "a_b", "a b", "a] [b")]
    _, names = export(Instance.from_dict(tables), tmp_path / "fleet.lp")
    meant = json.loads(names.read_text())
    for kind in ("columns", "rows"):
        assert len(set(meant[kind].values())) == len(meant[kind])


def test_other_endings_are_refused(tmp_path: Path) -> None:
    """Only .lp and .mps are written, and nothing for another ending."""
    with pytest.raises(UsageError, match="written as"):
        export(small_instance(), tmp_path / "fleet.txt")
    assert not list(tmp_path.iterdir())


def test_map_never_overwrites_the_instance(tmp_path: Path) -> None:
    """An instance whose file has the map's name is left alone, and the user is told."""
    path = tmp_path / "fleet.names.json"
    small_instance().write(path)
    before = path.read_bytes()
    result = CliRunner().invoke(app, ["export", str(path), "-o", str(tmp_path / "fleet.lp")])
    assert result.exit_code == 2
    assert "is the input" in result.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["fleet.names.json"]
    assert path.read_bytes() == before


def test_names_of_a_file_reach_neither_program_nor_solver(tmp_path: Path) -> None:
    """A file may itself be called anything; the program in it is the same."""
    odd, _ = export(small_instance(), tmp_path / "a b\n=cmd .lp")
    plain, _ = export(small_instance(), tmp_path / "plain.lp")
    assert odd.read_bytes() == plain.read_bytes()
