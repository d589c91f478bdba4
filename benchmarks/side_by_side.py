"""Side by side: this engine, whole-program solvers and a per-shard model on the same instances.

::

    python benchmarks/side_by_side.py --output results                     # up to 80 minutes
    python benchmarks/side_by_side.py --output results --sizes 8x12 --time-limit 20
    python benchmarks/side_by_side.py --output results --instances instances/xai-memphis.json

Each way gets each instance with the same time limit, in a process of its own, which is killed when
it does not end. A cost is the checker's, of a plan that it accepted. The quality of a plan is its
distance from the best bound that any way of gpualloc proved. The folder gets ``side_by_side.md``,
``side_by_side.json`` and ``side_by_side.html``, anew after each instance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from isolated import Run, Tell, run_isolated
from ladder import SIZES
from loglog import Panel, Series, draw_loglog
from machine import made_with
from options import add_common, some_of
from per_shard import solve_per_shard
from results import Results, shown

import gpualloc
from gpualloc import Instance
from gpualloc.engines.backends import list_solvers
from gpualloc.errors import InputError
from gpualloc.plan.checker import check_layout
from gpualloc.plan.plan import relative_gap

GPUS = {"4x6": 1_000, "8x12": 4_000, **SIZES}
"""GPUs by data centers x jobs."""

KINDS: dict[str, dict[str, Any]] = {
    "plain": {"contracts": "none", "flows": False},
    "all": {"contracts": "all", "flows": True},
}
"""Instances without contracts and flows, which the per-shard model covers, and with all."""

WAYS = ("auto", "decomposition", "highs", "cbc", "scip", "cp-sat", "per-shard")
ENGINES = ("auto", "decomposition")
PER_SHARD = "per-shard"

GRACE_S = 30.0
"""Beyond the time limit, to read, to check and to overrun."""

BAD_INPUT = 2

LEAST_GAP = 1e-6
"""Smaller distances from the best bound are drawn as this."""

COLUMNS = (
    "instance",
    "way",
    "status",
    "cost, USD",
    "bound, USD",
    "gap",
    "over the best bound",
    "seconds",
    "peak, MB",
    "note",
)
NOTES = (
    "Costs are the checker's; a plan that it refuses is none. Peak memory is that of all processes "
    "of a way, pages that they share counted for each."
)


@dataclass(frozen=True)
class Case:
    """An instance, in a file that every way reads."""

    name: str
    kind: str
    data_centers: int
    jobs: int
    path: Path


@dataclass
class Try:
    """What a way made of an instance.

    Attributes
    ----------
    status : str
        As a plan has it; ``killed``, ``failed`` or ``not covered`` where there was no answer.
    cost_usd : float or None
        By the checker.
    """

    way: str
    status: str
    cost_usd: float | None = None
    bound_usd: float | None = None
    seconds: float = 0.0
    peak_mb: float = 0.0
    note: str = ""

    @property
    def gap(self) -> float | None:
        """By its own bound."""
        return relative_gap(self.cost_usd, self.bound_usd)


def main(arguments: Sequence[str] | None = None) -> None:
    """Try all ways on all instances, and write what is known after each."""
    options = _parse(arguments)
    found: list[tuple[Case, list[Try]]] = []
    with TemporaryDirectory(prefix="gpualloc-") as folder:
        try:
            cases = list(_cases(options, Path(folder)))
        except InputError as error:
            print(error, file=sys.stderr)
            sys.exit(BAD_INPUT)
        for case in cases:
            found.append((case, []))
            for way in options.ways:
                found[-1][1].append(_try(case, way, options))
                print(case.name, found[-1][1][-1], file=sys.stderr, flush=True)
            results = _results(found, options)
            results.write(options.output, draw(found))
    print(results.text)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_common(parser, time_limit=60.0, engine=False)
    parser.add_argument("--sizes", type=some_of(GPUS), default=list(GPUS)[:5], help="with commas")
    parser.add_argument("--kinds", type=some_of(KINDS), default=list(KINDS))
    parser.add_argument("--instances", type=Path, nargs="+", help="files, in place of sizes")
    parser.add_argument("--ways", type=some_of(WAYS), default=list(WAYS))
    options = parser.parse_args(arguments)
    options.missing = _missing(options.ways)
    options.ways = [way for way in options.ways if way not in options.missing]
    return options


def _missing(ways: Sequence[str]) -> list[str]:
    """Those of the ways whose solver is not installed, or refused."""
    usable = {info.name: info.available for info in list_solvers()}
    return [way for way in ways if not usable.get(way, True)]


def _cases(options: argparse.Namespace, folder: Path) -> Iterator[Case]:
    """The instances, the generated ones written into a folder."""
    if options.instances:
        for path in options.instances:
            instance = gpualloc.read(path)
            yield _case(instance.name, "files", instance, path)
        return
    for size, kind in product(options.sizes, options.kinds):
        data_centers, jobs = map(int, size.split("x"))
        instance = gpualloc.generate(
            gpus=GPUS[size],
            data_centers=data_centers,
            jobs=jobs,
            seed=options.seed,
            **KINDS[kind],
        )
        path = folder / f"{size}-{kind}.json"
        instance.write(path)
        yield _case(f"{size} {kind}", kind, instance, path)


def _case(name: str, kind: str, instance: Instance, path: Path) -> Case:
    return Case(name, kind, len(instance.data_centers), len(instance.jobs), path)


def _try(case: Case, way: str, options: argparse.Namespace) -> Try:
    work = try_per_shard if way == PER_SHARD else try_engine
    run = run_isolated(
        work,
        case.path,
        way,
        options.time_limit,
        options.seed,
        kill_after_s=options.time_limit + GRACE_S,
    )
    tried: Try = run.result or _broken(way, run)
    tried.peak_mb = run.peak_mb
    return tried


def _broken(way: str, run: Run) -> Try:
    """What is left of a process that gave no answer."""
    if run.killed:
        return Try(way, "killed", seconds=run.seconds, note=f"too much {run.killed}")
    return Try(way, "failed", seconds=run.seconds, note=run.error or "")


def try_engine(tell: Tell, path: Path, way: str, time_limit: float, seed: int) -> Try:
    """Solve with an engine, or with the exact engine and a solver."""
    instance = gpualloc.read(path)
    engine, solver = (way, None) if way in ENGINES else ("exact", way)
    plan = gpualloc.solve(instance, engine=engine, solver=solver, time_limit=time_limit, seed=seed)
    cost = None
    if plan:
        verdict = gpualloc.check(instance, plan)
        assert verdict, verdict
        cost = verdict.objective_usd
    return Try(way, plan.status, cost, plan.bound_usd, plan.seconds, note=plan.engine)


def try_per_shard(tell: Tell, path: Path, way: str, time_limit: float, seed: int) -> Try:
    """Solve the per-shard model with PuLP's HiGHS."""
    instance = gpualloc.read(path)
    began = perf_counter()
    answer = solve_per_shard(instance, time_limit)
    tried = Try(way, "unknown", None, answer.bound_usd, perf_counter() - began, note=answer.note)
    if answer.missing:
        tried.status = "not covered"
    elif answer.infeasible:
        tried.status = "infeasible"
    elif answer.layout is not None:
        verdict = check_layout(instance, answer.layout)
        if verdict:
            tried.status, tried.cost_usd = "feasible", verdict.objective_usd
        else:
            tried.note = f"{verdict.headline}: {verdict.breaches[0]}; {answer.note}"
    return tried


