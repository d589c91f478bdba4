"""The door to batches: `batch`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from gpualloc.batches.cases import UNCHANGED, Case, content_of
from gpualloc.batches.folder import open_folder, run_path
from gpualloc.batches.inputs import find_instances
from gpualloc.batches.interrupts import Interrupts
from gpualloc.batches.results import Result
from gpualloc.batches.schedule import Event, Schedule
from gpualloc.batches.settings import Settings
from gpualloc.batches.storage import Store
from gpualloc.batches.summary import count_labels, row_of, write_summary
from gpualloc.batches.workforce import Workforce, local_workforce, remote_workforce
from gpualloc.errors import UsageError
from gpualloc.instance.files import StrPath
from gpualloc.instance.instance import Instance
from gpualloc.instance.scenarios import Scenario

Input = StrPath | Instance


def batch(
    inputs: Input | Iterable[Input],
    runs: StrPath,
    *,
    scenarios: Sequence[Scenario] = (UNCHANGED,),
    workers: int | None = None,
    engine: str = "auto",
    solver: str | None = None,
    time_limit: float | None = None,
    grace: float = 10.0,
    memory_limit_gb: float | None = None,
    gap: float = 1e-6,
    seed: int = 0,
    threads: int = 1,
    resume: bool = False,
    executor: Executor | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> Iterator[Result]:
    """Solve many instances, each in a process of its own; results come as they are committed.

    Whatever becomes of an instance costs that one alone, and is its result's label. Ctrl-C once
    lets what has begun come to its end, twice stops; then `KeyboardInterrupt` is raised. A run
    that ended early, however it ended, is taken up with `resume`.

    Parameters
    ----------
    inputs : str, path, Instance, or iterable of them
        Files, folders and patterns, as `gpualloc batch` takes them, and instances. An iterator is
        drawn from only as workers become free.
    runs : str or path
        The run folder; it is made if it is not there.
    scenarios : sequence of Scenario
        Each instance is solved under each of them; see `gpualloc.batches.grid`.
    workers : int or None
        Solves side by side; None for one a processor. With an executor: jobs given to it at once.
    engine, solver, gap, seed, threads
        As `gpualloc.solve` takes them.
    time_limit : float or None
        Seconds for each solve; None for no limit.
    grace : float
        Seconds after the time limit at which a solve that has not ended is stopped by force.
    memory_limit_gb : float or None
        GB (10^9 bytes) for each solve; None for an equal share of 80 % of this machine's memory.
    resume : bool
        Go on in a folder that holds results; they are read again, not solved again.
    executor : concurrent.futures.Executor or None
        Where to solve: anything that runs a function elsewhere, such as
        ``dask.distributed.Client(...).get_executor()``. None for processes of this machine.
    on_event : callable or None
        Called with an `Event` when a solve starts, has news, is done, or is lost.

    Yields
    ------
    Result
        One for each instance and scenario, in the order in which they are done.

    Raises
    ------
    UsageError
        An argument is not possible, an input does not exist, or the run folder is in use, holds
        results and is not resumed, or cannot be written.
    SolverError
        The workers cannot be started or have failed.
    """
    if not hasattr(os, "fork"):
        raise UsageError("batches need Linux or macOS")
    if workers is not None and workers < 1:
        raise UsageError(f"workers: {workers} is not a positive number")
    settings = Settings(engine, solver, gap, seed, threads, time_limit, grace, memory_limit_gb)
    folder = run_path(runs)
    cases = _cases(inputs, folder, scenarios)
    workforce = (
        local_workforce(workers) if executor is None else remote_workforce(executor, workers)
    )
    return run(cases, Store(folder), settings, workforce, resume=resume, on_event=on_event)


def run(
    cases: Iterator[Case],
    store: Store,
    settings: Settings,
    workforce: AbstractContextManager[Workforce],
    *,
    resume: bool,
    on_event: Callable[[Event], None] | None = None,
) -> Iterator[Result]:
    """Run a batch over cases, with the disk and the workers given; see `batch`."""
    rows: dict[int, dict[str, Any]] = {}
    with (
        open_folder(store, settings, resume=resume) as folder,
        Interrupts() as interrupts,
    ):
        with workforce as workers:
            schedule = Schedule(cases, folder, workers, interrupts, on_event or _ignore)
            try:
                for number, result in schedule.results():
                    rows[number] = row_of(result)
                    yield result
            except KeyboardInterrupt:
                interrupts.count = 2
        in_order = [rows[number] for number in sorted(rows)]
        write_summary(folder, in_order)
        interrupted = interrupts.count > 0
        folder.note("interrupted" if interrupted else "closed", labels=count_labels(in_order))
    if interrupted:
        raise KeyboardInterrupt


def _ignore(event: Event) -> None:
    """Nobody listens."""


def _cases(
    inputs: Input | Iterable[Input], folder: Path, scenarios: Sequence[Scenario]
) -> Iterator[Case]:
    """Cases, made as they are needed; what is given by name at once is looked for at once."""
    if isinstance(inputs, str | os.PathLike | Instance):
        inputs = [inputs]
    found: Iterable[Instance | Path] = _found(inputs, folder)
    if isinstance(inputs, list | tuple):
        found = list(found)
    return (
        Case(_name(given), content_of(given), scenario) for given in found for scenario in scenarios
    )


def _found(inputs: Iterable[Input], folder: Path) -> Iterator[Instance | Path]:
    for given in inputs:
        if isinstance(given, Instance):
            yield given
        else:
            yield from find_instances([given], folder)


def _name(given: Instance | Path) -> str:
    return given.name if isinstance(given, Instance) else str(given)
