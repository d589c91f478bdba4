"""The tables and columns of an instance as Markdown, for the documentation.

``python -m gpualloc.instance.formats.manual docs/formats.md`` writes them into a file, between the
lines that mark their place.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from gpualloc.instance.formats.notes import notes, table_notes

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"


def tables_markdown() -> str:
    """A section for each table, with a row for each column."""
    about = table_notes()
    return "\n".join(line for table in notes() for line in _section(table, about[table]))


def with_tables(text: str) -> str:
    """A document with the tables as they are now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables_markdown()}\n{END}{after}"


def _section(table: str, about: str) -> Iterator[str]:
    yield from (f"### `{table}`", "", about, "")
    yield from ("| column | meaning | allowed | blank |", "|---|---|---|---|")
    for note in notes()[table]:
        cells = (f"`{note.column}`", note.meaning, note.allowed, note.blank.removeprefix("Blank: "))
        yield f"| {' | '.join(cell.replace(chr(10), '<br>') for cell in cells)} |"
    yield ""


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(with_tables(document.read_text(encoding="utf-8")), encoding="utf-8")
