"""`gpualloc export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli.console import safe
from gpualloc.cli.options import InstanceFile
from gpualloc.cli.outputs import expect_output

PROGRAM_ENDINGS = (".lp", ".mps")


def export(
    instance: InstanceFile,
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE", help="The program: .lp or .mps, by the ending."
        ),
    ],
) -> None:
    """Write the integer program of an instance for other solvers.

    Columns and rows have plain names; a file beside it, fleet.names.json for fleet.lp, tells what
    they mean.
    """
    import gpualloc
    from gpualloc.engines.export import export as export_program
    from gpualloc.engines.export import names_path

    expect_output(out, PROGRAM_ENDINGS, inputs=[instance])
    expect_output(names_path(out), (".json",), inputs=[instance])
    for path in export_program(gpualloc.read(instance), out):
        typer.echo(safe(str(path)))
