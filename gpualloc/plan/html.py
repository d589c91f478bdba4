"""A plan in a notebook: the summary as HTML without scripts or styles from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from gpualloc.plan.digest import digest
from gpualloc.plan.sections import Column, Digest, Section

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan

OPEN_SECTIONS = 2
"""The first sections are open; the others open at a click."""


def to_html(plan: Plan) -> str:
    """The summary of a plan as one HTML element; every name is escaped."""
    return tell_html(digest(plan))


def tell_html(told: Digest) -> str:
    """A digest as one HTML element; every name is escaped."""
    head = f"<strong>{escape(told.headline)}</strong>"
    lines = "".join(f"<div>{escape(line)}</div>" for line in told.lines)
    sections = "".join(_section(at, part) for at, part in enumerate(told.sections))
    return f"<div>{head}{lines}{sections}</div>"


def _section(at: int, part: Section) -> str:
    state = " open" if at < OPEN_SECTIONS else ""
    ending = f"<div><em>{escape(part.ending)}</em></div>" if part.ending else ""
    return (
        f"<details{state}><summary>{escape(part.title)}</summary>{_table(part)}{ending}</details>"
    )


def _table(part: Section) -> str:
    if not part.rows:
        return ""
    header = ""
    if any(column.title for column in part.columns):
        header = _row("th", part.columns, [column.title for column in part.columns])
    body = "".join(_row("td", part.columns, row) for row in part.rows)
    return f"<table>{header}{body}</table>"


def _row(tag: str, columns: tuple[Column, ...], cells: Sequence[str]) -> str:
    shown = (
        f'<{tag} style="text-align:{_side(column)}">{escape(cell)}</{tag}>'
        for column, cell in zip(columns, cells, strict=True)
    )
    return f"<tr>{''.join(shown)}</tr>"


def _side(column: Column) -> str:
    return "right" if column.is_figure else "left"
