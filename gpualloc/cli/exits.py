"""Exit codes, and the one place where errors become messages."""

from __future__ import annotations

import traceback
from enum import IntEnum
from typing import Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from gpualloc.cli.console import notes, safe
from gpualloc.errors import (
    FaultyInputError,
    GpuallocError,
    InputError,
    NoPlanError,
    SolverError,
)


class ExitCode(IntEnum):
    """What the command tells the shell."""

    DONE = 0
    NO_PLAN = 1
    BAD_INPUT = 2
    INTERNAL = 70
    INTERRUPTED = 130


REPORT = "this is a fault of gpualloc: please report it with the command and the instance"


class Commands(TyperGroup):
    """The group of all commands; turns errors into messages and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; see `ExitCode` for what becomes of its errors."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            tell("interrupted")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except Exception as error:
            if _is_typers(error) or isinstance(error, BrokenPipeError):
                raise
            raise typer.Exit(report(error)) from error


def report(error: Exception) -> ExitCode:
    """Write an error's message to standard error; returns the exit code for it."""
    if isinstance(error, OSError):
        tell(_os_message(error))
        return ExitCode.BAD_INPUT
    if isinstance(error, FaultyInputError):
        for line in str(error).splitlines():
            tell(line)
        return ExitCode.BAD_INPUT
    if not isinstance(error, GpuallocError):
        _print_traceback(error)
    tell(str(error) or type(error).__name__)
    if isinstance(error, InputError | SolverError):
        return ExitCode.BAD_INPUT
    if isinstance(error, NoPlanError):
        return ExitCode.NO_PLAN
    tell(REPORT)
    return ExitCode.INTERNAL


def tell(message: str) -> None:
    """Write an error message, safe to print."""
    text = Text("error: ", style="bold red")
    for line in message.splitlines():
        text.append(f"{safe(line)}\n", style="not bold default")
    notes().print(text, soft_wrap=True, end="")


def _is_typers(error: Exception) -> bool:
    """Whether Typer handles it: its exits and usage errors all know their exit code."""
    return isinstance(error, typer.Abort) or hasattr(error, "exit_code")


def _print_traceback(error: Exception) -> None:
    lines = "".join(traceback.format_exception(error)).splitlines()
    notes().print("\n".join(safe(line) for line in lines), soft_wrap=True)


def _os_message(error: OSError) -> str:
    place = "" if error.filename is None else f"{error.filename}: "
    return f"{place}{error.strerror or error}"
