"""What the command line does with input that cannot be used, and with faults of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import gpualloc
from gpualloc.cli.app import app
from gpualloc.errors import InternalError, SolverError
from gpualloc.generator import generate
from tests.small_plan import small_instance, small_plan, small_tables

ROOT = Path(__file__).parents[1]


def run(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    """Start the command line in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "gpualloc", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """The small instance as a file."""
    path = tmp_path / "fleet.json"
    small_instance().write(path)
    return path


@pytest.fixture
def old_plan(tmp_path: Path) -> Path:
    """A plan of an earlier run."""
    path = tmp_path / "plan.json"
    small_plan().write(path)
    return path


def test_faults_of_an_instance_are_told_one_a_line(tmp_path: Path, old_plan: Path) -> None:
    """Every fault is a line with file and place, 2 is returned, and the old plan stays."""
    tables = small_tables()
    tables["offers"][0]["gpus"] = -5
    tables["jobs"][0]["options"][0]["gpu_type"] = "H1000"
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(tables))
    before = old_plan.read_bytes()
    result = run("solve", path, "-o", old_plan)
    lines = result.stderr.splitlines()
    assert (result.exit_code, len(lines)) == (2, 2)
    assert all(line.startswith(f"error: {path}: ") for line in lines)
    assert any("offers[0].gpus" in line for line in lines)
    assert any("jobs[0].options[0].gpu_type" in line for line in lines)
    assert old_plan.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--time-limit", "0"], "time_limit"),
        (["--time-limit", "nan"], "time_limit"),
        (["--gap", "2"], "gap"),
        (["--engine", "magic"], "magic"),
        (["--threads", "0"], "threads"),
        (["--seed", "-1"], "seed"),
        (["--seed", "x"], "seed"),
        (["--solver", "abacus"], "abacus"),
        (["--warm-start", "none.json"], "none.json"),
        (["--colour"], "--colour"),
    ],
)
def test_impossible_options_return_2(fleet: Path, options: list[str], words: str) -> None:
    """An option that is not possible is told in words, without a traceback."""
    result = run("solve", fleet, *options)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["none.json", "fleet.txt", ""])
def test_instance_that_cannot_be_read_returns_2(tmp_path: Path, name: str) -> None:
    """A missing file, another ending and a folder are told by their name."""
    result = run("solve", tmp_path / name)
    assert result.exit_code == 2
    assert str(tmp_path / name) in result.stderr


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("none/plan.json", "does not exist"),
        ("plan.txt", "must end in"),
        ("folder.json", "is a folder"),
        ("fleet.json", "is the input"),
    ],
)
def test_impossible_output_is_told_before_the_work(
    fleet: Path, monkeypatch: pytest.MonkeyPatch, out: str, words: str
) -> None:
    """Where the result could not be written the solve does not begin."""
    (fleet.parent / "folder.json").mkdir()
    monkeypatch.setattr(gpualloc, "read", None, raising=False)
    before = fleet.read_bytes()
    result = run("solve", fleet, "-o", fleet.parent / out)
    assert result.exit_code == 2
    assert words in result.stderr
    assert fleet.read_bytes() == before


def test_names_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """Control characters of a faulty file come out as escapes."""
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({**small_tables(), "name": "x\x1b[2J[red]y\u202e"}))
    result = run("solve", path)
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    assert "[red]y" in result.stderr


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let `gpualloc.solve` raise this error."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(gpualloc, "solve", fail, raising=False)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SolverError("HiGHS 1.15 is refused"), 2),
        (InternalError("the checker refused a plan"), 70),
        (ZeroDivisionError("division by zero"), 70),
        (OSError(28, "No space left on device", "plan.json"), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_become_exit_codes(
    fleet: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    """Each kind of error has its exit code and its message."""
    failing(monkeypatch, error)
    result = run("solve", fleet)
    assert result.exit_code == code
    assert result.stderr.splitlines()[-1].startswith("error: ") or code == 70


def test_own_faults_ask_for_a_report(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of gpualloc shows where it happened and asks to report it."""
    failing(monkeypatch, ZeroDivisionError("division by zero"))
    lines = run("solve", fleet).stderr.splitlines()
    assert lines[0].startswith("Traceback")
    assert "please report" in lines[-1]


def test_reader_that_goes_away_is_no_error() -> None:
    """Output into a pipe that is closed early ends without a traceback."""
    with start("schema") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_ctrl_c_ends_a_solve(tmp_path: Path) -> None:
    """Ctrl-C ends a solve that goes on, with the plan found so far or with 130."""
    path = tmp_path / "large.json"
    generate(gpus=400_000, data_centers=40, jobs=80, periods=2, seed=2).write(path)
    process = start("solve", path, "--progress", "-o", tmp_path / "plan.json")
    assert process.stderr is not None
    # Once a bound is told, the solver is at work, and nothing limits its time.
    next(line for line in process.stderr if re.match(r" +[\d.]+ +[-\d,]+ +\d", line))
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert "Traceback" not in errors
    if process.returncode == 130:
        assert errors.splitlines()[-1].startswith("error: interrupted")
        assert not (tmp_path / "plan.json").exists()
    else:
        assert process.returncode == 0
        assert gpualloc.read_plan(tmp_path / "plan.json").stopped_by == "interrupt"


@pytest.mark.parametrize("arguments", [["--help"], ["solve", "--help"]])
def test_help_loads_no_solver_and_no_tables(arguments: list[str]) -> None:
    """Help answers at once: neither solvers nor numpy nor pandas are loaded for it."""
    script = (
        "import sys, gpualloc.cli.app as cli\n"
        f"try: cli.app({arguments!r})\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'highspy', 'ortools', 'pulp', 'gpualloc.instance'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == "[]"
