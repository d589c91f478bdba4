"""Throughput of batches: what each instance costs beside its solve, and what a second worker gives.

::

    python benchmarks/batch_throughput.py                      # 1,000 small instances
    python benchmarks/batch_throughput.py --instances 200

Three ways over the same generated instances: one after the other in one warm process, a batch with
one worker, a batch with two. The overhead is workers x time / instances, less the time that a
solve takes in the warm process: forking, reading, checking limits, committing and waiting.
Processor time, of all processes together, tells the same where other programs keep the machine
busy.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from machine import markdown, surroundings

import gpualloc

COLUMNS = (
    "way",
    "time, s",
    "instances a second",
    "overhead, ms an instance and worker",
    "processor time, ms an instance",
)
WARM_UP = 5


@dataclass(frozen=True)
class Timing:
    """How long one way took.

    Attributes
    ----------
    workers : int
        0 for the solves alone.
    processor_seconds : float
        Of this process and all that it started.
    """

    workers: int
    instances: int
    seconds: float
    processor_seconds: float

    def overhead_ms(self, alone: Timing) -> float:
        """Time of a worker for an instance beyond the solve alone."""
        spent = self.workers * self.seconds / self.instances
        return 1000 * (spent - alone.seconds / alone.instances)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    options = _parse(arguments)
    with TemporaryDirectory(prefix="gpualloc-", dir=options.folder) as folder:
        paths = _generate(Path(folder), options.instances, options.seed)
        alone = _solve_alone(paths)
        batches = [_solve_batch(paths, Path(folder, f"runs-{n}"), n) for n in (1, 2)]
    print(markdown(COLUMNS, [_row(timing, alone) for timing in (alone, *batches)]))
    gain = batches[0].seconds / batches[1].seconds
    print(f"\nTwo workers give {gain:.2f} times the throughput of one.")
    made_on = surroundings(packages=["highspy", "numpy"])
    print(f"{options.instances:,} instances, seed {options.seed}. {made_on}")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to work; default: temporary files")
    return parser.parse_args(arguments)


def _generate(folder: Path, count: int, seed: int) -> list[Path]:
    """Write small instances: 4 data centers, 3 jobs and contracts of all types."""
    paths = [folder / f"{number:05}.json" for number in range(count)]
    for number, path in enumerate(paths):
        instance = gpualloc.generate(gpus=2000, data_centers=4, jobs=3, seed=seed + number)
        instance.write(path)
    return paths


def _solve_alone(paths: Sequence[Path]) -> Timing:
    """Solve in this process, read beforehand; the first few solves again are not counted."""
    instances = [gpualloc.read(path) for path in paths]
    for instance in instances[:WARM_UP]:
        gpualloc.solve(instance, isolate=False, threads=1)
    began, processor = perf_counter(), _processor_seconds()
    for instance in instances:
        gpualloc.solve(instance, isolate=False, threads=1)
    return Timing(0, len(paths), perf_counter() - began, _processor_seconds() - processor)


def _solve_batch(paths: Sequence[Path], runs: Path, workers: int) -> Timing:
    """Solve in a batch, its start and its summary included."""
    began, processor = perf_counter(), _processor_seconds()
    solved = sum(map(bool, gpualloc.batch(list(paths), runs, workers=workers)))
    seconds = perf_counter() - began
    if solved < len(paths):
        sys.exit(f"{len(paths) - solved} instances have no plan")
    return Timing(workers, len(paths), seconds, _processor_seconds() - processor)


def _processor_seconds() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)


def _row(timing: Timing, alone: Timing) -> tuple[str, ...]:
    way = ("solves alone", "batch, 1 worker", "batch, 2 workers")[timing.workers]
    overhead = f"{timing.overhead_ms(alone):.1f}" if timing.workers else "-"
    pace = timing.instances / timing.seconds
    processor_ms = 1000 * timing.processor_seconds / timing.instances
    return way, f"{timing.seconds:.1f}", f"{pace:.1f}", overhead, f"{processor_ms:.1f}"


if __name__ == "__main__":
    main(sys.argv[1:])
