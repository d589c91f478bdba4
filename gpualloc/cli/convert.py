"""`gpualloc convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli import completion
from gpualloc.cli.console import safe
from gpualloc.cli.outputs import expect_instance


def convert(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FROM",
            help="The instance: .json, .json.gz, .xlsx or a folder.",
            autocompletion=completion.instances,
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="TO", help="The same by its ending; no ending is a folder of CSV tables."
        ),
    ],
) -> None:
    """Write an instance as another kind of file; it stays exactly the same."""
    import gpualloc

    expect_instance(target, inputs=[source])
    instance = gpualloc.read(source)
    instance.write(target)
    typer.echo(safe(f"{target}: {instance!r}"), err=True)
