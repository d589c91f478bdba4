"""`gpualloc sensitivity`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli.answers import (
    AsJson,
    Engine,
    Gap,
    InstanceFile,
    Quiet,
    Seed,
    Solver,
    Threads,
    TimeLimit,
    hand_out,
    noting,
)
from gpualloc.cli.exits import ExitCode


def sensitivity(
    file: InstanceFile,
    step: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIGURE=+N",
            help="Raise or lower a figure and solve anew: power_mw[memphis]=+10, "
            "gpus[memphis GB200, 2025Q4]=-1000, gbps[memphis, atlanta]=+100; repeatable.",
        ),
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="Start from this plan of the instance.")
    ] = None,
    time_limit: TimeLimit = None,
    gap: Gap = 1e-6,
    engine: Engine = "auto",
    solver: Solver = None,
    seed: Seed = 0,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Tell what a little more of each scarce thing would save, and what given steps save."""
    import gpualloc

    answer = gpualloc.sensitivity(
        gpualloc.read(file),
        steps=step or (),
        plan=None if plan is None else gpualloc.read_plan(plan),
        engine=engine,
        solver=solver,
        time_limit=time_limit,
        gap=gap,
        seed=seed,
        threads=threads,
        on_note=noting(quiet),
    )
    hand_out(answer, as_json)
    raise typer.Exit(ExitCode.DONE if answer else ExitCode.NO_PLAN)
