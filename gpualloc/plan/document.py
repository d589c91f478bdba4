"""A plan as the JSON document of its file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gpualloc.instance.files import write_json
from gpualloc.instance.json_text import readable_json
from gpualloc.plan.records import FORMAT

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan

TABLES = ("placements", "hubs", "flows", "buyouts", "unserved")

RENAMED = {"origin": "from", "target": "to"}
"""Columns whose names in the file are words of Python."""

NOT_ASCII = re.compile("[^\\x00-\\x7f]")


def document(plan: Plan) -> dict[str, Any]:
    """The plan as a JSON object; without a plan the tables are empty."""
    tables = plan.layout if plan else None
    rows = {name: [] if tables is None else _rows(getattr(tables, name)) for name in TABLES}
    return {
        "format": FORMAT,
        "gpualloc": plan.gpualloc,
        "instance": plan.instance_name,
        "instance_sha256": plan.instance_sha256,
        "status": plan.status,
        "stopped_by": plan.stopped_by,
        "objective_usd": plan.objective_usd,
        "bound_usd": plan.bound_usd,
        "gap": plan.gap,
        "seconds": plan.seconds,
        "engine": plan.engine,
        "seed": plan.seed,
        **rows,
        "costs": None if plan.costs is None else dict(plan.costs),
    }


def encode(plan: Plan, *, ascii_only: bool = False) -> str:
    """The text of a plan's file: one line a figure, one line a row.

    Parameters
    ----------
    plan : Plan
    ascii_only : bool
        Escape all other characters, as JSON allows, for a terminal that may not show them.
    """
    return json_text(document(plan), ascii_only=ascii_only)


def json_text(content: Mapping[str, Any], *, ascii_only: bool = False) -> str:
    """A JSON object as readable text; `ascii_only` escapes all other characters."""
    text = readable_json(content)
    return NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text) if ascii_only else text


def write(plan: Plan, path: Path) -> None:
    """Write a plan's file; an old file stays until the new one is whole."""
    write_json(path, document(plan))


def _rows(rows: Iterable[NamedTuple | str]) -> list[Any]:
    return [row if isinstance(row, str) else _record(row) for row in rows]


def _record(row: NamedTuple) -> dict[str, Any]:
    return {RENAMED.get(column, column): value for column, value in row._asdict().items()}
