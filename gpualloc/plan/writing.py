"""Writing plans: as JSON, which can be read back, and as tables for other programs."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from gpualloc.instance.files import write_bytes
from gpualloc.instance.formats.csv_tables import csv_bytes
from gpualloc.instance.formats.endings import PLAN_FORMATS, Format, format_of
from gpualloc.instance.formats.folders import write_folder
from gpualloc.plan import document
from gpualloc.plan.tables import NAMES, PlanTable, tables_of

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan

FOLDER_ENDINGS = {Format.CSV: ".csv", Format.PARQUET: ".parquet"}
NUMBER_FORMATS = {
    "usd": "#,##0.00",
    "gpus": "#,##0",
    "shards": "#,##0",
    "mw": "#,##0.00",
    "gbps": "#,##0.0",
    "tb": "#,##0.0",
    "share": "0.0%",
    "fraction": "0.0%",
    "gap": "0.0000%",
    "seconds": "0.00",
}
"""How figures show in a workbook, by the last word of their column: the unit."""


def write(plan: Plan, path: Path) -> None:
    """Write a plan to a file or a folder of files, by the ending of the name.

    Raises
    ------
    UsageError
        It cannot be written there, or has another ending.
    """
    kind = format_of(path, PLAN_FORMATS)
    if kind is Format.JSON:
        document.write(plan, path)
    elif kind is Format.EXCEL:
        write_bytes(path, _workbook(tables_of(plan)))
    else:
        encode, ending = ENCODERS[kind], FOLDER_ENDINGS[kind]
        files = {f"{name}{ending}": encode(table) for name, table in tables_of(plan).items()}
        write_folder(path, files, file_names(kind))


def file_names(kind: Format) -> list[str]:
    """The files that the folder of a plan may hold."""
    return [f"{name}{FOLDER_ENDINGS[kind]}" for name in NAMES]


def _csv(table: PlanTable) -> bytes:
    return csv_bytes(table.columns, table.rows)


def _parquet(table: PlanTable) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    kinds = [types[_plain(hint)] for hint in get_type_hints(table.row).values()]
    cells = zip(*table.rows, strict=True) if table.rows else [[] for _ in kinds]
    arrays = [pa.array(column, kind) for column, kind in zip(cells, kinds, strict=True)]
    target = io.BytesIO()
    parquet.write_table(pa.table(arrays, names=table.columns), target)
    return target.getvalue()


def _plain(hint: Any) -> Any:
    """The type of a column without None."""
    return next((part for part in get_args(hint) if part is not type(None)), hint)


def _workbook(tables: dict[str, PlanTable]) -> bytes:
    from gpualloc.instance.formats.excel_writer import SheetLayout, workbook_bytes

    sheets = {}
    for name, table in tables.items():
        units = {column: column.rsplit("_", 1)[-1] for column in table.columns}
        formats = {column: NUMBER_FORMATS.get(unit, "General") for column, unit in units.items()}
        sheets[name] = SheetLayout(table.columns, table.rows, formats=formats)
    return workbook_bytes(sheets)


ENCODERS: dict[Format, Callable[[PlanTable], bytes]] = {Format.CSV: _csv, Format.PARQUET: _parquet}
