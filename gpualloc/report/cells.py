"""The tables of a report: raw values by column, and how each kind of value shows and sorts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from gpualloc.instance.wording import printable
from gpualloc.plan.text import count, percent, usd

LONGEST = 5000
"""Rows of a table at most, so that the page stays quick; the rest is counted."""

SHOWN: dict[str, Callable[[Any], str]] = {
    "text": lambda value: printable(str(value)),
    "count": count,
    "figure": lambda value: f"{value:,.2f}",
    "usd": usd,
    "share": percent,
}
"""How a value shows, by the kind of its column."""


class Heading(NamedTuple):
    """A column: its title, and what kind of value it holds."""

    title: str
    kind: str = "text"

    @property
    def is_figure(self) -> bool:
        """Whether it stands on the right and sorts by size."""
        return self.kind != "text"


class Cell(NamedTuple):
    """A value as it shows, and as it sorts; both are escaped by the page."""

    text: str
    key: str


class Table(NamedTuple):
    """A table of a report.

    Attributes
    ----------
    name : str
        Its anchor in the page.
    title : str
    headings : tuple of Heading
    rows : tuple of tuples
        Raw values, None where there is none.
    note : str
        A sentence below the title.
    """

    name: str
    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows that are shown."""
        kinds = [heading.kind for heading in self.headings]
        return [list(map(_cell, row, kinds)) for row in self.rows[:LONGEST]]

    @property
    def length(self) -> str:
        """How many rows are shown, in words."""
        shown = min(len(self.rows), LONGEST)
        return f"{shown:,} {'row' if shown == 1 else 'rows'}"

    @property
    def left_out(self) -> int:
        """How many more rows there are."""
        return max(0, len(self.rows) - LONGEST)


def make_table(
    name: str,
    title: str,
    headings: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[Any]],
    note: str = "",
) -> Table:
    """Make a table of headings (title and kind) and rows of raw values."""
    return Table(
        name, title, tuple(Heading(*heading) for heading in headings), tuple(map(tuple, rows)), note
    )


def _cell(value: Any, kind: str) -> Cell:
    if value is None:
        return Cell("", "")
    text = SHOWN[kind](value)
    return Cell(text, text.casefold() if kind == "text" else repr(float(value)))