def _best_bound(tries: Sequence[Try]) -> float | None:
    """The best bound on an instance that a way of gpualloc proved."""
    bounds = [each.bound_usd for each in tries if each.way != PER_SHARD]
    return max((bound for bound in bounds if bound is not None), default=None)


def _results(found: Sequence[tuple[Case, Sequence[Try]]], options: argparse.Namespace) -> Results:
    rows, records = [], []
    for case, tries in found:
        best = _best_bound(tries)
        for each in tries:
            over = relative_gap(each.cost_usd, best)
            rows.append(_row(case, each, over))
            own = {"gap": each.gap, "over_best_bound": over}
            records.append({**asdict(case), "path": str(case.path), **asdict(each), **own})
    missing = f" Not installed: {', '.join(options.missing)}." if options.missing else ""
    return Results(
        name="side_by_side",
        columns=COLUMNS,
        rows=rows,
        records=records,
        made=made_with(seed=options.seed, **{"time limit, s": options.time_limit}),
        notes=NOTES + missing,
    )


def _row(case: Case, each: Try, over: float | None) -> tuple[str, ...]:
    return (
        case.name,
        each.way,
        each.status,
        shown(each.cost_usd, "{:,.0f}"),
        shown(each.bound_usd, "{:,.0f}"),
        shown(each.gap, "{:.4%}"),
        shown(over, "{:.4%}"),
        f"{each.seconds:.1f}",
        f"{each.peak_mb:,.0f}",
        each.note.replace("|", "/"),
    )


def draw(found: Sequence[tuple[Case, Sequence[Try]]]) -> Any:
    """Distance from the best bound against data centers x jobs, a panel for each kind."""
    kinds = dict.fromkeys(case.kind for case, _ in found)
    return draw_loglog(
        "How far above the best bound a plan is after the same time",
        [Panel(kind, _series([pair for pair in found if pair[0].kind == kind])) for kind in kinds],
        x_title="data centers x jobs",
        y_title="above the best bound, %",
        slope=False,
    )


def _series(found: Sequence[tuple[Case, Sequence[Try]]]) -> list[Series]:
    points: dict[str, list[tuple[float, float]]] = {}
    for case, tries in found:
        for each in tries:
            over = relative_gap(each.cost_usd, _best_bound(tries))
            if over is not None:
                point = (case.data_centers * case.jobs, 100 * max(over, LEAST_GAP))
                points.setdefault(each.way, []).append(point)
    least = 100 * LEAST_GAP
    return [
        Series(way, found_at, hollow=[point for point in found_at if point[1] <= least])
        for way, found_at in points.items()
    ]


if __name__ == "__main__":
    main()
