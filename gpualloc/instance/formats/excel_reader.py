"""Reading tables from an Excel workbook, one a sheet.

The workbook may be hostile. It is read as a stream, no more than a fixed amount of it is unpacked,
and what is no cell (macros, links to other files, pictures) is not looked at.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from itertools import chain
from typing import Any, NamedTuple

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from gpualloc.instance.formats.excel_texts import unescaped
from gpualloc.instance.formats.sheets import OWN_MARK, Sheets
from gpualloc.instance.wording import printable, shortened

MOST_BYTES = 1 << 26
MOST_STYLE_BYTES = 1 << 21
MOST_CELLS = 2_000_000
MOST_ROWS = 1 << 20
FORMULA, ERROR = "f", "e"
STYLES = "xl/styles.xml"
DOCUMENT_TYPE = "<!DOCTYPE"
SHARED_TEXT = f"{{{SHEET_MAIN_NS}}}si"


NO_VALUE = "holds a formula without its value; save the workbook in a spreadsheet program"


class _Formula(NamedTuple):
    """A cell whose value is computed, by its place."""

    column: int
    column_letter: str


def read_workbook(data: bytes, source: str) -> Sheets:
    """Read the sheets of a workbook; formulas count by the values that were stored with them.

    Parameters
    ----------
    data : bytes
        A file with the ending ``.xlsx``.
    source : str
        What messages call it.
    """
    sheets = Sheets(source, _place)
    fault = _doubt(data)
    if fault:
        sheets.findings.add("", fault)
        return sheets
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _Book(data, sheets).read()
        except Exception as cause:  # the library has no error of its own
            root = cause.__cause__ or cause
            reason = printable(shortened(f"{type(root).__name__}: {root}", 200))
            sheets.findings.add("", f"is not a workbook that can be read: {reason}")
    return sheets


def _place(table: str, row: int | None, column: str | None) -> str:
    at = "" if row is None else f", row {row}"
    return f"sheet {table}{at}" + ("" if column is None else f", column {column}")


def _doubt(data: bytes) -> str:
    """Why a file is not opened at all; empty if it may be."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {part.filename: part.file_size for part in archive.infolist()}
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                return f"holds more than {MOST_BYTES >> 20:,} MiB of text"
            if sizes.get(STYLES, 0) > MOST_STYLE_BYTES:
                return f"holds more than {MOST_STYLE_BYTES >> 20:,} MiB of styles"
            if any(map(_has_types, map(archive.read, archive.namelist()))):
                return "declares types or entities of its own, as no workbook does"
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return "is not an .xlsx workbook, or is damaged or locked by a password"
    return ""


def _has_types(part: bytes) -> bool:
    """Whether a part of a workbook has a document type, and with it entities that may grow."""
    return any(DOCUMENT_TYPE.encode(code) in part for code in ("utf-8", "utf-16-le", "utf-16-be"))


class _Book:
    """A workbook while its sheets are read."""

    def __init__(self, data: bytes, sheets: Sheets) -> None:
        self.data = data
        self.sheets = sheets
        self.left = MOST_CELLS
        self.headings: list[Any] = []

    def read(self) -> None:
        """Read all sheets; where there are formulas, once more for their values."""
        grids = {
            sheet.title: list(self._grid(sheet.title, sheet))
            for sheet in _opened(self.data, values=False).worksheets
            if not sheet.title.startswith(OWN_MARK)
        }
        rows = chain.from_iterable(grids.values())
        if any(isinstance(cell, _Formula) for cell in chain.from_iterable(rows)):
            values = _opened(self.data, values=True)
            for table, grid in grids.items():
                self._fill_in(table, grid, values[table])
        for table, grid in grids.items():
            if any(grid):
                self.sheets.add(table, grid)

    def _grid(self, table: str, sheet: Any) -> Iterator[list[Any]]:
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_row=MOST_ROWS), start=1):
            self.left -= len(cells)
            if self.left < 0:
                self.sheets.tell(f"the workbook has more than {MOST_CELLS:,} cells", table, number)
                return
            row = [self._value(table, number, cell) for cell in _trimmed(cells)]
            self.headings = row if number == 1 else self.headings
            yield row

    def _value(self, table: str, row: int, cell: Any) -> Any:
        """What a cell holds as a text, a number, a truth value or None."""
        value = cell.value
        if cell.data_type == FORMULA:
            return _Formula(cell.column, cell.column_letter)
        if cell.data_type == ERROR:
            self._tell(table, row, cell, f"holds the error {value}")
            return None
        if isinstance(value, date | time | timedelta):
            self._tell(table, row, cell, f"is a date, {value}; format it as text or number")
            return None
        return unescaped(value) if isinstance(value, str) else value

    def _tell(self, table: str, row: int, cell: Any, message: str) -> None:
        """Note a fault of a cell by the heading above it, or its letter where there is none."""
        heading = dict(enumerate(self.headings, start=1)).get(cell.column)
        self.sheets.tell(message, table, row, str(heading or cell.column_letter))

    def _fill_in(self, table: str, grid: list[list[Any]], sheet: Any) -> None:
        """Put the stored values of formulas into a grid."""
        sheet.reset_dimensions()
        self.headings = grid[0] if grid else []
        width = max(map(len, grid), default=0) or 1
        cells_by_row = sheet.iter_rows(max_row=max(len(grid), 1), max_col=width)
        for number, (row, cells) in enumerate(zip(grid, cells_by_row, strict=False), start=1):
            for at, found in enumerate(row):
                if isinstance(found, _Formula):
                    row[at] = self._value(table, number, cells[at])
                    if cells[at].value is None:
                        self._tell(table, number, found, NO_VALUE)


def _trimmed(cells: Sequence[Any]) -> Sequence[Any]:
    """The cells up to the last that is not blank."""
    width = len(cells)
    while width and cells[width - 1].value is None:
        width -= 1
    return cells[:width]


def _opened(data: bytes, *, values: bool) -> Any:
    reader = _Reader(io.BytesIO(data), read_only=True, data_only=values, keep_links=False)
    reader.read()
    return reader.wb


class _Reader(ExcelReader):
    """Keeps shared texts as they are; the library drops any ``x005F_`` from them."""

    def read_strings(self) -> None:
        part: Any = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
        if part is None:
            return
        with self.archive.open(part.PartName[1:]) as source:
            for _, node in iterparse(source):
                if node.tag == SHARED_TEXT:
                    text: Any = Text.from_tree(node)
                    self.shared_strings.append(text.content)
                    node.clear()
