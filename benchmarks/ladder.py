"""The ladder: how fast a plan and its proof come, from ten thousand to ten million GPUs.

::

    python benchmarks/ladder.py --output results               # all: up to 100 minutes
    python benchmarks/ladder.py --output results --sizes 12x20,20x40 --time-limit 30

For each size, with all contract types and with none, over one period and four: seconds to the first
plan, the proven gap after 5, 30, 120 and 300 seconds, peak memory, the time by stage, and the
checker's verdict on the last plan. The figure has the time to given gaps against data centers x
jobs. The folder gets ``ladder.md``, ``ladder.json`` and ``ladder.html``, anew after each solve.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from time import perf_counter
from typing import Any

import numpy as np
from isolated import Run, Tell, run_isolated
from loglog import Panel, Series, draw_loglog
from machine import made_with, markdown
from options import add_common, some_of
from results import Results, shown
from stages import watched

import gpualloc
from gpualloc import Progress

SIZES = {
    "12x20": 10_000,
    "20x40": 100_000,
    "40x120": 1_000_000,
    "100x400": 4_000_000,
    "200x1000": 10_000_000,
}
"""GPUs by data centers x jobs."""

MOMENTS_S = (5, 30, 120, 300)
GAPS = (0.05, 0.02, 0.01, 0.005)
ASKED_GAP = 1e-4
LEAST_SHARE = 0.005
"""Stages that take less of the time of all climbs are the rest."""

GRACE_S = 120.0
"""Beyond the time limit, to make the instance, to check the plan, and to overrun."""

FEWEST_POINTS = 3
"""Sizes from which on it is told how the time grows with them."""

COLUMNS = (
    "data centers x jobs",
    "GPUs",
    "contracts",
    "periods",
    "first plan, s",
    *(f"gap at {moment} s" for moment in MOMENTS_S),
    *(f"to {gap:.1%}, s" for gap in GAPS),
    "end, s",
    "gap at the end",
    "peak, MB",
    "checked",
)
NOTES = (
    "The gap at a time after the end is that of the end. Peak memory is that of the process which "
    "makes the instance, solves and checks. Stages are what the main thread was seen at."
)


@dataclass(frozen=True)
class Rung:
    """One solve of the ladder, as it is asked for."""

    size: str
    contracts: str
    periods: int
    seed: int
    time_limit: float
    engine: str

    @property
    def data_centers(self) -> int:
        """How many the instance has."""
        return int(self.size.partition("x")[0])

    @property
    def jobs(self) -> int:
        """How many the instance has."""
        return int(self.size.partition("x")[2])

    @property
    def kind(self) -> str:
        """What rungs of one line of the figure have in common."""
        periods = "1 period" if self.periods == 1 else f"{self.periods} periods"
        return f"{'no' if self.contracts == 'none' else self.contracts} contracts, {periods}"


@dataclass
class Climb:
    """What a solve told and found.

    Attributes
    ----------
    seconds : float
        Of the solve.
    stages : dict of str to float
        Seconds by stage.
    state : str
        ``yes`` if the checker accepts the plan, or why there is none.
    """

    rung: Rung
    events: list[Progress] = field(default_factory=list)
    seconds: float = 0.0
    gap: float | None = None
    peak_mb: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    state: str = ""

    @property
    def first_s(self) -> float | None:
        """When the first plan came."""
        return next((e.seconds for e in self.events if e.incumbent_usd is not None), None)

    def gap_at(self, seconds: float) -> float | None:
        """The proven gap at a time, or at the end if that was before; None if there was none."""
        if self.gap is not None and seconds >= self.seconds:
            return self.gap
        known = [e.gap for e in self.events if e.seconds <= seconds and e.gap is not None]
        return min(known, default=None)

    def time_to(self, gap: float) -> float | None:
        """Seconds until the proven gap was at most `gap`; None if it never was."""
        moments = [e.seconds for e in self.events if e.gap is not None and e.gap <= gap]
        if self.gap is not None and self.gap <= gap:
            moments.append(self.seconds)
        return min(moments, default=None)

    def record(self) -> dict[str, Any]:
        """All of it, as figures."""
        rung = self.rung
        return {
            "data_centers": rung.data_centers,
            "jobs": rung.jobs,
            "gpus": SIZES[rung.size],
            "contracts": rung.contracts,
            "periods": rung.periods,
            "first_plan_s": self.first_s,
            "gap_at_s": {str(moment): self.gap_at(moment) for moment in MOMENTS_S},
            "seconds_to_gap": {str(gap): self.time_to(gap) for gap in GAPS},
            "seconds": self.seconds,
            "gap": self.gap,
            "peak_mb": self.peak_mb,
            "stage_s": self.stages,
            "checked": self.state,
            "progress": [[e.seconds, e.incumbent_usd, e.bound_usd] for e in self.events],
        }

    def row(self) -> tuple[str, ...]:
        """A line of the table."""
        rung = self.rung
        return (
            rung.size,
            f"{SIZES[rung.size]:,}",
            rung.contracts,
            str(rung.periods),
            shown(self.first_s, "{:.1f}"),
            *(shown(self.gap_at(moment), "{:.3%}") for moment in MOMENTS_S),
            *(shown(self.time_to(gap), "{:.1f}") for gap in GAPS),
            f"{self.seconds:.0f}",
            shown(self.gap, "{:.3%}"),
            f"{self.peak_mb:,.0f}",
            self.state,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Climb, and write what is known after each rung."""
    options = _parse(arguments)
    climbs: list[Climb] = []
    for rung in _rungs(options):
        print(f"{rung.size}, {rung.kind}", file=sys.stderr, flush=True)
        climbs.append(climb(rung))
        print(*climbs[-1].row(), sep="  ", file=sys.stderr, flush=True)
        results = _results(climbs, options)
        results.write(options.output, draw(climbs))
    print(results.text)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_common(parser, time_limit=300.0)
    sizes, contracts = list(SIZES), ["all", "none"]
    parser.add_argument("--sizes", type=some_of(sizes), default=sizes, help="with commas")
    parser.add_argument("--contracts", type=some_of(contracts), default=contracts)
    parser.add_argument("--periods", type=some_of(map(str, range(1, 41))), default=["1", "4"])
    return parser.parse_args(arguments)


