"""Ctrl-C and death of the command, with every solver: what is handed out, and what stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import gpualloc
from gpualloc.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.solving import solve
from tests.engine_cases import SOLVERS, long_instance

ROOT = Path(__file__).parents[1]
PROC = Path("/proc")
PATIENCE_SECONDS = 60.0

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="processes are found in /proc")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Instance, Path, Plan]:
    """An instance that takes long, with a first plan of it: files and objects."""
    folder = tmp_path_factory.mktemp("fleet")
    instance = long_instance()
    plan = solve(instance, gap=0.5)
    instance.write(folder / "fleet.json")
    plan.write(folder / "start.json")
    return folder / "fleet.json", instance, folder / "start.json", plan


class Command:
    """`gpualloc solve` in a process of its own, which keeps its temporary files in one folder."""

    def __init__(self, folder: Path, *arguments: str | Path) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.out = folder / "plan.json"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gpualloc", "solve", *map(str, arguments), "-o", str(self.out)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def family(self) -> set[int]:
        """Every live process that has the temporary folder in its environment or arguments."""
        mark = os.fsencode(self.temporary)
        return {
            int(entry.name)
            for entry in PROC.iterdir()
            if entry.name.isdigit() and mark in _read(entry / "environ") + _read(entry / "cmdline")
        }

    def solving(self, processes: int) -> None:
        """Wait until this many processes work on it, and a second more."""
        self._wait(lambda: len(self.family()) >= processes)
        time.sleep(1.0)

    def vanished(self) -> None:
        """Wait until no process and no temporary file is left."""
        self._wait(lambda: not self.family() and not list(self.temporary.iterdir()))

    def _wait(self, is_so: Callable[[], bool]) -> None:
        latest = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < latest, (self.family(), list(self.temporary.iterdir()))
            time.sleep(0.05)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def processes_of(solver: str) -> int:
    """The command, its worker, and CBC, which is a program of its own."""
    return 3 if solver == "cbc" else 2


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("warm", [True, False])
def test_time_limit_gives_what_is_known(
    fleet: tuple[Path, Instance, Path, Plan], solver: str, warm: bool
) -> None:
    """Out of time, a plan comes checked and with a bound below it; without one the bound stays."""
    _, instance, _, first = fleet
    plan = solve(instance, solver=solver, time_limit=3, warm_start=first if warm else None)
    assert plan.stopped_by == "time"
    assert plan.status in (["feasible"] if warm else ["feasible", "unknown"])
    assert first.objective_usd is not None
    assert plan.bound_usd is not None
    assert plan.bound_usd <= first.objective_usd
    if plan:
        assert gpualloc.check(instance, plan)
        assert plan.objective_usd is not None
        assert plan.bound_usd <= plan.objective_usd
    if warm:
        assert plan.objective_usd is not None
        assert plan.objective_usd <= first.objective_usd


@pytest.mark.parametrize("solver", SOLVERS)
def test_ctrl_c_hands_out_the_best_plan(
    fleet: tuple[Path, Instance, Path, Plan], tmp_path: Path, solver: str
) -> None:
    """Ctrl-C gives a checked plan no dearer than the start, its bound, 0, and leaves nothing."""
    path, instance, start, first = fleet
    command = Command(tmp_path, path, "--solver", solver, "--warm-start", start)
    command.solving(processes_of(solver))
    command.process.send_signal(signal.SIGINT)
    summary, errors = command.process.communicate(timeout=PATIENCE_SECONDS)
    assert (command.process.returncode, errors) == (0, "")
    plan = gpualloc.read_plan(command.out)
    assert (plan.status, plan.stopped_by) == ("feasible", "interrupt")
    assert f"{plan.objective_usd:,.0f} USD" in summary
    assert gpualloc.check(instance, plan)
    assert plan.objective_usd is not None
    assert first.objective_usd is not None
    assert plan.objective_usd <= first.objective_usd
    assert plan.bound_usd is not None
    assert plan.bound_usd <= plan.objective_usd
    command.vanished()


@pytest.mark.parametrize("solver", ["cbc", "scip"])
def test_ctrl_c_without_a_plan_returns_130(
    fleet: tuple[Path, Instance, Path, Plan], tmp_path: Path, solver: str
) -> None:
    """Ctrl-C before a solver has any plan gives 130, one line, no file, and leaves nothing."""
    command = Command(tmp_path, fleet[0], "--solver", solver)
    command.solving(processes_of(solver))
    command.process.send_signal(signal.SIGINT)
    _, errors = command.process.communicate(timeout=PATIENCE_SECONDS)
    assert command.process.returncode == 130
    assert errors == "error: interrupted before a plan was found\n"
    assert not command.out.exists()
    command.vanished()


@pytest.mark.parametrize(
    ("how", "solver"),
    [*((signal.SIGKILL, solver) for solver in SOLVERS), (signal.SIGTERM, "cbc")],
)
def test_death_of_the_command_leaves_no_orphan(
    fleet: tuple[Path, Instance, Path, Plan], tmp_path: Path, how: signal.Signals, solver: str
) -> None:
    """When the command is killed, its solvers end by themselves and take their files along."""
    command = Command(tmp_path, fleet[0], "--solver", solver)
    command.solving(processes_of(solver))
    command.process.send_signal(how)
    command.process.communicate(timeout=PATIENCE_SECONDS)
    assert command.process.returncode == -how
    command.vanished()
