"""`gpualloc frontier`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli import completion
from gpualloc.cli.answers import AnswerOptions, with_answer_options
from gpualloc.cli.options import InstanceFile
from gpualloc.cli.plan_folders import PlanFolder, expect_plan_folder, write_plans


@with_answer_options(time_limit=240.0)
def frontier(
    file: InstanceFile,
    against: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="Of what to have less: penalty (stall, latency, egress), energy, providers, moves",
        ),
    ] = "penalty",
    points: Annotated[
        int, typer.Option(metavar="N", min=2, help="How many plans at most, both ends included.")
    ] = 5,
    every: Annotated[
        bool, typer.Option("--all", help="All plans of the frontier, however many.")
    ] = False,
    today: Annotated[
        Path | None,
        typer.Option(
            metavar="PLAN",
            help="Today's placement, for moves; default: the jobs' `current`.",
            autocompletion=completion.plans,
        ),
    ] = None,
    plans: PlanFolder = None,
    *,
    options: AnswerOptions,
) -> None:
    """Tell what less of something costs: the cheapest plan within each of several limits."""
    import gpualloc

    expect_plan_folder(plans)
    answer = gpualloc.frontier(
        gpualloc.read(file),
        against,
        points=None if every else points,
        today=None if today is None else gpualloc.read_plan(today),
        **options.solves,
    )
    write_plans(plans, answer.plans)
    options.hand_out(answer)
