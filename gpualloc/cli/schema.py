"""`gpualloc schema`."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of an instance file."""
    import gpualloc

    typer.echo(json.dumps(gpualloc.schema(), indent=1))
