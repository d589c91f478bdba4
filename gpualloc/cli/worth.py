"""`gpualloc worth`."""

from __future__ import annotations

from typing import Annotated

import typer

from gpualloc.cli.answers import AnswerOptions, with_answer_options
from gpualloc.cli.exits import ExitCode
from gpualloc.cli.options import InstanceFile


@with_answer_options()
def worth(
    file: InstanceFile,
    contract: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Value this contract; repeatable. Default: all."),
    ] = None,
    *,
    options: AnswerOptions,
) -> None:
    """Tell what each contract costs: the cheapest plan with it, and without it."""
    import gpualloc

    answer = gpualloc.worth(
        gpualloc.read(file),
        contracts=contract or None,
        **options.solves,
    )
    options.hand_out(answer)
    raise typer.Exit(ExitCode.DONE if answer else ExitCode.NO_PLAN)
