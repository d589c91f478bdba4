"""Where the command line writes: results on standard output, all else on standard error."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

import typer
from rich.console import Console, RenderableType

WIDEST = 100


def show(result: RenderableType) -> None:
    """Print a result to standard output; into a file or pipe as plain text."""
    from gpualloc.plan.summary import as_text

    if sys.stdout.isatty():
        _console(sys.stdout).print(result)
    else:
        typer.echo(as_text(result))


def notes() -> Console:
    """The console for progress and errors."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    width = shutil.get_terminal_size((WIDEST, 24)).columns if stream.isatty() else WIDEST
    return Console(
        file=stream, width=min(width, WIDEST), markup=False, emoji=False, highlight=False
    )


def safe(text: str) -> str:
    """Escape what a terminal would obey instead of show."""
    from gpualloc.instance.wording import printable

    return printable(text)
