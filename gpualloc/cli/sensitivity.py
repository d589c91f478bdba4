"""`gpualloc sensitivity`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli import completion
from gpualloc.cli.answers import AnswerOptions, with_answer_options
from gpualloc.cli.exits import ExitCode
from gpualloc.cli.options import InstanceFile


@with_answer_options()
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
        Path | None,
        typer.Option(
            metavar="PLAN",
            help="Start from this plan of the instance.",
            autocompletion=completion.plans,
        ),
    ] = None,
    *,
    options: AnswerOptions,
) -> None:
    """Tell what a little more of each scarce thing would save, and what given steps save."""
    import gpualloc

    answer = gpualloc.sensitivity(
        gpualloc.read(file),
        steps=step or (),
        plan=None if plan is None else gpualloc.read_plan(plan),
        **options.solves,
    )
    options.hand_out(answer)
    raise typer.Exit(ExitCode.DONE if answer else ExitCode.NO_PLAN)
