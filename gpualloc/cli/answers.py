"""What the commands that answer questions share: their options, and how they show an answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpualloc.cli.console import notes, safe, show

if TYPE_CHECKING:
    from gpualloc.answers.result import Answer

InstanceFile = Annotated[
    Path,
    typer.Argument(metavar="INSTANCE", help="The instance: .json, .json.gz, .xlsx or a folder."),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="For all solves together; what is proven then is told."),
]
Gap = Annotated[
    float,
    typer.Option(
        metavar="FRACTION", help="Stop each solve when plan and bound are this close: 0.01 is 1 %."
    ),
]
Engine = Annotated[str, typer.Option(metavar="NAME", help="As for gpualloc solve.")]
Solver = Annotated[
    str | None, typer.Option(metavar="NAME", help="As for gpualloc solve; see gpualloc solvers.")
]
Seed = Annotated[int, typer.Option(metavar="N", help="Seed of all random choices.")]
Threads = Annotated[
    int | None, typer.Option(metavar="N", help="Processor threads; default: as the solver likes.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on standard error but errors.")]


def noting(quiet: bool) -> Callable[[str], None] | None:
    """What tells on a terminal which solve runs; None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        return None
    return lambda note: notes().print(f"  {safe(note)}", style="dim", soft_wrap=True)


def hand_out(answer: Answer, as_json: bool) -> None:
    """Print an answer, as text or as JSON."""
    if as_json:
        typer.echo(answer.to_json(ascii_only=True), nl=False)
    else:
        from gpualloc.plan.summary import tell

        show(tell(answer.digest()))
