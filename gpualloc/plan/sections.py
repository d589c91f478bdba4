"""The parts of a plan's summary as plain tables, for any way of showing them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from gpualloc.plan.text import percent, usd_column

LONGEST = 10
"""Lines of a section at most; the rest is counted."""


Tone = Literal["plain", "good", "warn", "bad"]
"""How something is meant; a terminal shows it as a color."""


class Column(NamedTuple):
    """A column's title and tone; figures stand on the right."""

    title: str
    is_figure: bool = False
    tone: Tone = "plain"


class Section(NamedTuple):
    """A titled table of texts, safe to print.

    Attributes
    ----------
    title : str
    columns : tuple of Column
        Empty titles all through: the table is shown without a header.
    rows : tuple of tuples of str
    left_out : int
        How many more rows there were.
    note : str
        A sentence below the table.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0
    note: str = ""

    @property
    def ending(self) -> str:
        """What stands below the table: the rows left out, and the note."""
        more = f"... and {self.left_out:,} more" if self.left_out else ""
        return "; ".join(part for part in (more, self.note) if part)


class Digest(NamedTuple):
    """Something told in a headline, a few lines and sections; all texts are safe to print.

    Attributes
    ----------
    headline : str
    lines : tuple of str
    sections : tuple of Section
    tone : Tone
        That of the headline.
    closing : str
        A last line: what is left out, and how to see it.
    """

    headline: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    tone: Tone = "plain"
    closing: str = ""


def section(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[tuple[str, ...]],
    note: str = "",
    longest: int = LONGEST,
) -> Section:
    """Make a section that keeps its first `longest` rows; one row too many is kept as well."""
    found = tuple(rows)
    kept = found if len(found) <= longest + 1 else found[:longest]
    return Section(title, tuple(columns), kept, len(found) - len(kept), note)


def listing(title: str, texts: Iterable[str], longest: int = LONGEST) -> Section:
    """Make a section of one column without a header."""
    return section(title, [Column("")], [(text,) for text in texts], longest=longest)


def cost_section(costs: Mapping[str, float], longest: int | None = None) -> Section:
    """The cost lines that are not zero, with their shares of the sum.

    With `longest`, the largest lines alone, and one for all others.
    """
    total = math.fsum(costs.values())
    paid = {line: amount for line, amount in costs.items() if amount}
    if longest is not None:
        paid = _largest(paid, longest)
    shares = (percent(amount / total) if total else "" for amount in paid.values())
    rows = zip(paid, usd_column(paid.values()), shares, strict=True)
    return section("Costs", [Column("line"), Column("USD", True), Column("share", True)], rows)


def _largest(paid: Mapping[str, float], longest: int) -> dict[str, float]:
    """The largest lines in their order, and the sum of the others where there are several."""
    if len(paid) <= longest + 1:
        return dict(paid)
    ranked = sorted(paid, key=lambda line: -abs(paid[line]))
    shown, others = ranked[:longest], ranked[longest:]
    largest = {line: amount for line, amount in paid.items() if line in shown}
    return {**largest, f"{len(others)} others": math.fsum(paid[line] for line in others)}
