"""`gpualloc report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli.console import safe
from gpualloc.cli.exits import ExitCode
from gpualloc.cli.options import InstanceFile, PlanFile
from gpualloc.cli.outputs import expect_output


def report(
    instance: InstanceFile,
    plan: PlanFile,
    out: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="PAGE", help="Write the page here: .html."),
    ],
) -> None:
    """Write one page about a plan: verdict, map, figures, tables. It needs no network."""
    import gpualloc
    from gpualloc.report import SUFFIXES, write_report

    expect_output(out, SUFFIXES, inputs=[instance, plan])
    found = gpualloc.read_plan(plan, gpualloc.read(instance))
    verdict = write_report(found, out)
    typer.echo(safe(f"{out}: {verdict.headline}"), err=True)
    raise typer.Exit(ExitCode.DONE if verdict else ExitCode.NO_PLAN)
