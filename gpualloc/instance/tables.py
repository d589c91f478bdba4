"""An instance as flat tables, for data frames, CSV and workbooks.

======================  ===========================================================================
table                   columns
======================  ===========================================================================
``head``                one row: ``format``, ``name``, ``description``, ``sync_weight``
``periods``             ``name``, ``hours``; and so on for all tables of an instance
``network``             one row: ``same_provider.gbps``, ``same_provider.usd_per_gb``,
                        ``cross_provider.gbps``, ``cross_provider.usd_per_gb``
``links``               as in `Link`
``jobs``                as in `Job`; `sync` is ``sync.gb``, ``sync.every_s`` and so on
``options``             ``job``, then as in `Option`; in the order of the job's options
``current``             ``job``, ``offer``, ``shards``
``staging_usd``         ``job``, ``data_center``, ``usd``
``contracts``           the columns of all contract types, side by side
``tiers``               ``contract``, ``above_usd``, ``discount``; likewise any table in a contract
======================  ===========================================================================

- A figure for all periods is in its column, figures by period are in ``gpus[2025Q1]``,
  ``gpus[2025Q2]`` and so on; a row fills the one or the others.
- A list of names is one cell, ``training; research``. Where a name has a semicolon, starts with
  a bracket or has spaces around it, and for an empty list, the cell is JSON: ``["a;b"]``, ``[]``.
- A blank cell means the default. A row of ``current`` or ``staging_usd`` with the job alone means
  an empty map.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gpualloc.instance.cells import names_cell
from gpualloc.instance.records import Head, Job, Link, Network, Record
from gpualloc.instance.shapes import Kind, Shape, shapes_of
from gpualloc.instance.validation import TABLES

Row = dict[str, Any]
Tables = dict[str, list[Row]]

OWNERS = {"jobs": "job", "contracts": "contract"}
"""What a row of an inner table calls the row that it belongs to."""
KEYS = {"offers": "offer", "data_centers": "data_center"}
VALUES = {"current": "shards", "staging_usd": "usd"}
RECORDS: dict[str, type[Record]] = {
    **TABLES,
    "links": Link,
    "network": Network,
    "head": Head,
}


def tables_of(instance: Head) -> Tables:
    """Lay out an instance as flat tables, with defaults written out.

    Parameters
    ----------
    instance : Instance
        Any instance.

    Returns
    -------
    dict of lists
        For each table its rows, as dicts of cells: texts, numbers and None.
    """
    given = dict(instance)
    periods = [period.name for period in given["periods"]]
    tables: Tables = {"head": [{column: given[column] for column in Head.model_fields}]}
    for table in TABLES:
        tables[table] = []
        tables[table] += [_row(record, table, periods, tables) for record in given[table]]
    tables["network"] = [_row(given["network"], "network", periods, tables)]
    return tables


def columns_of(table: str, rows: Iterable[Row]) -> list[str]:
    """The columns of a table in the order of its records; known also where it has no rows."""
    found = dict.fromkeys(column for row in rows for column in row)
    bases = list(dict.fromkeys(base_of(column) for column in (*_blank_row(table), *found)))
    columns = found or dict.fromkeys(_blank_row(table))
    return sorted(columns, key=lambda column: bases.index(base_of(column)))


def base_of(column: str) -> str:
    """The record's column that a table's column belongs to: `gpus` of ``gpus[2025Q1]``."""
    return column.split("[", 1)[0].split(".", 1)[0]


def map_columns(column: str, shape: Shape) -> tuple[str, str]:
    """How the table of a map calls its names and its numbers."""
    return KEYS.get(shape.table, "name"), VALUES.get(column, "figure")


def _blank_row(table: str) -> Row:
    """A row of a table with every column that is not by period."""
    inner = shapes_of(Job).get(table)
    if inner and inner.kind is Kind.MAP:
        return dict.fromkeys((OWNERS["jobs"], *map_columns(table, inner)))
    if inner and inner.kind is Kind.ROWS:
        return {OWNERS["jobs"]: None, **_blank_record(inner.record)}
    record = RECORDS.get(table)
    return _blank_record(record) if record else {}


def _blank_record(record: type[Record]) -> Row:
    row: Row = {}
    for column, shape in shapes_of(record).items():
        if shape.kind is Kind.RECORD:
            row |= {f"{column}.{part}": None for part in shape.record.model_fields}
        elif shape.kind not in (Kind.ROWS, Kind.MAP):
            row[column] = None
    return row


def _row(record: Record, table: str, periods: list[str], tables: Tables) -> Row:
    """A record as a row; the rows of its inner tables are added to theirs."""
    row: Row = {}
    for column, shape in shapes_of(type(record)).items():
        value = getattr(record, column)
        if shape.kind in (Kind.ROWS, Kind.MAP):
            owner = {OWNERS[table]: getattr(record, "name")} if table in OWNERS else {}  # noqa: B009
            inner = _inner_rows(column, shape, value, periods, tables)
            tables.setdefault(column, []).extend({**owner, **cells} for cells in inner)
        else:
            row |= _cells(column, shape, value, periods)
    return row


def _cells(column: str, shape: Shape, value: Any, periods: list[str]) -> Row:
    if shape.kind is Kind.RECORD:
        return {
            f"{column}.{inner}": None if value is None else getattr(value, inner)
            for inner in shape.record.model_fields
        }
    if shape.kind is Kind.FIGURES and isinstance(value, tuple):
        return {
            f"{column}[{period}]": figure for period, figure in zip(periods, value, strict=True)
        }
    if shape.kind is Kind.NAMES and value is not None:
        return {column: names_cell(value)}
    return {column: value}


def _inner_rows(
    column: str, shape: Shape, value: Any, periods: list[str], tables: Tables
) -> list[Row]:
    if shape.kind is Kind.ROWS:
        return [_row(record, column, periods, tables) for record in value or ()]
    if value is None:
        return []
    key, number = map_columns(column, shape)
    return [{key: name, number: figure} for name, figure in value.items()] or [
        {key: None, number: None}
    ]
