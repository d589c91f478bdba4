"""Instances in folders of CSV files and in workbooks, laid out as `instance.tables` tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gpualloc.errors import UsageError
from gpualloc.instance.files import StrPath, write_bytes
from gpualloc.instance.formats.csv_tables import ENDING, csv_bytes, read_csv_tables
from gpualloc.instance.formats.endings import Format
from gpualloc.instance.formats.folders import write_folder
from gpualloc.instance.formats.notes import notes, text_columns
from gpualloc.instance.formats.sheets import Sheets
from gpualloc.instance.records import Head
from gpualloc.instance.tables import Row, columns_of, tables_of
from gpualloc.instance.wording import printable


def read_sheets(path: StrPath, kind: Format) -> Sheets:
    """Read the tables of a folder of CSV files or of a workbook.

    Raises
    ------
    UsageError
        It cannot be read.
    """
    if kind is Format.CSV:
        return read_csv_tables(Path(path))
    from gpualloc.instance.formats.excel_reader import MOST_BYTES, read_workbook

    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as cause:
        raise UsageError(f"cannot read {printable(str(path))}: {cause.strerror}") from cause
    return read_workbook(data, printable(str(path)))


def write_sheets(instance: Head, path: StrPath, kind: Format) -> None:
    """Write the tables of an instance to a folder of CSV files or to a workbook.

    Raises
    ------
    UsageError
        It cannot be written.
    """
    tables = {
        table: (columns := columns_of(table, rows), laid_out(columns, rows))
        for table, rows in tables_of(instance).items()
    }
    if kind is Format.CSV:
        files = {f"{table}{ENDING}": csv_bytes(*table_of) for table, table_of in tables.items()}
        write_folder(path, files, csv_names())
        return
    from gpualloc.instance.formats.excel_writer import SheetLayout, workbook_bytes

    layouts = {
        table: SheetLayout(columns, rows, texts=text_columns(table))
        for table, (columns, rows) in tables.items()
    }
    write_bytes(path, workbook_bytes(layouts))


def csv_names() -> list[str]:
    """The files that the folder of an instance may hold."""
    return [f"{table}{ENDING}" for table in notes()]


def laid_out(columns: Sequence[str], rows: Iterable[Row]) -> list[list[Any]]:
    """The cells of each row, in the order of the columns."""
    return [[_whole(row.get(column)) for column in columns] for row in rows]


def _whole(cell: Any) -> Any:
    """Whole figures are written as whole numbers."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
