"""`gpualloc check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli.console import show
from gpualloc.cli.exits import ExitCode


def check(
    instance: Annotated[
        Path,
        typer.Argument(
            metavar="INSTANCE", help="The instance: .json, .json.gz, .xlsx or a folder."
        ),
    ],
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN", help="The plan: a .json or .json.gz file.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the verdict as JSON instead of text.")
    ] = False,
) -> None:
    """Check a plan against every rule of its instance, and its costs line by line."""
    import gpualloc
    from gpualloc.cli.verdicts import verdict_digest, verdict_document
    from gpualloc.plan.summary import tell

    verdict = gpualloc.check(gpualloc.read(instance), gpualloc.read_plan(plan))
    if as_json:
        typer.echo(json.dumps(verdict_document(verdict), indent=1))
    else:
        show(tell(verdict_digest(verdict)))
    raise typer.Exit(ExitCode.DONE if verdict else ExitCode.NO_PLAN)
