"""A folder for the plans of an answer, one file each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpualloc.cli.console import safe
from gpualloc.errors import UsageError

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan

PlanFolder = Annotated[
    Path | None,
    typer.Option(
        "--plans",
        metavar="FOLDER",
        help="Write the plans here, 01.json, 02.json, ... by row; a new or empty folder.",
    ),
]


def expect_plan_folder(folder: Path | None) -> None:
    """Check that plans can be written to a folder; nothing is written yet.

    Raises
    ------
    UsageError
        Its own folder is missing, or something is there already.
    """
    if folder is None:
        return
    if not folder.parent.is_dir():
        raise UsageError(f"{_show(folder)}: the folder {_show(folder.parent)} does not exist")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"{_show(folder)}: there is something already; give a new folder")


def write_plans(folder: Path | None, plans: Iterable[Plan | None]) -> None:
    """Write a plan for each row that has one."""
    if folder is None:
        return
    folder.mkdir(exist_ok=True)
    for row, plan in enumerate(plans, start=1):
        if plan is not None:
            plan.write(folder / f"{row:02}.json")


def _show(path: Path) -> str:
    return safe(str(path))
