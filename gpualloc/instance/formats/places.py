"""Where a place of an instance, ``jobs[0].options[1].shards``, stands in its flat tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gpualloc.instance.cells import is_blank, text_of
from gpualloc.instance.contracts import contract_types
from gpualloc.instance.records import Job
from gpualloc.instance.shapes import Kind, Shape, shapes_of
from gpualloc.instance.tables import OWNERS, map_columns
from gpualloc.instance.validation import TABLES
from gpualloc.instance.wording import quoted

STEP = re.compile(r'\[(?P<at>\d+)\]|\.?(?P<column>\w+)|\[(?P<name>".*?")\]')

Step = int | str
Tables = Mapping[str, Sequence[Mapping[str, Any]]]


class Place(NamedTuple):
    """A table, a row of it by position, and a column; None where the whole of it is meant."""

    table: str
    at: int | None = None
    column: str | None = None


def flat_place(place: str, tables: Tables, columns: Mapping[str, Sequence[str]]) -> Place | None:
    """Find the cell of flat tables that a place of an instance was made of.

    Parameters
    ----------
    place : str
        Of an instance, as faults give it, or of the flat tables themselves.
    tables : mapping
        The rows of each table.
    columns : mapping
        The columns of each table.

    Returns
    -------
    Place or None
        None for a place that no table has, such as that of the whole instance.
    """
    steps = tuple(_steps(place))
    if not steps:
        return None
    table, *rest = steps
    if table == "network" and rest[:1] == ["links"]:
        table, *rest = rest
    if table == "network":
        return Place("network", 0, _column(rest))
    if table == "head" or (table not in tables and table not in TABLES):
        return Place("head", 0, _column(rest if table == "head" else steps))
    return _row_place(str(table), rest, tables, columns)


def _steps(place: str) -> Iterator[Step]:
    for found in STEP.finditer(place):
        at, column, name = found["at"], found["column"], found["name"]
        yield int(at) if at else column or name


def _row_place(
    table: str, rest: list[Step], tables: Tables, columns: Mapping[str, Sequence[str]]
) -> Place:
    if not rest or not isinstance(rest[0], int):
        return Place(table)
    at, path = rest[0], rest[1:]
    shape = _inner_shape(table, path[0]) if path else None
    if shape:
        return _inner_place(Place(table, at), shape, path, tables, columns)
    periods = [str(text_of(row.get("name"))) for row in tables.get("periods", ())]
    return Place(table, at, _column(path, columns.get(table, ()), periods))


def _inner_shape(table: str, column: Step) -> Shape | None:
    """The shape of a column that has a table of its own."""
    records = {"jobs": [Job], "contracts": contract_types().values()}.get(table, ())
    shapes = [shapes_of(record).get(str(column)) for record in records]
    return next((s for s in shapes if s and s.kind in (Kind.ROWS, Kind.MAP)), None)


def _inner_place(
    owner: Place,
    shape: Shape,
    path: list[Step],
    tables: Tables,
    columns: Mapping[str, Sequence[str]],
) -> Place:
    """A place in the table of `options`, `current` or the like, whose rows name their owner."""
    table, *rest = path
    label = OWNERS[owner.table]
    name = text_of(tables[owner.table][owner.at or 0].get("name"))
    mine = [
        at for at, row in enumerate(tables.get(str(table), ())) if text_of(row.get(label)) == name
    ]
    if not rest:
        return Place(owner.table, owner.at, f"table {table}")
    if shape.kind is Kind.ROWS:
        at = rest.pop(0)
        flat = mine[at] if isinstance(at, int) and at < len(mine) else None
        return _row_place(str(table), [flat, *rest], tables, columns) if flat is not None else owner
    return _map_place(str(table), shape, str(rest[0]), mine, tables)


def _map_place(table: str, shape: Shape, name: str, mine: list[int], tables: Tables) -> Place:
    """A place in a map: the name where no row of the referred table has it, else its number."""
    key, number = map_columns(table, shape)
    rows = tables[table]
    found = [at for at in mine if _is_called(rows[at].get(key), name)]
    if not found:
        return Place(table)
    referred = tables.get(shape.table, ())
    known = any(_is_called(row.get("name"), name) for row in referred)
    return Place(table, found[0], number if known else key)


def _is_called(cell: Any, name: str) -> bool:
    """Whether a cell is a name as a place tells it: as it is, or in quotes and cut."""
    text = None if is_blank(cell) else text_of(cell)
    return isinstance(text, str) and name in (text, quoted(text))


def _column(
    path: Sequence[Step], columns: Sequence[str] = (), periods: Sequence[str] = ()
) -> str | None:
    """The column of a row that a path inside the row leads to."""
    names = [str(step).strip('"') for step in path if isinstance(step, str)]
    base = ".".join(names)
    at = next((step for step in path if isinstance(step, int)), None)
    if at is not None and at < len(periods) and f"{base}[{periods[at]}]" in columns:
        return f"{base}[{periods[at]}]"
    return base or None
