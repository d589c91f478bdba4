"""`gpualloc validate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli import completion
from gpualloc.cli.console import safe
from gpualloc.cli.exits import ExitCode, report
from gpualloc.errors import InputError


def validate(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Instances: .json, .json.gz, .xlsx or folders.",
            autocompletion=completion.instances,
        ),
    ],
) -> None:
    """Read instances and tell every fault of every one of them, by its place.

    Returns 0 if all are valid, else 2.
    """
    sound = [_is_valid(file) for file in files]
    raise typer.Exit(ExitCode.DONE if all(sound) else ExitCode.BAD_INPUT)


def _is_valid(file: Path) -> bool:
    import gpualloc

    try:
        instance = gpualloc.read(file)
    except (InputError, OSError) as error:
        report(error)
        return False
    typer.echo(safe(f"{file}: valid: {instance!r}"))
    return True
