"""`gpualloc compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli import completion
from gpualloc.cli.answers import hand_out
from gpualloc.cli.options import AsJson, InstanceFile, PlanFile


def compare(
    file: InstanceFile,
    before: PlanFile,
    after: Annotated[
        Path,
        typer.Argument(metavar="PLAN", help="The second plan.", autocompletion=completion.plans),
    ],
    other: Annotated[
        Path | None,
        typer.Option(
            "--instance-after",
            metavar="INSTANCE",
            help="The instance of the second plan, if it is another one.",
        ),
    ] = None,
    changes: Annotated[
        str,
        typer.Option(
            "--change-after",
            metavar="CHANGES",
            help="What has changed in the second plan's instance, as for gpualloc replan.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Set two plans side by side: costs line by line, jobs, data centers, contracts."""
    import gpualloc
    from gpualloc.instance.scenarios import Scenario

    first = gpualloc.read(file)
    second = Scenario.parse(changes).apply(first if other is None else gpualloc.read(other))
    answer = gpualloc.compare(gpualloc.read_plan(before, first), gpualloc.read_plan(after, second))
    hand_out(answer, as_json)
