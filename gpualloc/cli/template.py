"""`gpualloc template`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli.console import safe
from gpualloc.cli.outputs import expect_output
from gpualloc.errors import UsageError


def template(
    xlsx: Annotated[
        Path,
        typer.Option("--xlsx", metavar="FILE", help="The workbook to write; it must be a new one."),
    ],
    example: Annotated[
        bool, typer.Option("--example", help="Fill it with a small instance that can be solved.")
    ] = False,
) -> None:
    """Write a workbook to fill in, with a comment on every column.

    The comments tell what each column means, its unit, what is allowed and what a blank cell means.
    """
    from gpualloc.instance.files import write_bytes
    from gpualloc.instance.formats.extras import need

    expect_output(xlsx, [".xlsx"])
    if xlsx.exists():
        raise UsageError(f"{safe(str(xlsx))}: this file exists; give the name of a new one")
    need("excel")
    from gpualloc.instance.template import example as example_instance
    from gpualloc.instance.template import template as template_of

    write_bytes(xlsx, template_of(example_instance() if example else None))
    hint = "a filled example" if example else "fill it in, then run gpualloc validate on it"
    typer.echo(safe(f"{xlsx}: {hint}"), err=True)
