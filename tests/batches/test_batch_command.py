"""`gpualloc batch`: exit codes, what it prints, and its documentation."""

from __future__ import annotations

import csv
import io
import json
import signal
import time
from pathlib import Path

import pytest
from rich.console import Console
from typer.main import get_command
from typer.testing import CliRunner, Result

import gpualloc
from gpualloc.batches.results import LABELS, Outcome
from gpualloc.batches.results import Result as BatchResult
from gpualloc.batches.schedule import Event
from gpualloc.batches.summary import COLUMNS, as_csv, row_of
from gpualloc.cli.app import app
from gpualloc.cli.batch_view import BatchView, LiveView, result_line
from gpualloc.progress import Progress
from tests.batches.support import (
    ROOT,
    committed,
    cost_usd,
    left_processes,
    small_tables,
    start_batch,
    write_small,
)

PAGE = (ROOT / "docs" / "batch.md").read_text()


def invoke(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["batch", *map(str, arguments)])


def test_all_solved_returns_0(tmp_path: Path) -> None:
    """Every instance has a plan: 0, a line each on standard error, the summary at the end."""
    paths = write_small(tmp_path / "in", ["a", "b"])
    found = invoke(tmp_path / "in", "-o", tmp_path / "runs", "--workers", "1")
    assert found.exit_code == 0, found.output
    lines = found.stderr.splitlines()
    # 4 GPUs for 730 hours at 1 USD and at 1.001 USD.
    assert lines[0].startswith(f"[1/2] optimal     {paths[0]}: 2,920 USD, gap 0.00 %, ")
    assert lines[1].startswith(f"[2/2] optimal     {paths[1]}: 2,923 USD, gap 0.00 %, ")
    assert found.stdout.splitlines()[0] == "2 of 2: 2 optimal"
    assert str(tmp_path / "runs" / "summary.csv") in found.stdout.replace("\n", "")


def test_some_unsolved_returns_1(tmp_path: Path) -> None:
    """An invalid instance and an infeasible one: 1, and the reasons in the summary."""
    write_small(tmp_path / "in", ["a"])
    (tmp_path / "in" / "bad.json").write_text("{")
    (tmp_path / "in" / "full.json").write_text(
        json.dumps({**small_tables(1), "offers": [{**small_tables()["offers"][0], "gpus": 3}]})
    )
    found = invoke(tmp_path / "in", "-o", tmp_path / "runs", "--workers", "1", "--quiet")
    assert (found.exit_code, found.output) == (1, "")
    document = json.loads((tmp_path / "runs" / "summary.json").read_text())
    assert document["labels"] == {"optimal": 1, "infeasible": 1, "invalid": 1}
    text = (tmp_path / "runs" / "summary.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["label"] for row in rows] == ["optimal", "invalid", "infeasible"]
    assert float(rows[0]["objective_usd"]) == pytest.approx(cost_usd(0))
    plan = gpualloc.read_plan(tmp_path / "runs" / rows[0]["plan"])
    assert gpualloc.check(gpualloc.read(rows[0]["name"]), plan)
    assert "is not JSON" in rows[1]["message"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "0"], "workers"),
        (["--time-limit", "0"], "time_limit"),
        (["--memory-limit", "-1"], "memory_limit"),
        (["--gap", "2"], "gap"),
        (["--seed", "-1"], "seed"),
        (["--threads", "0"], "threads"),
        (["--engine", "magic"], "magic"),
        (["--solver", "abacus"], "abacus"),
        (["--set", "sync_weight"], "PATH=VALUE"),
        (["--scale", "offers.gpu=2"], "offers.gpu"),
        (["--cluster", "10.0.0.5:8786"], "not encrypted"),
        (["none.json"], "none.json"),
    ],
)
def test_bad_usage_returns_2(tmp_path: Path, options: list[str], words: str) -> None:
    """An option that is not possible is told in words, without a traceback or a result."""
    (path,) = write_small(tmp_path / "in", ["a"])
    found = invoke(path, "-o", tmp_path / "runs", *options)
    assert found.exit_code == 2
    assert words in found.stderr
    assert "Traceback" not in found.stderr
    assert not list(tmp_path.glob("runs/results/*"))


