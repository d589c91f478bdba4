"""Time the way from a file to a solver, stage by stage, on large generated instances.

::

    python benchmarks/build_stages.py                          # to standard output
    python benchmarks/build_stages.py --output stages.md       # also into a file
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, TypeVar

from machine import markdown, surroundings

import gpualloc
from gpualloc import Instance
from gpualloc.engines.backends import highs
from gpualloc.errors import InstanceError
from gpualloc.formulation.program import assemble, write_rules
from gpualloc.instance.arrays import build_arrays
from gpualloc.instance.files import read_json
from gpualloc.rules import rules_of
from gpualloc.rules.writer import Writer

STAGES = ("read", "validate", "arrays", "rows", "assemble", "hand over")
CHECKED, BUILT = STAGES[:3], STAGES[:5]

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Case:
    """A generated instance, and how long part of the way may take.

    Parameters
    ----------
    target_s : float
        Seconds that the stages in `within` may take together.
    """

    name: str
    size: dict[str, int]
    within: tuple[str, ...]
    target_s: float


CASES = (
    Case(
        "50,000 offers x jobs",
        {"gpus": 2_000_000, "data_centers": 150, "jobs": 220},
        CHECKED,
        2.0,
    ),
    Case(
        "40 data centers, 120 jobs",
        {"gpus": 1_000_000, "data_centers": 40, "jobs": 120},
        BUILT,
        10.0,
    ),
    Case(
        "40 data centers, 120 jobs, 4 periods",
        {"gpus": 1_000_000, "data_centers": 40, "jobs": 120, "periods": 4},
        BUILT,
        10.0,
    ),
)

COLUMNS = (
    "instance",
    "offers x jobs",
    "columns",
    "rows",
    "entries",
    *(f"{stage}, s" for stage in STAGES),
    "target, s",
    "taken, s",
    "peak, MB",
)


@dataclass(frozen=True)
class Timing:
    """One way from a file to a solver: seconds by stage, sizes, and the process's peak memory."""

    seconds: dict[str, float]
    pairs: int
    columns: int
    rows: int
    entries: int
    peak_mb: float


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, work: Callable[[], Kind]) -> Kind:
        """Do the work of a stage and note how long it takes."""
        begun = perf_counter()
        done = work()
        self.seconds[stage] = perf_counter() - begun
        return done


def main(arguments: Sequence[str] | None = None) -> None:
    """Time every case, print the table, and fail if a target is missed."""
    options = parse(arguments)
    found = [(case, time_case(case, options.seed, options.repeat)) for case in CASES]
    rows = [row_of(case, timings) for case, timings in found]
    notes = f"Medians of {options.repeat} runs, each in a process of its own; seed {options.seed}."
    text = "\n".join(
        (
            markdown(COLUMNS, rows),
            "",
            f"{notes} {surroundings(packages=('highspy', 'numpy', 'pydantic'))}",
        )
    )
    print(text)
    if options.output:
        write(options.output, text)
    missed = [case.name for case, timings in found if taken(case, timings) > case.target_s]
    if missed:
        sys.exit(f"target missed: {'; '.join(missed)}")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Time the way from a file to a solver, stage by stage."
    )
    parser.add_argument("--output", type=Path, help="write the table here too")
    parser.add_argument("--seed", type=int, default=0, help="seed of the generated instances")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; medians are shown")
    return parser.parse_args(arguments)


def time_case(case: Case, seed: int, repeat: int) -> list[Timing]:
    """Generate the instance of a case, and time it in one fresh process after another."""
    print(f"{case.name}: {repeat} runs", file=sys.stderr, flush=True)
    with TemporaryDirectory(prefix="gpualloc-") as folder:
        path = Path(folder) / "instance.json"
        size: dict[str, Any] = {"periods": 1, **case.size}
        gpualloc.generate(**size, seed=seed).write(path)
        spawn = get_context("spawn")
        with ProcessPoolExecutor(1, spawn, hush, max_tasks_per_child=1) as pool:
            return list(pool.map(time_stages, [path] * repeat))


def hush() -> None:
    """Send what HiGHS prints of itself nowhere; results go back without standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def time_stages(path: Path) -> Timing:
    """Go from a file to a solver that holds the program, and time each stage."""
    clock = Clock()
    data = clock.time("read", lambda: read_json(path, InstanceError))
    instance = clock.time("validate", lambda: Instance.from_dict(data))
    arrays = clock.time("arrays", lambda: build_arrays(instance))
    writer = Writer(arrays)
    quantities = clock.time("rows", lambda: write_rules(writer, rules_of(instance)))
    problem = clock.time("assemble", lambda: assemble(writer, *quantities)).problem
    clock.time("hand over", lambda: highs.build(problem))
    return Timing(
        seconds=clock.seconds,
        pairs=len(instance.offers) * len(instance.jobs),
        columns=problem.columns,
        rows=problem.rows,
        entries=len(problem.matrix.values),
        peak_mb=peak_mb(),
    )


def peak_mb() -> float:
    """The most memory that this process has held, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def taken(case: Case, timings: Sequence[Timing]) -> float:
    """Seconds of the stages that the target is for, the median of the runs."""
    return median(sum(timing.seconds[stage] for stage in case.within) for timing in timings)


def row_of(case: Case, timings: Sequence[Timing]) -> tuple[str, ...]:
    """A case as a row of the table."""
    first = timings[0]
    return (
        case.name,
        *(f"{size:,}" for size in (first.pairs, first.columns, first.rows, first.entries)),
        *(f"{median(timing.seconds[stage] for timing in timings):.2f}" for stage in STAGES),
        f"{case.within[-1]} within {case.target_s:g}",
        f"{taken(case, timings):.2f}",
        f"{max(timing.peak_mb for timing in timings):,.0f}",
    )


def write(path: Path, text: str) -> None:
    """Write the table beside its place and move it there."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(f"{text}\n", encoding="utf-8")
    os.replace(beside, path)


if __name__ == "__main__":
    main()
