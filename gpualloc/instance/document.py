"""An instance as plain dicts and lists, in one canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpualloc.instance.records import Record

ALWAYS = {"format", "type"}
"""Columns that are written even where they have their default."""


def document_of(record: Record) -> dict[str, Any]:
    """A record as JSON holds it.

    Columns come in the order of the record's class, those of a map by name. What has its default
    is left out, so that equal instances have equal documents, and keep them when a later version
    adds columns. Whole figures are whole numbers.
    """
    return {
        column: _plain(getattr(record, column))
        for column, info in type(record).model_fields.items()
        if info.is_required()
        or column in ALWAYS
        or getattr(record, column) != info.get_default(call_default_factory=True)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return document_of(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(value[name]) for name in sorted(value)}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
