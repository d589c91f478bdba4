"""`gpualloc explain`."""

from __future__ import annotations

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


def explain(
    file: InstanceFile,
    alternatives: Annotated[
        int, typer.Option(metavar="N", min=0, help="How many ways out are enough.")
    ] = 6,
    time_limit: TimeLimit = None,
    gap: Gap = 1e-3,
    engine: Engine = "auto",
    solver: Solver = None,
    seed: Seed = 0,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Tell why an instance has no plan: the rules that clash, and the cheapest ways out."""
    import gpualloc

    answer = gpualloc.explain(
        gpualloc.read(file),
        alternatives=alternatives,
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