def test_a_folder_with_results_is_refused_without_resume(tmp_path: Path) -> None:
    """2 without `--resume`; with it 0, and the result is said to be from before."""
    (path,) = write_small(tmp_path / "in", ["a"])
    assert invoke(path, "-o", tmp_path / "runs").exit_code == 0
    assert invoke(path, "-o", tmp_path / "runs").exit_code == 2
    again = invoke(path, "-o", tmp_path / "runs", "--resume")
    assert again.exit_code == 0
    assert "(committed before)" in again.stderr


def test_interrupted_returns_130(tmp_path: Path) -> None:
    """After Ctrl-C what has begun is committed and 130 is returned; --resume does the rest."""
    paths = write_small(tmp_path / "in", [f"case-{number:03}" for number in range(60)])
    arguments = (tmp_path / "in", "-o", tmp_path / "runs", "--workers", "1")
    process, mark = start_batch(*arguments)
    while not list(tmp_path.glob("runs/results/*.json")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "interrupted; --resume goes on" in errors
    assert left_processes(mark) == []
    assert 0 < len(committed(tmp_path / "runs")) < 60
    assert invoke(*arguments, "--resume").exit_code == 0
    assert set(committed(tmp_path / "runs")) == set(map(str, paths))


def result(label: str, name: str = "fleet.json", **outcome: object) -> BatchResult:
    """A result without a solve."""
    return BatchResult("0" * 64, name, "", Outcome(label, **outcome))  # type: ignore[arg-type]


def drawn(view: LiveView) -> list[str]:
    """The lines that a view draws on a terminal of 80 columns."""
    target = io.StringIO()
    Console(file=target, width=80).print(view)
    return [line.rstrip() for line in target.getvalue().splitlines()]


def test_the_live_table_shows_running_failed_and_the_time_left() -> None:
    """Running solves have time, incumbent and gap; failures are listed; the pace is estimated."""
    view = LiveView(total=4)
    view.began -= 10
    view(Event("started", "k1", "a.json"))
    view(Event("started", "k2", "b\x1b[2J.json", "sync_weight=2"))
    view(Event("progress", "k1", "a.json", progress=Progress(1, 1234.0, 1200.0, 0.0276)))
    view(Event("finished", "k3", "c.json", result=result("crashed", "c.json")))
    view(Event("finished", "k4", "d.json", result=result("optimal", "d.json")))
    first, heading, *rest = drawn(view)
    # 2 results in 10 seconds: 5 seconds each, and 2 are left.
    assert first == "2 of 4 done · 1 optimal · 1 crashed · about 10.0 s left"
    assert heading.split() == ["running", "time", "plan,", "USD", "gap"]
    assert rest[0].split()[:1] + rest[0].split()[-3:] == ["a.json", "1,234", "2.76", "%"]
    assert rest[1].startswith("b\\u001b[2J.json (sync_weight=2)")
    assert rest[2] == "crashed: c.json"


def test_draining_is_shown() -> None:
    """After Ctrl-C the headline says what a second one does."""
    view = BatchView(total=4)
    view(Event("draining"))
    assert "Ctrl-C again stops" in view.headline()


def test_names_cannot_steer_terminal_or_spreadsheet() -> None:
    """Control characters are shown as escapes; a text that looks like a formula stays a text."""
    hostile = result("invalid", "=cmd|' /C calc'!A0\x1b[2J\n", message="+1")
    assert "\x1b" not in result_line(hostile)
    assert "\n" not in result_line(hostile)
    (row,) = csv.DictReader(io.StringIO(as_csv([row_of(hostile)])))
    assert row["name"].startswith("'=cmd")
    assert row["message"] == "'+1"


def test_every_label_and_column_is_on_the_page() -> None:
    """docs/batch.md explains all labels, all columns of the summary and all options."""
    assert [label for label in LABELS if f"`{label}`" not in PAGE] == []
    assert [column for column in COLUMNS if f"`{column}`" not in PAGE] == []
    command = get_command(app).commands["batch"]  # type: ignore[attr-defined]
    options = {option for each in command.params for option in each.opts if option[:2] == "--"}
    assert [option for option in sorted(options - {"--help"}) if option not in PAGE] == []
