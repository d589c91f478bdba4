"""`gpualloc solve`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpualloc.cli import completion
from gpualloc.cli.console import notes, show
from gpualloc.cli.exits import ExitCode, tell
from gpualloc.cli.options import (
    AsJson,
    Engine,
    Full,
    Gap,
    InstanceFile,
    PlanOutput,
    Seed,
    Solver,
    Threads,
    TimeLimit,
)
from gpualloc.cli.outputs import expect_plan
from gpualloc.cli.progress import ProgressTable

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan


def solve(
    file: InstanceFile,
    out: PlanOutput = None,
    time_limit: TimeLimit = None,
    gap: Gap = 1e-6,
    engine: Engine = "auto",
    solver: Solver = None,
    seed: Seed = 0,
    threads: Threads = None,
    warm_start: Annotated[
        Path | None,
        typer.Option(
            metavar="PLAN", help="Start from this plan's file.", autocompletion=completion.plans
        ),
    ] = None,
    as_json: AsJson = False,
    progress: Annotated[
        bool | None,
        typer.Option(
            "--progress/--no-progress",
            help="Show progress on standard error; default: if that is a terminal.",
        ),
    ] = None,
    full: Full = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no summary; errors remain.")
    ] = False,
) -> None:
    """Find the cheapest plan of an instance, and a proof of how cheap a plan can be."""
    import gpualloc

    expect_plan(out, inputs=[file])
    instance = gpualloc.read(file)
    start = None if warm_start is None else gpualloc.read_plan(warm_start)
    table = _progress_table(progress, quiet)
    plan = gpualloc.solve(
        instance,
        engine=engine,
        solver=solver,
        time_limit=time_limit,
        gap=gap,
        seed=seed,
        threads=threads,
        warm_start=start,
        on_progress=table,
    )
    if table is not None:
        table.finish()
    if not plan and plan.stopped_by == "interrupt":
        tell("interrupted before a plan was found")
        raise typer.Exit(ExitCode.INTERRUPTED)
    _hand_out(plan, out, as_json, quiet, full)
    raise typer.Exit(ExitCode.DONE if plan else ExitCode.NO_PLAN)


def _progress_table(wanted: bool | None, quiet: bool) -> ProgressTable | None:
    if quiet or wanted is False or (wanted is None and not sys.stderr.isatty()):
        return None
    return ProgressTable(notes())


def _hand_out(plan: Plan, out: Path | None, as_json: bool, quiet: bool, full: bool) -> None:
    """Write and show the result; it is shown even where it cannot be written."""
    try:
        if out is not None:
            plan.write(out)
    finally:
        if as_json:
            typer.echo(plan.to_json(ascii_only=True), nl=False)
        elif not quiet:
            from gpualloc.plan.summary import summary

            show(summary(plan, full=full))
