"""Writing tables to an Excel workbook, one a sheet; equal tables give equal bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.writer.excel import ExcelWriter

from gpualloc.errors import UsageError
from gpualloc.instance.formats.excel_texts import LONGEST_CELL, escaped
from gpualloc.version import __version__

EPOCH = datetime(1980, 1, 1)
NARROWEST, WIDEST = 8, 50
COMMENT_WIDTH, COMMENT_CHARACTERS = 360, 48
MARK = "FFE699"
TEXT_FORMAT = "@"
MOST_ROWS = 1 << 20


class SheetLayout(NamedTuple):
    """A sheet: its headings, its rows, comments on headings, and how columns show.

    In the columns `texts` whatever a person types stays a text; the headings `marked` stand out.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    comments: Mapping[str, str] = {}
    texts: Collection[str] = ()
    marked: Collection[str] = ()
    formats: Mapping[str, str] = {}

    def format_of(self, column: str) -> str:
        """The number format of a column."""
        return TEXT_FORMAT if column in self.texts else self.formats.get(column, "General")


def workbook_bytes(sheets: Mapping[str, SheetLayout]) -> bytes:
    """The bytes of a workbook.

    Texts are written as texts, whatever they look like, and numbers to their last digit.

    Raises
    ------
    UsageError
        A text or a table is too long for a workbook.
    """
    for name, layout in sheets.items():
        _expect_room(name, layout)
    book = Workbook(write_only=True)
    book.properties.creator = f"gpualloc {__version__}"
    book.properties.created = book.properties.modified = EPOCH
    for name, layout in sheets.items():
        _write_sheet(book.create_sheet(name), layout)
    target = io.BytesIO()
    with _UndatedZip(target, "w", zipfile.ZIP_DEFLATED) as archive:
        ExcelWriter(book, archive).save()
    return target.getvalue()


def _expect_room(name: str, layout: SheetLayout) -> None:
    """Check that a table fits, since the library cuts what is too long."""
    if len(layout.rows) >= MOST_ROWS:
        found = f"the table {name} has {len(layout.rows):,} rows"
        raise UsageError(f"{found}; a sheet of a workbook holds {MOST_ROWS - 1:,}")
    texts = (value for row in layout.rows for value in row if isinstance(value, str))
    longest = max((len(escaped(text)) for text in texts), default=0)
    if longest > LONGEST_CELL:
        found = f"the table {name} has a text of {longest:,} characters"
        raise UsageError(f"{found}; a cell of a workbook holds {LONGEST_CELL:,}")


def _write_sheet(sheet: Any, layout: SheetLayout) -> None:
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for at, column in enumerate(layout.columns):
        dimension = sheet.column_dimensions[get_column_letter(at + 1)]
        dimension.width = _width(column, (row[at] for row in layout.rows))
        dimension.number_format = layout.format_of(column)
    sheet.append([_heading(sheet, at, layout) for at in range(len(layout.columns))])
    for row in layout.rows:
        sheet.append(
            [
                _cell(sheet, value, layout.format_of(column))
                for column, value in zip(layout.columns, row, strict=True)
            ]
        )


def _heading(sheet: Any, at: int, layout: SheetLayout) -> Any:
    column = layout.columns[at]
    cell = _cell(sheet, column, TEXT_FORMAT)
    if any(isinstance(row[at], int | float) for row in layout.rows):
        cell.alignment = Alignment(horizontal="right")
    cell.font = Font(bold=True)
    if column in layout.marked:
        cell.fill = PatternFill("solid", start_color=MARK)
    if column in layout.comments:
        cell.comment = _comment(layout.comments[column])
    return cell


def _comment(text: str) -> Comment:
    """A comment in a box that its text fits into."""
    lines = sum(1 + len(line) // COMMENT_CHARACTERS for line in text.splitlines())
    return Comment(text, "gpualloc", height=20 * (lines + 1), width=COMMENT_WIDTH)


def _cell(sheet: Any, value: Any, number_format: str) -> Any:
    if value is None:
        return None
    text = escaped(value) if isinstance(value, str) else repr(value)
    cell = WriteOnlyCell(sheet, text)
    # The type is set after the value, which the library else looks into: a text that starts with
    # "=" would become a formula, a number would lose its last digit.
    cell.data_type = "s" if isinstance(value, str) else "n"
    cell.number_format = number_format
    return cell


def _width(column: str, values: Iterable[Any]) -> float:
    texts = (v if isinstance(v, str) else f"{v:,.2f}" for v in values if v is not None)
    longest = max(map(len, texts), default=0)
    return min(max(longest, len(column), NARROWEST), WIDEST) + 2


class _UndatedZip(zipfile.ZipFile):
    """An archive whose parts do not tell when they were made."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        info = zipfile.ZipInfo(zinfo_or_arcname, EPOCH.timetuple()[:6])
        super().writestr(info, data, zipfile.ZIP_DEFLATED)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        self.writestr(arcname, Path(filename).read_bytes())
