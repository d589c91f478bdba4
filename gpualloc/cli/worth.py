"""`gpualloc worth`."""

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


def worth(
    file: InstanceFile,
    contract: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Value this contract; repeatable. Default: all."),
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
    """Tell what each contract costs: the cheapest plan with it, and without it."""
    import gpualloc

    answer = gpualloc.worth(
        gpualloc.read(file),
        contracts=contract or None,
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
