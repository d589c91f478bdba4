"""The ladder: how fast a plan and its proof come, from ten thousand to ten million GPUs.

    python benchmarks/ladder.py [--sizes 12x20,40x120] [--time-limit 60] [--output ladder.md]

For each size, with all contract types and with none: seconds to the first plan, the proven gap at
several times, peak memory of the solve, and the checker's verdict on the last plan.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from machine import markdown, surroundings

import gpualloc
from gpualloc import Progress

SIZES = {
    "12x20": 10_000,
    "20x40": 100_000,
    "40x120": 1_000_000,
    "100x400": 4_000_000,
    "200x1000": 10_000_000,
}
MOMENTS = (5, 10, 30, 60, 120, 300)
COLUMNS = (
    "data centers x jobs",
    "GPUs",
    "contracts",
    "periods",
    "first plan, s",
    *(f"gap at {moment} s" for moment in MOMENTS),
    "end, s",
    "gap at the end",
    "peak, MB",
    "checked",
)


@dataclass
class Rung:
    """One solve of the ladder, with what it told on the way."""

    size: str
    gpus: int
    contracts: str
    periods: int
    events: list[Progress] = field(default_factory=list)
    seconds: float = 0.0
    gap: float | None = None
    peak_mb: float = 0.0
    checked: bool = False

    @property
    def first_seconds(self) -> float | None:
        """When the first plan came."""
        return next((e.seconds for e in self.events if e.incumbent_usd is not None), None)

    def gap_at(self, seconds: float) -> float | None:
        """The proven gap at a time; None where there was none, or the solve had ended."""
        known = [e.gap for e in self.events if e.seconds <= seconds and e.gap is not None]
        return known[-1] if known and seconds <= self.seconds else None


def climb(
    size: str, contracts: str, periods: int, seed: int, time_limit: float, engine: str
) -> Rung:
    """Solve one generated instance, in this process."""
    rung = Rung(size, SIZES[size], contracts, periods)
    data_centers, jobs = map(int, size.split("x"))
    instance = gpualloc.generate(
        gpus=rung.gpus,
        data_centers=data_centers,
        jobs=jobs,
        periods=periods,
        contracts=contracts,
        seed=seed,
    )
    plan = gpualloc.solve(
        instance,
        engine=engine,
        time_limit=time_limit,
        gap=1e-4,
        isolate=False,
        on_progress=rung.events.append,
    )
    rung.seconds, rung.gap = plan.seconds, plan.gap
    rung.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rung.checked = plan.has_plan and bool(gpualloc.check(instance, plan))
    return rung


def rungs(options: argparse.Namespace) -> Iterator[Rung]:
    """Solve size after size, each in a fresh process."""
    for size in options.sizes.split(","):
        for contracts in options.contracts.split(","):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
                yield fresh.submit(
                    climb,
                    size,
                    contracts,
                    options.periods,
                    options.seed,
                    options.time_limit,
                    options.engine,
                ).result()


def row(rung: Rung) -> tuple[str, ...]:
    """A line of the table."""
    return (
        rung.size,
        f"{rung.gpus:,}",
        rung.contracts,
        str(rung.periods),
        _shown(rung.first_seconds, "{:.1f}"),
        *(_shown(rung.gap_at(moment), "{:.3%}") for moment in MOMENTS),
        f"{rung.seconds:.0f}",
        _shown(rung.gap, "{:.3%}"),
        f"{rung.peak_mb:,.0f}",
        "yes" if rung.checked else "no plan",
    )


def _shown(figure: float | None, form: str) -> str:
    return "" if figure is None else form.format(figure)


def main() -> None:
    """Climb, print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="12x20,20x40,40x120")
    parser.add_argument("--contracts", default="all,none")
    parser.add_argument("--periods", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    lines = []
    for rung in rungs(options):
        lines.append(row(rung))
        print(*lines[-1], sep="  ", file=sys.stderr, flush=True)
    made = surroundings(packages=("highspy", "numba", "numpy"))
    table = f"{markdown(COLUMNS, lines)}\n\n{made} Engine {options.engine}, seed {options.seed}.\n"
    print(table)
    if options.output:
        options.output.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
