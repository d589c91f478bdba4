"""`gpualloc replan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli import completion
from gpualloc.cli.answers import AnswerOptions, with_answer_options
from gpualloc.cli.options import InstanceFile, PlanOutput
from gpualloc.cli.outputs import expect_plan


@with_answer_options()
def replan(
    file: InstanceFile,
    today: Annotated[
        Path | None,
        typer.Option(
            metavar="PLAN",
            help="The plan in force; default: the jobs' `current`.",
            autocompletion=completion.plans,
        ),
    ] = None,
    changes: Annotated[
        str,
        typer.Option(
            "--change",
            metavar="CHANGES",
            help=(
                "What has changed, with semicolons between: set PATH=VALUE, scale PATH=FACTOR, "
                "drop CONTRACT, lose DATA_CENTER, delay DATA_CENTER=PERIODS."
            ),
        ),
    ] = "",
    max_moves: Annotated[
        int | None, typer.Option(metavar="SHARDS", min=0, help="How many shards may move.")
    ] = None,
    usd_per_move: Annotated[
        float,
        typer.Option(metavar="USD", min=0, help="What each shard that moves counts, besides."),
    ] = 0.0,
    out: PlanOutput = None,
    *,
    options: AnswerOptions,
) -> None:
    """Plan anew from where everything is today: what moves, and why each move pays."""
    import gpualloc
    from gpualloc.instance.scenarios import Scenario

    expect_plan(out, inputs=[path for path in (file, today) if path is not None])
    instance = Scenario.parse(changes).apply(gpualloc.read(file))
    answer = gpualloc.replan(
        instance,
        None if today is None else gpualloc.read_plan(today),
        max_moves=max_moves,
        usd_per_move=usd_per_move,
        **options.solves,
    )
    if out is not None:
        answer.plan.write(out)
    options.hand_out(answer)
