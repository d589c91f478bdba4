"""Wardens from the outside: starting them, giving them jobs, stopping them."""

from __future__ import annotations

import json
import os
import pickle
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir
from threading import Lock
from typing import Any

from gpualloc.batches.results import Outcome
from gpualloc.batches.solves import Job, RefusedSettingsError, solve_job
from gpualloc.errors import SolverError
from gpualloc.instance.wording import printable
from gpualloc.progress import Progress

Listener = Callable[[str, Progress | None], None]
"""Takes ``("started", None)`` once a solve runs, then ``("progress", Progress)``."""

STARTS = 3
SECONDS_BETWEEN_STARTS = 0.5
STOP_SECONDS = 5.0

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A process with threads cannot be forked safely; the warden must load its libraries without."""


class WorkerLostError(Exception):
    """A worker ended while it solved, and not by the solve's doing that it could tell."""


class WorkerStartError(SolverError):
    """A worker could not be started, again and again."""


class Crew:
    """The wardens of this process: as many as run at once, reused from job to job.

    Parameters
    ----------
    target : str
        The function that solves, as ``module:name``; see `solve_job`.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._lock = Lock()
        self._idle: list[_Warden] = []
        self._busy: set[_Warden] = set()
        self._stopped = False

    def run(self, job: Job, listen: Listener = lambda kind, progress: None) -> Outcome:
        """Solve one job; callable from several threads at once.

        Raises
        ------
        RefusedSettingsError
            The engines refuse the settings.
        WorkerLostError
            The warden ended, or the crew was stopped.
        WorkerStartError
            No warden, or no child of it, could be started.
        """
        cause = ""
        for attempt in range(STARTS):
            time.sleep(attempt * SECONDS_BETWEEN_STARTS)
            try:
                warden = self._take()
            except OSError as error:
                cause = error.strerror or str(error)
                continue
            try:
                return warden.run(job, listen)
            except _NotStartedError as error:
                cause = str(error)
            finally:
                self._give_back(warden)
        raise WorkerStartError(f"a worker process could not be started: {printable(cause)}")

    def stop(self) -> None:
        """Stop all wardens with what they solve; nothing can be run any more."""
        with self._lock:
            self._stopped = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for warden in [*idle, *busy]:
            warden.ask_to_end()
        for warden in idle:
            warden.close()
        for warden in busy:
            warden.end()

    def _take(self) -> _Warden:
        with self._lock:
            if self._stopped:
                raise WorkerLostError("the batch was stopped")
            while self._idle:
                warden = self._idle.pop()
                if warden.is_alive():
                    self._busy.add(warden)
                    return warden
                warden.close()
            warden = _Warden(self._target)
            self._busy.add(warden)
            return warden

    def _give_back(self, warden: _Warden) -> None:
        with self._lock:
            self._busy.discard(warden)
            reusable = warden.is_reusable and not self._stopped
            if reusable:
                self._idle.append(warden)
        if not reusable:
            warden.close()


class _NotStartedError(Exception):
    """The warden ended before its child ran."""


class _Warden:
    """A warden process.

    Parameters
    ----------
    target : str
        The function that solves, as ``module:name``.
    """

    def __init__(self, target: str) -> None:
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self.is_reusable = False
        self._folder = Path(gettempdir(), f"gpualloc-{secrets.token_hex(8)}")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gpualloc.batches.warden", target, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def run(self, job: Job, listen: Listener) -> Outcome:
        """Solve one job; the warden can be reused if this returns."""
        self.is_reusable = False
        started, outcome = False, None
        self._send(job)
        for kind, value in self._messages():
            if kind == "started":
                started = True
                listen("started", None)
            elif kind == "progress":
                listen("progress", Progress(**value))
            elif kind == "outcome":
                outcome = Outcome.from_document(value)
            elif kind == "refused":
                raise RefusedSettingsError(value)
            elif kind == "ended":
                self.is_reusable = True
                return _joined(outcome, value)
        if not started:
            raise _NotStartedError(f"it ended with code {self._process.wait()}")
        raise WorkerLostError("its worker process ended")

    def ask_to_end(self) -> None:
        """Tell the process that nobody needs it; it stops what it runs and cleans up."""
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()

    def end(self) -> None:
        """Wait for the end of the process, and force it if it does not come."""
        self.ask_to_end()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End the process, and stop listening; only for the thread that used it last.

        Its folder is removed here in case that it was killed and could not do so.
        """
        self.end()
        rmtree(self._folder, ignore_errors=True)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _send(self, job: Job) -> None:
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            pickle.dump(job, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def _messages(self) -> Iterator[tuple[str, Any]]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith(b"\n"):
                yield from json.loads(line).items()


def _joined(outcome: Outcome | None, ended: dict[str, Any]) -> Outcome:
    """What the child told, with what the warden measured; the warden's word where it told none."""
    figures = {name: ended[name] for name in ("seconds", "peak_memory_gb")}
    if outcome is None:
        return Outcome(ended["label"], ended["message"], **figures)
    return replace(outcome, **figures)


@cache
def _crew_here(target: str) -> Crew:
    return Crew(target)


def run_anywhere(job: Job, target: str) -> Outcome:
    """Solve one job in a crew of this process; what a remote worker is asked to call."""
    return _crew_here(target).run(job)


SOLVE = f"{solve_job.__module__}:{solve_job.__name__}"
