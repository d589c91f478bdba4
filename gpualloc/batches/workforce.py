"""Who solves: wardens of this machine, or any executor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psutil

from gpualloc.batches.crew import SOLVE, Crew, Listener, run_anywhere
from gpualloc.batches.results import Outcome
from gpualloc.batches.settings import Settings
from gpualloc.batches.solves import Job

USABLE_MEMORY = 0.8
"""The share of the machine's memory that all solves may use together where no limit is given."""


@dataclass(frozen=True)
class Workforce:
    """A way to have jobs done.

    Attributes
    ----------
    submit : callable
        Takes a job, and a listener for what it tells on its way; returns the future outcome.
    room : int
        Jobs that it takes at once, those that wait for a free worker included.
    is_here : bool
        Whether jobs run on this machine: they tell when they start, and one that waits can be
        taken back.
    """

    submit: Callable[[Job, Listener], Future[Outcome]]
    room: int
    is_here: bool


@contextmanager
def local_workforce(workers: int | None, target: str = SOLVE) -> Iterator[Workforce]:
    """Workers on this machine, stopped with all that they run at the end."""
    workers = usable_processors() if workers is None else workers
    crew = Crew(target)
    threads = ThreadPoolExecutor(workers, thread_name_prefix="gpualloc-batch")

    def submit(job: Job, listen: Listener) -> Future[Outcome]:
        return threads.submit(crew.run, limited(job, workers), listen)

    try:
        yield Workforce(submit, 2 * workers, is_here=True)
    finally:
        crew.stop()
        threads.shutdown(cancel_futures=True)


@contextmanager
def remote_workforce(
    executor: Executor, workers: int | None, target: str = SOLVE
) -> Iterator[Workforce]:
    """The workers of an executor; it stays open at the end, and what waits in it is canceled."""
    futures: set[Future[Outcome]] = set()

    def submit(job: Job, listen: Listener) -> Future[Outcome]:
        future = executor.submit(run_anywhere, job, target)
        futures.add(future)
        future.add_done_callback(futures.discard)
        return future

    try:
        yield Workforce(submit, usable_processors() if workers is None else workers, is_here=False)
    finally:
        for future in list(futures):
            future.cancel()


def usable_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limited(job: Job, workers: int) -> Job:
    """The job with its share of this machine's memory as its limit, if it has none."""
    if job.settings.memory_limit_gb is not None:
        return job
    share_gb = USABLE_MEMORY * psutil.virtual_memory().total / 1e9 / workers
    settings: Settings = replace(job.settings, memory_limit_gb=share_gb)
    return replace(job, settings=settings)
