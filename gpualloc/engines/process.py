"""Running a task in a process that can be stopped at any moment."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from gpualloc.engines.backends import Listener, Outcome
from gpualloc.engines.tasks import Work
from gpualloc.engines.worker import UNKNOWN_CLASS
from gpualloc.errors import SolverError, UsageError
from gpualloc.layout import Layout
from gpualloc.vectors import Floats

GRACE_SECONDS = 5.0
"""How long a solver that should have stopped may take to do so."""

POLL_SECONDS = 0.2

WORKER = ("-m", "gpualloc.engines.worker")
"""What Python is to run as the worker."""


class WorkerGoneError(Exception):
    """The worker ended without an outcome: it crashed, or something killed it."""


class Reports:
    """What a running task has told so far.

    Attributes
    ----------
    points : list
        The last few better points, or layouts, the best last.
    bound : float or None
    has_begun : bool
        Whether the worker has taken the task.
    """

    KEPT = 3

    def __init__(self, on_change: Callable[[float | None, float | None], None]) -> None:
        self.points: list[Any] = []
        self.cost: float | None = None
        self.bound: float | None = None
        self.has_begun = False
        self._on_change = on_change

    def point(self, cost: float, values: Floats | Layout) -> None:
        """Keep a better point."""
        self.points = [*self.points[1 - self.KEPT :], values]
        self.cost = cost
        self._on_change(self.cost, self.bound)

    def improve(self, bound: float) -> None:
        """Keep a better bound."""
        self.bound = bound
        self._on_change(self.cost, self.bound)


def run_here(task: Work, reports: Reports) -> Outcome:
    """Carry out a task in this process; Ctrl-C asks the solver to stop where it listens."""
    listener = Listener(reports.point, reports.improve)
    try:
        before = signal.signal(signal.SIGINT, lambda *_: listener.stop.set())
    except ValueError:
        return task.execute(listener)
    try:
        return task.execute(listener)
    finally:
        signal.signal(signal.SIGINT, before)


def run_apart(task: Work, reports: Reports) -> Outcome:
    """Carry out a task in a fresh process.

    Ctrl-C, or a solver that overruns its time, ends it: first by asking, then by force. What it
    told until then is kept in `reports`.

    Raises
    ------
    UsageError
        The task holds a class that cannot be known there.
    SolverError
        The process died or does not answer.
    """
    content = _pack(task)
    with TemporaryDirectory(prefix="gpualloc-") as folder:
        noise = Path(folder) / "stderr"
        worker = _start(folder, noise)
        try:
            messages: Queue[tuple[Any, ...]] = Queue()
            Thread(target=_talk, args=(worker, content, messages), daemon=True).start()
            return _follow(worker, task, messages, reports)
        except WorkerGoneError as error:
            raise SolverError(_last_words(worker, noise)) from error
        finally:
            _kill(worker)


def _pack(task: Work) -> bytes:
    try:
        return pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)
    except (AttributeError, pickle.PicklingError) as error:
        raise UsageError(f"{UNKNOWN_CLASS}: {error}") from error


def _last_words(worker: subprocess.Popen[bytes], noise: Path) -> str:
    """How a worker ended that gave no outcome."""
    try:
        code = worker.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return "the solver's process closed its output and did not end"
    if code < 0:
        return f"the solver's process was ended by {signal.Signals(-code).name}"
    last = noise.read_text(errors="replace").strip().splitlines()[-1:]
    return "".join(["the solver's process died", *(f": {line}" for line in last)])


def _start(folder: str, noise: Path) -> subprocess.Popen[bytes]:
    """Start a worker that leads a process group of its own; what solvers print goes to `noise`."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "TMPDIR": folder,
    }
    with noise.open("wb") as stderr:
        return subprocess.Popen(
            [sys.executable, *WORKER, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment,
            start_new_session=True,
        )


def _talk(
    worker: subprocess.Popen[bytes], content: bytes, messages: Queue[tuple[Any, ...]]
) -> None:
    """Pass the task to the worker, and its messages on."""
    assert worker.stdout is not None
    try:
        _send(worker, content)
        while True:
            messages.put(pickle.load(worker.stdout))
    except Exception:  # whatever half a message makes of unpickling
        messages.put(("gone",))


def _follow(
    worker: subprocess.Popen[bytes],
    task: Work,
    messages: Queue[tuple[Any, ...]],
    reports: Reports,
) -> Outcome:
    """Listen to the worker until it is done or must be ended."""
    latest = None if task.deadline is None else task.deadline + GRACE_SECONDS
    stop: Any = "time"
    try:
        done = _pass_on(messages, reports, latest)
    except KeyboardInterrupt:
        stop = "interrupt"
        _send(worker, b"s")
        try:
            done = _pass_on(messages, reports, time.time() + GRACE_SECONDS)
        except (KeyboardInterrupt, WorkerGoneError):
            done = None
    if done is not None:
        return done
    if stop == "time" and not reports.has_begun:
        raise SolverError("the solver's process does not answer")
    return Outcome("feasible" if reports.points else "unknown", None, reports.bound, stop)


def _send(worker: subprocess.Popen[bytes], content: bytes) -> None:
    assert worker.stdin is not None
    try:
        worker.stdin.write(content)
        worker.stdin.flush()
    except BrokenPipeError:
        """The worker is gone: the messages will tell."""


def _pass_on(
    messages: Queue[tuple[Any, ...]], reports: Reports, latest: float | None
) -> Outcome | None:
    """Wait for the outcome; None when it is later than `latest`."""
    while latest is None or time.time() < latest:
        try:
            kind, *content = messages.get(timeout=POLL_SECONDS)
        except Empty:
            continue
        reports.has_begun = True
        if kind == "point":
            reports.point(*content)
        elif kind == "bound":
            reports.improve(*content)
        elif kind == "error":
            raise content[0]
        elif kind == "done":
            outcome: Outcome = content[0]
            return outcome
        elif kind == "gone":
            raise WorkerGoneError
    return None


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """End the worker and every process that it started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(worker.pid, signal.SIGKILL)
        except ProcessLookupError:
            """It has ended by itself."""
    worker.kill()
    worker.wait()
    for stream in (worker.stdin, worker.stdout):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:
                """Nobody is left to read it."""
