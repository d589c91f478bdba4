"""How an instance shows itself in a console and in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from gpualloc.instance.wording import printable, quoted, shortened

COUNTED = ("periods", "providers", "data_centers", "offers", "jobs", "flows", "contracts")
LONGEST_STORY = 300
WORDS = {"data_centers": "data centers"}


def gpus_for_sale(offers: Iterable[Any]) -> int:
    """GPUs of all offers, each at its peak over the periods."""
    return sum(max(gpus) if isinstance(gpus, tuple) else gpus for gpus in _column(offers, "gpus"))


def one_line(name: str, sizes: dict[str, int], gpus: int) -> str:
    """An instance in a line: its name and the sizes of its tables."""
    counts = [_counted(table, sizes[table]) for table in COUNTED if sizes[table]]
    return f"Instance({quoted(name)}, {', '.join(counts)}, {gpus:,} GPUs for sale)"


def html_table(name: str, description: str, sizes: dict[str, int], gpus: int) -> str:
    """An instance as a small HTML table; names are escaped."""
    rows = [(WORDS.get(table, table).replace("_", " "), f"{sizes[table]:,}") for table in sizes]
    rows.append(("GPUs for sale", f"{gpus:,}"))
    cells = "".join(
        f'<tr><th style="text-align:left">{label}</th><td>{count}</td></tr>'
        for label, count in rows
    )
    caption = f"<b>{escape(printable(name))}</b>"
    story = escape(shortened(description, LONGEST_STORY))
    return f"<div>{caption}<br>{story}<table>{cells}</table></div>"


def _column(rows: Iterable[Any], column: str) -> Sequence[Any]:
    return [getattr(row, column) for row in rows]


def _counted(table: str, count: int) -> str:
    word = WORDS.get(table, table)
    return f"{count:,} {word.removesuffix('s') if count == 1 else word}"
