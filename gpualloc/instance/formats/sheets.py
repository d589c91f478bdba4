"""The flat tables of a file, each cell with its place in the words of that file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any, NamedTuple

from gpualloc.errors import Fault, InstanceError
from gpualloc.instance.cells import is_blank, text_of
from gpualloc.instance.directory import NAMED_TABLES
from gpualloc.instance.faults import Findings
from gpualloc.instance.formats.places import flat_place
from gpualloc.instance.wording import printable, shortened, shown

MOST_CELLS = 5_000_000
MOST_COLUMNS = 4096
OWN_MARK = "_"
"""Tables and columns whose names begin so are their owner's notes; they are not read."""

ROW = re.compile(r"\b(?:network\.links|flows|" + "|".join(NAMED_TABLES) + r")\[\d+\]")
"""Another row that a message speaks of: "offers[0] has it too"."""

Row = dict[str, Any]
Grid = Iterable[Sequence[Any]]
Wording = Callable[[str, int | None, str | None], str]


class Sheet(NamedTuple):
    """A table of a file: its columns, its rows of cells, and where in the file each row stands."""

    columns: tuple[str, ...]
    rows: list[Row]
    numbers: list[int]


class Sheets:
    """The tables of a file, while they are read and while their faults are told.

    Parameters
    ----------
    source : str
        What messages call the file.
    wording : callable
        Tells a place in the words of the file, of a table, a row as a spreadsheet numbers it (the
        headings are row 1) or None, and a column or None.
    """

    def __init__(self, source: str, wording: Wording) -> None:
        self.source = source
        self.wording = wording
        self.sheets: dict[str, Sheet] = {}
        self.findings = Findings()

    @property
    def tables(self) -> dict[str, list[Row]]:
        """The rows of each table, without blank ones."""
        return {table: sheet.rows for table, sheet in self.sheets.items()}

    def add(self, table: str, grid: Grid) -> None:
        """Take in a table: a row of headings, then rows of cells."""
        rows = iter(grid)
        columns = self._columns(table, next(rows, ()))
        sheet = Sheet(tuple(filter(None, columns)), [], [])
        for number, cells in enumerate(rows, start=2):
            if not all(map(is_blank, cells)):
                sheet.rows.append(self._row(table, number, columns, cells))
                sheet.numbers.append(number)
        self.sheets[table] = sheet

    def tell(
        self, message: str, table: str, row: int | None = None, column: str | None = None
    ) -> None:
        """Note a fault of the file itself."""
        self.findings.add(self.wording(table, row, column), message)

    @contextmanager
    def faults_in_its_words(self) -> Iterator[None]:
        """Tell the faults of an instance, which name rows of tables, by their place in the file.

        Raises
        ------
        InstanceError
            With what was found in the file itself, or else with what is found in the block.
        """
        self.findings.raise_if_any(self.source)
        try:
            yield
        except InstanceError as error:
            faults = [self._located(fault) for fault in error.faults]
            raise InstanceError(self.source, faults) from None

    def _located(self, fault: Fault) -> Fault:
        message = ROW.sub(lambda found: self._worded(found[0]), fault.message)
        return Fault(self._worded(fault.place), message)

    def _worded(self, place: str) -> str:
        columns = {table: sheet.columns for table, sheet in self.sheets.items()}
        found = flat_place(place, self.tables, columns)
        if found is None:
            return place
        table, at, column = found
        numbers = self.sheets[table].numbers if table in self.sheets else []
        row = numbers[at] if at is not None and at < len(numbers) else None
        return self.wording(table, row, column)

    def _columns(self, table: str, headings: Sequence[Any]) -> list[str]:
        """The column of each cell of a row; empty where it has none."""
        columns: list[str] = []
        for cell in headings:
            column = "" if is_blank(cell) else str(text_of(cell)).strip()
            if column and column in columns:
                self.tell("is a heading twice", table, 1, printable(shortened(column)))
            columns.append(column)
        if len(columns) > MOST_COLUMNS:
            self.tell(f"has {len(columns):,} columns; {MOST_COLUMNS:,} are allowed", table)
        return columns

    def _row(self, table: str, number: int, columns: list[str], cells: Sequence[Any]) -> Row:
        row: Row = {}
        for column, cell in zip_longest(columns, cells):
            if column and not column.startswith(OWN_MARK):
                row[column] = cell
            elif not column and not is_blank(cell):
                self.tell(f"{shown(cell)} stands under no heading", table, number)
        return row
