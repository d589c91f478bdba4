"""The summary of a plan for people, as a Rich renderable and as plain text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gpualloc.plan.digest import brief_digest, digest
from gpualloc.plan.sections import Digest, Section, Tone

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan

WIDTH = 100


COLORS: dict[Tone, str] = {
    "plain": "",
    "good": "green",
    "warn": "yellow",
    "bad": "red",
}


def summary(plan: Plan, *, full: bool = False) -> RenderableType:
    """The summary as a Rich renderable, made for 100 columns and a screen of 40 lines.

    A plan read from a file tells more once it is bound to its instance; `full` tells all.
    """
    return tell(digest(plan) if full else brief_digest(plan))


def tell(told: Digest) -> RenderableType:
    """A digest as a Rich renderable."""
    parts: list[RenderableType] = [Text(told.headline, style=f"bold {COLORS[told.tone]}".rstrip())]
    parts += [Text(f"  {line}") for line in told.lines]
    parts += [_show(part) for part in told.sections]
    if told.closing:
        parts.append(Text(f"\n{told.closing}", style="dim"))
    return Group(*parts)


def plain_text(plan: Plan, *, full: bool = False) -> str:
    """The summary as plain text of at most 100 columns."""
    return as_text(summary(plan, full=full))


def as_text(renderable: RenderableType) -> str:
    """A renderable as plain text of at most 100 columns, without blanks at the lines' ends."""
    target = io.StringIO()
    console = Console(
        file=target, width=WIDTH, color_system=None, markup=False, emoji=False, highlight=False
    )
    console.print(renderable)
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines())


def _show(part: Section) -> RenderableType:
    lines: list[RenderableType] = [Text(f"\n{part.title}", style="bold")]
    if part.rows:
        lines.append(Padding(_table(part), (0, 0, 0, 2), expand=False))
    if part.ending:
        lines.append(Text(f"  {part.ending}", style="dim"))
    return Group(*lines)


def _table(part: Section) -> Table:
    titled = any(column.title for column in part.columns)
    table = Table(
        box=None, show_header=titled, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0)
    )
    for column in part.columns:
        justify = "right" if column.is_figure else "left"
        table.add_column(column.title, justify=justify, no_wrap=column.is_figure, overflow="fold")  # type: ignore[arg-type]
    styles = [COLORS[column.tone] for column in part.columns]
    for row in part.rows:
        table.add_row(*(Text(cell, style) for cell, style in zip(row, styles, strict=True)))
    return table
