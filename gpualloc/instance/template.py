"""A workbook to be filled in by hand: headings, what they mean, and an example if wanted."""

from __future__ import annotations

import json
from importlib.resources import files

from gpualloc.instance.formats.excel_writer import SheetLayout, workbook_bytes
from gpualloc.instance.formats.instances import laid_out
from gpualloc.instance.formats.notes import Note, notes, table_notes, text_columns
from gpualloc.instance.instance import Instance
from gpualloc.instance.tables import Row, base_of, columns_of, tables_of
from gpualloc.instance.validation import DEFAULT_ROWS, TABLES

MANUAL = "_read me"
"""The first sheet, whose name says that it is not read."""

HOW_TO = """\
Each sheet is a table. The comment on a heading tells what the column means, in which unit, what is
allowed, and what a blank cell means. Every row needs the columns on yellow ground.
A row refers to a row of another table by its name. Names are any texts, each used once in a table.
A list of names is one cell, with semicolons: training; research
A figure that differs by period stands in columns of its own, such as gpus[2026Q1] and gpus[2026Q2],
named by the periods. A row fills the column gpus or all of these.
Begin with gpu_types, providers, data_centers and offers; then jobs, and for each a row of options.
What you do not need may stay blank: optional columns, and sheets that are not marked as needed.
Without a row in periods there is one, called horizon, of 730 hours.
Sheets and columns whose names begin with an underscore, as this one's does, are not read.
Formulas are read by the values that your spreadsheet program saved with them.
Then run: gpualloc validate FILE, and: gpualloc solve FILE -o plan.json
For a map, figures and tables: gpualloc report FILE plan.json -o report.html\
"""


def example() -> Instance:
    """The small instance that the filled template shows."""
    text = files("gpualloc.instance").joinpath("example.json").read_text(encoding="utf-8")
    return Instance.from_dict(json.loads(text), source="example")


def template(filled: Instance | None = None) -> bytes:
    """A workbook with a sheet for every table, and a comment on every heading.

    Parameters
    ----------
    filled : Instance, optional
        What to fill it with.
    """
    rows = {} if filled is None else tables_of(filled)
    sheets = {MANUAL: _manual()}
    for table, table_of_notes in notes().items():
        sheets[table] = _sheet(table, table_of_notes, rows.get(table, []))
    return workbook_bytes(sheets)


def _sheet(table: str, columns: list[Note], rows: list[Row]) -> SheetLayout:
    """A table with all its columns, and those by period that the rows have."""
    by_period = [column for column in columns_of(table, rows) if "[" in column]
    headings: dict[str, str] = {}
    for note in columns:
        headings[note.column] = str(note)
        mine = (column for column in by_period if base_of(column) == note.column)
        headings |= dict.fromkeys(mine, f"{note.meaning}\nThe figure for one period.")
    return SheetLayout(
        list(headings),
        laid_out(list(headings), rows),
        comments=headings,
        texts=text_columns(table),
        marked=[note.column for note in columns if note.is_needed],
    )


def _manual() -> SheetLayout:
    """How to fill in the sheets, and what each is for."""
    needed = {"head", "options", *TABLES} - set(DEFAULT_ROWS)
    rows = [[line, None] for line in HOW_TO.splitlines()] + [[None, None]]
    rows += [
        [table, f"{note} Needed." if table in needed else note]
        for table, note in table_notes().items()
    ]
    return SheetLayout(["How to fill in this workbook", ""], rows)
