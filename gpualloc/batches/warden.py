"""The warden: a process that has loaded everything, solves nothing, and forks a child per solve.

Started as ``python -m gpualloc.batches.warden MODULE:FUNCTION FOLDER``; it makes the folder for
temporary files, and removes it at its end. It reads pickled jobs from standard input, one at a
time. For each it forks a child that calls the function, relays the child's lines of JSON, holds
the child to its limits, and closes with the line ``ended``. The end of standard input (the parent
is gone, or wants no more) stops child and warden at any moment.

The fork is safe because the warden itself has one thread and never solves; a process forked after
a solve could hang on the solver's threads.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, NoReturn

import psutil

from gpualloc.batches.child import run_child
from gpualloc.batches.solves import Job
from gpualloc.batches.warmth import warm_up

WATCH_SECONDS = 0.1
IDLE_SECONDS = 60.0
EXIT_SECONDS = 2.0
BYTES_PER_GB = 1e9


def main() -> None:
    """Serve until the parent is gone, or has asked for nothing for a minute."""
    module, _, function = sys.argv[1].partition(":")
    folder = Path(sys.argv[2])
    target = getattr(import_module(module), function)
    out = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    folder.mkdir(mode=0o700)
    try:
        warm_up(folder)
        while (job := _next_job()) is not None:
            _serve(job, target, folder, out)
    except (BrokenPipeError, EOFError):
        """The parent is gone."""
    finally:
        rmtree(folder, ignore_errors=True)


def _next_job() -> Job | None:
    ready, _, _ = select.select([0], [], [], IDLE_SECONDS)
    if not ready:
        return None
    job: Job = pickle.load(sys.stdin.buffer)
    return job


def _serve(job: Job, target: Callable[..., Any], folder: Path, out: int) -> None:
    scratch = Path(mkdtemp(dir=folder))
    solve = Solve(job, target, scratch, out)
    try:
        ended = solve.watch()
    finally:
        solve.kill()
        rmtree(scratch, ignore_errors=True)
    send(out, json.dumps({"ended": ended}).encode() + b"\n")


def send(file: int, data: bytes) -> None:
    """Write all of the data."""
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


class Solve:
    """A child that solves, from its fork to its end.

    Parameters
    ----------
    job : Job
    target : callable
        What the child calls.
    scratch : path
        A folder for the child's files, and what it prints.
    out : int
        Where its lines are relayed to.
    """

    def __init__(self, job: Job, target: Callable[..., Any], scratch: Path, out: int) -> None:
        self._began = time.monotonic()
        self._noise = scratch / "stderr"
        self._out = out
        self._memory_limit_gb = job.settings.memory_limit_gb
        patience = job.settings.patience_seconds
        self._latest = None if patience is None else self._began + patience
        self._look_at = self._began + WATCH_SECONDS
        self._peak_gb = 0.0
        self._status: int | None = None
        self._partial = b""
        self._told = False
        self._lines, write = os.pipe()
        life, self._life = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            _become_child(job, target, scratch, keep=(write, life))
        os.close(write)
        os.close(life)
        os.set_blocking(self._lines, False)
        send(out, b'{"started": null}\n')

    def watch(self) -> dict[str, Any]:
        """Relay and watch until the child has ended or must be; returns how it ended."""
        label, message = None, ""
        while label is None:
            if not self._relay():
                label, message = self._cause_of_death()
            elif self._told:
                break
            elif self._latest is not None and time.monotonic() > self._latest:
                label, message = "timeout", "stopped: it did not end at its time limit"
            elif self._is_too_large():
                label = "memory"
                message = f"stopped at the memory limit of {self._memory_limit_gb:g} GB"
        self.kill()
        seconds = time.monotonic() - self._began
        ended = {"label": label, "message": message, "seconds": seconds}
        return {**ended, "peak_memory_gb": self._peak_gb}

    def kill(self) -> None:
        """End the child and every process that it started."""
        for stop in (os.kill, os.killpg):
            try:
                stop(self.child, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                """It has ended by itself, or has no group yet."""
        self._reap(0)
        if self._life >= 0:
            os.close(self._life)
            os.close(self._lines)
            self._life = -1

    def _relay(self) -> bool:
        """Wait for a moment and pass lines on; false once the child has closed its end.

        Raises
        ------
        EOFError
            The parent is gone.
        """
        ready, _, _ = select.select([0, self._lines], [], [], self._patience())
        if 0 in ready:
            raise EOFError
        if self._lines not in ready:
            return True
        data = os.read(self._lines, 1 << 16)
        whole, newline, rest = (self._partial + data).rpartition(b"\n")
        self._partial = rest
        if newline:
            send(self._out, whole + newline)
            self._told = self._told or whole.rpartition(b"\n")[2].startswith(FINAL)
        return bool(data)

    def _patience(self) -> float | None:
        """How long to wait for a line before looking at the limits again."""
        looks = [] if self._memory_limit_gb is None else [self._look_at]
        looks += [] if self._latest is None else [self._latest]
        return max(0.0, min(looks) - time.monotonic() + 0.001) if looks else None

    def _is_too_large(self) -> bool:
        if self._memory_limit_gb is None or time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + WATCH_SECONDS
        in_use_gb = _memory_gb(self.child)
        self._peak_gb = max(self._peak_gb, in_use_gb)
        return in_use_gb > self._memory_limit_gb

    def _cause_of_death(self) -> tuple[str, str]:
        """Label and message of a child that ended without an outcome."""
        latest = time.monotonic() + EXIT_SECONDS
        while self._status is None and time.monotonic() < latest:
            self._reap(os.WNOHANG)
            time.sleep(0.002)
        self.kill()
        noise = self._noise.read_text(errors="replace").strip().splitlines()[-1:]
        told = "".join(f": {line}" for line in noise)
        if "bad_alloc" in told or "MemoryError" in told:
            return "memory", f"out of memory{told}"
        code = os.waitstatus_to_exitcode(self._status or 0)
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        return "crashed", f"its process {how}{told}"

    def _reap(self, options: int) -> None:
        if self._status is not None:
            return
        child, status, usage = os.wait4(self.child, options)
        if child:
            self._status = status
            unit = 1.0 if sys.platform == "darwin" else 1024.0
            self._peak_gb = max(self._peak_gb, usage.ru_maxrss * unit / BYTES_PER_GB)


FINAL = (b'{"outcome"', b'{"refused"')
"""How the last line of a child begins."""


def _memory_gb(child: int) -> float:
    """Memory in use by a process and all that it started."""
    total = 0
    try:
        process = psutil.Process(child)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            """It has just ended."""
    return total / BYTES_PER_GB


def _become_child(
    job: Job, target: Callable[..., Any], scratch: Path, keep: tuple[int, int]
) -> NoReturn:
    """Turn this forked copy into the child; it never returns."""
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        nowhere = os.open(os.devnull, os.O_RDONLY)
        noise = os.open(scratch / "stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for source, place in ((nowhere, 0), (noise, 1), (noise, 2)):
            os.dup2(source, place)
        _close_all_but(keep)
        run_child(job, target, scratch, *keep)
    finally:
        os._exit(1)


def _close_all_but(keep: tuple[int, int]) -> None:
    """Close the warden's files, so that their other ends notice when the warden is gone."""
    first, last = sorted(keep)
    os.closerange(3, first)
    os.closerange(first + 1, last)
    os.closerange(last + 1, os.sysconf("SC_OPEN_MAX"))


if __name__ == "__main__":
    main()
