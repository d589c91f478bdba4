"""Tables as CSV files, one a table, in a folder.

The files are UTF-8 with a byte order mark, which spreadsheet programs need to know that, and
RFC 4180 in all else. A text that a spreadsheet program could take for a formula is written with
an apostrophe before it, and is read without it; see `guarded`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gpualloc.errors import UsageError
from gpualloc.instance.files import MOST_BYTES
from gpualloc.instance.formats.sheets import MOST_CELLS, OWN_MARK, Sheets
from gpualloc.instance.wording import printable

ENDING = ".csv"
FORMULA = re.compile("'*(\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
"""What a spreadsheet program may take for a formula, with any apostrophes before it."""


def guarded(text: str) -> str:
    """A text as its cell holds it: with an apostrophe first if it could be a formula.

    So could a text that has nothing but apostrophes before the formula; one more tells them from
    the guard, so that every text comes back as it was.
    """
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text that a cell holds."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:]) else cell


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A table as the bytes of its file; numbers are written to their last digit."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([guarded(c) if isinstance(c, str) else c for c in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def read_csv_tables(folder: Path) -> Sheets:
    """Read the CSV files of a folder; every cell is a text.

    Raises
    ------
    UsageError
        The folder or a file in it cannot be read.
    """
    sheets = Sheets(printable(str(folder)), _place)
    left = MOST_BYTES
    for path in _table_files(folder):
        data = _read_bytes(path, left)
        left -= len(data)
        if left < 0:
            sheets.tell(f"is too long; all files may hold {MOST_BYTES >> 20:,} MiB", path.stem)
            break
        _add(sheets, path.stem, data)
    return sheets


def _place(table: str, row: int | None, column: str | None) -> str:
    at = "" if row is None else f" row {row}"
    return f"{table}{ENDING}{at}" + ("" if column is None else f", {column}")


def _table_files(folder: Path) -> list[Path]:
    """The tables of a folder; hidden files and its owner's notes are none."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as cause:
        raise UsageError(f"cannot read {printable(str(folder))}: {cause.strerror}") from cause
    return [
        path
        for path in paths
        if path.suffix.lower() == ENDING and not path.name.startswith((".", OWN_MARK))
    ]


def _read_bytes(path: Path, most: int) -> bytes:
    """A file, or the first part of one that is too long. What is no file could block forever."""
    shown = printable(str(path))
    if not path.is_file():
        raise UsageError(f"cannot read {shown}: it is not a file")
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as cause:
        raise UsageError(f"cannot read {shown}: {cause.strerror}") from cause


def _add(sheets: Sheets, table: str, data: bytes) -> None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        row = data.count(b"\n", 0, cause.start) + 1
        sheets.tell("is not UTF-8 text; save it as CSV UTF-8", table, row)
        return
    if text.count(",") + text.count("\n") > MOST_CELLS:
        sheets.tell(f"has more than {MOST_CELLS:,} cells", table)
        return
    heading = text.partition("\n")[0]
    if "," not in heading and (";" in heading or "\t" in heading):
        sheets.tell("its cells are separated by other signs than commas", table, 1)
        return
    sheets.add(table, _cells(sheets, table, text))


def _cells(sheets: Sheets, table: str, text: str) -> Iterator[list[str]]:
    csv.field_size_limit(MOST_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    row = 1
    try:
        for cells in reader:
            yield [unguarded(cell) for cell in cells]
            row += 1
    except csv.Error as error:
        sheets.tell(f"is not CSV: {error}", table, row)
