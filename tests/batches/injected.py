"""Solves that go wrong on purpose, by the name of the instance; a worker calls `solve`."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from gpualloc.batches.results import Outcome
from gpualloc.batches.solves import Job, solve_job
from gpualloc.errors import SolverError
from gpualloc.progress import Progress

TARGET = f"{__name__}:solve"
CHUNK_BYTES = 20_000_000


def solve(job: Job, scratch: Path, tell: Callable[[Progress], None]) -> Outcome:
    """Go wrong if the instance's name begins with a way of going wrong; else solve it."""
    kind = Path(job.case.name).stem.partition("-")[0]
    if kind in WAYS:
        WAYS[kind]()
    return solve_job(job, scratch, tell)


def segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(7)


def hang() -> None:
    """Hang for good, deaf to polite signals."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        time.sleep(10)


def freeze() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def eat() -> None:
    """Take memory until stopped."""
    eaten = []
    while True:
        eaten.append(bytearray(b"x") * CHUNK_BYTES)
        time.sleep(0.005)


def breed() -> None:
    """Take memory in a process of its own."""
    code = f"a = []\nwhile True: a.append(bytearray(b'x') * {CHUNK_BYTES})"
    subprocess.run(["python3", "-c", code])


def starve() -> None:
    """Be refused memory by the system."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
    bytearray(1 << 30)


def fail() -> None:
    raise SolverError("the solver failed on purpose")


def stumble() -> None:
    raise ZeroDivisionError("a mistake")


def abandon() -> None:
    """Leave a process behind and crash."""
    subprocess.Popen(["sleep", "1000"])
    os.abort()


def litter() -> None:
    """Fill the folder for temporary files and the standard streams, and crash."""
    import tempfile

    os.write(1, b"noise on standard output\n")
    os.write(2, b"the last words\n")
    Path(tempfile.mkdtemp(), "left").write_text("left behind")
    os.abort()


def murder() -> None:
    """Kill the worker, and live on."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)


def poison() -> None:
    """Kill the process that runs the worker, a Dask worker, and live on."""
    worker = psutil.Process(os.getppid()).parent()
    assert worker is not None
    worker.kill()
    time.sleep(1000)


WAYS: dict[str, Callable[[], None]] = {
    "segfault": segfault,
    "leave": leave,
    "hang": hang,
    "freeze": freeze,
    "eat": eat,
    "breed": breed,
    "starve": starve,
    "stumble": stumble,
    "fail": fail,
    "abandon": abandon,
    "litter": litter,
    "murder": murder,
    "poison": poison,
}
