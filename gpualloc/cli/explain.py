"""`gpualloc explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from gpualloc.cli.answers import AnswerOptions, with_answer_options
from gpualloc.cli.exits import ExitCode
from gpualloc.cli.options import InstanceFile


@with_answer_options(gap=1e-3)
def explain(
    file: InstanceFile,
    alternatives: Annotated[
        int, typer.Option(metavar="N", min=0, help="How many ways out are enough.")
    ] = 6,
    *,
    options: AnswerOptions,
) -> None:
    """Tell why an instance has no plan: the rules that clash, and the cheapest ways out."""
    import gpualloc

    answer = gpualloc.explain(
        gpualloc.read(file),
        alternatives=alternatives,
        **options.solves,
    )
    options.hand_out(answer)
    raise typer.Exit(ExitCode.DONE if answer else ExitCode.NO_PLAN)
