"""Flat tables back into an instance; `gpualloc.instance.tables` describes their layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gpualloc.instance.cells import is_blank, names_of, number_of, text_of
from gpualloc.instance.contracts import Contract, contract_types
from gpualloc.instance.faults import Findings
from gpualloc.instance.records import Head, Link, Network, Record
from gpualloc.instance.shapes import Kind, Shape, shapes_of
from gpualloc.instance.tables import OWNERS, map_columns
from gpualloc.instance.validation import DEFAULT_ROWS, TABLES, faults_in
from gpualloc.instance.wording import joined, quoted, suggestion

Row = Mapping[str, Any]
Entry = dict[str, Any]

LINKS_TABLE = "links"

READ_CELL = {
    Kind.TEXT: text_of,
    Kind.NUMBER: number_of,
    Kind.FIGURES: number_of,
    Kind.NAMES: names_of,
}


def data_of(tables: Mapping[str, Sequence[Row]], source: str) -> Entry:
    """Turn flat tables into the nested data that `Instance` takes.

    Parameters
    ----------
    tables : mapping
        For each table its rows, as mappings from columns to cells.
    source : str
        What messages call the tables.

    Raises
    ------
    InstanceError
        The tables do not fit together: unknown tables, rows of no job, figures for some periods
        only. All other faults are told with these; where there are none of these, single cells
        are left to `Instance`.
    """
    findings = Findings()
    reader = _Reader(tables, findings)
    data = reader.read()
    if findings.faults:
        told = {*(fault.place for fault in findings.faults), *reader.may_lack(data)}
        for fault in faults_in(data):
            if told.isdisjoint(_places_around(fault.place)):
                findings.add(fault.place, fault.message)
    findings.raise_if_any(source)
    return data


class _Reader:
    """Reads flat tables into nested data."""

    def __init__(self, tables: Mapping[str, Sequence[Row]], findings: Findings) -> None:
        self.tables = tables
        self.findings = findings
        self.periods = [str(text_of(row.get("name"))) for row in tables.get("periods", ())]
        self.inner = {table: dict(_inner_columns(table)) for table in OWNERS}
        self.waiting: dict[tuple[str, str], None] = {}

    def read(self) -> Entry:
        self._check_tables()
        data = {**self._single("head", Head), "network": self._single("network", Network)}
        for table in TABLES:
            if self.tables.get(table) or (table in self.tables and table not in DEFAULT_ROWS):
                data[table] = self._entries(table)
        data["network"]["links"] = self._entries(LINKS_TABLE)
        for column in dict.fromkeys(name for inner in self.inner.values() for name in inner):
            self._attach(column, data)
        return data

    def _check_tables(self) -> None:
        inner = [column for columns in self.inner.values() for column in columns]
        known = ["head", "network", LINKS_TABLE, *TABLES, *inner]
        for table in self.tables:
            if table not in known:
                self.findings.add(table, f"is not a table{suggestion(table, known)}")

    def _single(self, table: str, record: type[Record]) -> Entry:
        """A table of one row."""
        rows = self.tables.get(table, ())
        if len(rows) > 1:
            self.findings.add(table, f"has {len(rows):,} rows; one is allowed")
        return self._entry(record, rows[0], table) if rows else {}

    def _entries(self, table: str) -> list[Entry]:
        return [
            self._entry(_record_of(table, row), row, joined(table, at))
            for at, row in enumerate(self.tables.get(table, ()))
        ]

    def _entry(self, record: type[Record], row: Row, place: str) -> Entry:
        """A row as nested data; blank cells are left out."""
        shapes = shapes_of(record)
        entry: Entry = {}
        figures: dict[str, Entry] = {}
        for label, cell in row.items():
            if is_blank(cell):
                continue
            column = str(label)
            base, period = _figure_column(column, shapes)
            outer, _, part = column.partition(".")
            if base:
                figures.setdefault(base, {})[period] = number_of(cell)
            elif part and outer in shapes and shapes[outer].kind is Kind.RECORD:
                inner = shapes_of(shapes[outer].record).get(part)
                entry.setdefault(outer, {})[part] = _read_cell(inner, cell)
            else:
                entry[column] = _read_cell(shapes.get(column), cell)
        self._add_figures(entry, figures, place)
        return entry

    def _add_figures(self, entry: Entry, figures: dict[str, Entry], place: str) -> None:
        for column, by_period in figures.items():
            inner = joined(place, column)
            if column in entry:
                self.findings.add(inner, "has a figure for all periods and figures by period")
            for period in by_period:
                if period not in self.periods:
                    self.findings.add_unknown(inner, period, "a period", self.periods)
            for period in self.periods:
                if period not in by_period:
                    self.findings.add(inner, f"has no figure for the period {quoted(period)}")
            entry[column] = [by_period.get(period) for period in self.periods]

    def _attach(self, column: str, data: Entry) -> None:
        """Put the rows of an inner table into the jobs or contracts that they belong to."""
        for at, row in enumerate(self.tables.get(column, ())):
            place = joined(column, at)
            table = self._owner_table(column, row)
            owner = self._owner(table, row, data, place)
            if owner is None:
                self.waiting[table, column] = None
                continue
            rest = {label: cell for label, cell in row.items() if label != OWNERS[table]}
            shape = self.inner[table][column]
            if shape.kind is Kind.ROWS:
                entry = self._entry(shape.record, rest, place)
                owner.setdefault(column, []).append(entry)
            else:
                self._add_to_map(owner.setdefault(column, {}), column, shape, rest, place)

    def may_lack(self, data: Entry) -> Iterator[str]:
        """Places that are blank, perhaps only because rows for them have no owner."""
        for table, column in self.waiting:
            for at, row in enumerate(data.get(table, ())):
                if column not in row:
                    yield joined(table, at, column)

    def _owner_table(self, column: str, row: Row) -> str:
        tables = [table for table in OWNERS if column in self.inner[table]]
        return next((t for t in tables if not is_blank(row.get(OWNERS[t]))), tables[0])

    def _owner(self, table: str, row: Row, data: Entry, place: str) -> Entry | None:
        label = OWNERS[table]
        if is_blank(row.get(label)):
            self.findings.add(joined(place, label), "is missing")
            return None
        name = text_of(row[label])
        owners = {owner.get("name"): owner for owner in reversed(data.get(table, ()))}
        if name not in owners:
            known = [str(owner) for owner in owners]
            self.findings.add_unknown(joined(place, label), str(name), f"a {label}", known)
        return owners.get(name)

    def _add_to_map(self, target: Entry, column: str, shape: Shape, row: Row, place: str) -> None:
        key, number = map_columns(column, shape)
        for label in row:
            if label not in (key, number):
                hint = suggestion(str(label), (key, number))
                self.findings.add(joined(place, str(label)), f"is not a column{hint}")
        name, figure = row.get(key), row.get(number)
        if is_blank(name) and is_blank(figure):
            return
        for label, cell in ((key, name), (number, figure)):
            if is_blank(cell):
                self.findings.add(joined(place, label), "is missing")
        if text_of(name) in target:
            self.findings.add(joined(place, key), f"{quoted(str(name))} is given twice")
        if not is_blank(name) and not is_blank(figure):
            target[text_of(name)] = number_of(figure)


def _places_around(place: str) -> Iterator[str]:
    """A place, and all that it is a part of."""
    yield place
    for at, letter in enumerate(place):
        if letter in ".[":
            yield place[:at]


def _inner_columns(table: str) -> Iterator[tuple[str, Shape]]:
    """The columns of a table's records that have tables of their own."""
    records = contract_types().values() if table == "contracts" else (TABLES[table],)
    for record in records:
        for column, shape in shapes_of(record).items():
            if shape.kind in (Kind.ROWS, Kind.MAP):
                yield column, shape


def _record_of(table: str, row: Row) -> type[Record]:
    if table == LINKS_TABLE:
        return Link
    if table == "contracts":
        return contract_types().get(str(row.get("type")), Contract)
    return TABLES[table]


def _figure_column(column: str, shapes: Mapping[str, Shape]) -> tuple[str, str]:
    """Column and period of a label such as ``gpus[2025Q1]``; empty for any other label."""
    base, bracket, period = column.removesuffix("]").partition("[")
    is_figure = bracket and base in shapes and shapes[base].kind is Kind.FIGURES
    return (base, period) if is_figure else ("", "")


def _read_cell(shape: Shape | None, cell: Any) -> Any:
    read = READ_CELL.get(shape.kind) if shape else None
    return read(cell) if read else cell