def _rungs(options: argparse.Namespace) -> Iterator[Rung]:
    """All that is asked for, the small ones first."""
    for size, contracts, periods in product(options.sizes, options.contracts, options.periods):
        yield Rung(size, contracts, int(periods), options.seed, options.time_limit, options.engine)


def climb(rung: Rung) -> Climb:
    """Solve in a process of its own."""
    return _climb_of(rung, run_isolated(solve, rung, kill_after_s=rung.time_limit + GRACE_S))


def _climb_of(rung: Rung, run: Run) -> Climb:
    found: Climb | None = run.result
    if found is None:
        state = f"killed: {run.killed}" if run.killed else f"failed: {run.error}"
        gap = next((e.gap for e in reversed(run.told) if e.gap is not None), None)
        found = Climb(rung, seconds=run.seconds, gap=gap, state=state)
    found.events, found.peak_mb = run.told, run.peak_mb
    return found


def solve(tell: Tell, rung: Rung) -> Climb:
    """Make the instance of a rung, solve it in this process, and check the plan."""
    stages: dict[str, float] = {}
    began = perf_counter()
    instance = gpualloc.generate(
        gpus=SIZES[rung.size],
        data_centers=rung.data_centers,
        jobs=rung.jobs,
        periods=rung.periods,
        contracts=rung.contracts,
        seed=rung.seed,
    )
    generated = perf_counter() - began
    with watched(stages):
        plan = gpualloc.solve(
            instance,
            engine=rung.engine,
            time_limit=rung.time_limit,
            gap=ASKED_GAP,
            isolate=False,
            on_progress=tell,
        )
    state = "no plan"
    if plan:
        state = "yes" if gpualloc.check(instance, plan) else "no"
    return Climb(
        rung,
        seconds=plan.seconds,
        gap=plan.gap,
        stages={"generate": generated, **stages},
        state=state,
    )


def _results(climbs: Sequence[Climb], options: argparse.Namespace) -> Results:
    asked = {"seed": options.seed, "engine": options.engine, "time limit, s": options.time_limit}
    return Results(
        name="ladder",
        columns=COLUMNS,
        rows=[climb.row() for climb in climbs],
        records=[climb.record() for climb in climbs],
        made=made_with(**asked, **{"asked gap": ASKED_GAP}),
        notes=f"{NOTES}\n\n{_growth_table(climbs)}\n\n{_stage_table(climbs)}",
    )


def _growth_table(climbs: Sequence[Climb]) -> str:
    """The powers of data centers x jobs with which the seconds to given gaps grow."""
    rows = [
        (kind, *(shown(growth(line.points), "{:.2f}") for line in lines))
        for kind, lines in _series_by_kind(climbs).items()
    ]
    return markdown(("seconds grow with a power of", *(f"to {gap:.1%}" for gap in GAPS)), rows)


def growth(points: Sequence[tuple[float, float]]) -> float | None:
    """The slope of a line through points with both logarithms; None for less than three."""
    if len(points) < FEWEST_POINTS:
        return None
    size, seconds = np.log(np.array(points, dtype=float)).T
    return float(np.polyfit(size, seconds, 1)[0])


def _stage_table(climbs: Sequence[Climb]) -> str:
    """Seconds by stage, those that took most on the left."""
    totals = sum((Counter(each.stages) for each in climbs), Counter())
    names = [name for name, spent in totals.most_common() if spent > LEAST_SHARE * totals.total()]
    rows = [
        (
            f"{each.rung.size}, {each.rung.kind}",
            *(f"{each.stages.get(name, 0.0):.1f}" for name in names),
            f"{sum(each.stages.values()) - sum(each.stages.get(name, 0.0) for name in names):.1f}",
        )
        for each in climbs
    ]
    return markdown(("seconds by stage", *names, "rest"), rows)


def draw(climbs: Sequence[Climb]) -> Any:
    """Time to given gaps against data centers x jobs, a panel for each kind."""
    return draw_loglog(
        "Time to a proven gap",
        [Panel(kind, lines) for kind, lines in _series_by_kind(climbs).items()],
        x_title="data centers x jobs",
        y_title="seconds",
    )


def _series_by_kind(climbs: Sequence[Climb]) -> dict[str, list[Series]]:
    kinds = dict.fromkeys(climb.rung.kind for climb in climbs)
    return {kind: _series([c for c in climbs if c.rung.kind == kind]) for kind in kinds}


def _series(climbs: Sequence[Climb]) -> list[Series]:
    return [
        Series(
            f"gap {gap:.1%}",
            [
                (climb.rung.data_centers * climb.rung.jobs, seconds)
                for climb in climbs
                if (seconds := climb.time_to(gap)) is not None
            ],
        )
        for gap in GAPS
    ]


if __name__ == "__main__":
    main()
