"""Checks that a column's type asks for and that need the other tables.

A column marked by `Ref` names a row that exists; a column `PerPeriod` has as many figures as
there are periods. Probes look at rows as they were given, so that they find their faults also in
rows that have others.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from gpualloc.instance.columns import PER_PERIOD, Ref
from gpualloc.instance.directory import NOUNS, Directory, value_of
from gpualloc.instance.faults import Findings
from gpualloc.instance.records import Record
from gpualloc.instance.wording import is_misspelled, joined

Probe = Callable[[object, str, Directory, Findings], None]


def probe_row(
    record: type[Record], row: object, place: str, directory: Directory, findings: Findings
) -> None:
    """Check a row's references and the lengths of its lists by period.

    Parameters
    ----------
    record : type
        The class that the row is, or should be, a record of.
    row : mapping or Record
        Anything else is left alone.
    """
    if not isinstance(row, Mapping | Record):
        return
    for column, probe in _probes(record):
        probe(value_of(row, column), joined(place, column), directory, findings)


@cache
def _probes(record: type[Record]) -> tuple[tuple[str, Probe], ...]:
    """The columns of a record that have something to check."""
    found = (
        (column, _probe_of(info.annotation, tuple(info.metadata)))
        for column, info in record.model_fields.items()
    )
    return tuple((column, probe) for column, probe in found if probe)


def _probe_of(annotation: Any, marks: tuple[object, ...] = ()) -> Probe | None:
    """The check of a type, from its marks and its parts; None where there is nothing to check."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _probe_of(inner, (*marks, *more))
    for mark in marks:
        if isinstance(mark, Ref):
            return _reference_probe(mark)
        if mark is PER_PERIOD:
            return _probe_length
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return _record_probe(annotation)
    return _container_probe(annotation)


def _container_probe(annotation: Any) -> Probe | None:
    parts = [_probe_of(part) for part in get_args(annotation) if part is not Ellipsis]
    probes = [probe for probe in parts if probe]
    if not probes:
        return None
    if get_origin(annotation) in (Union, types.UnionType):
        return _union_probe(probes)
    if get_origin(annotation) is dict:
        return _map_probe(parts[0], parts[1])
    return _list_probe(probes[0])


def _reference_probe(ref: Ref) -> Probe:
    def probe(value: object, place: str, directory: Directory, findings: Findings) -> None:
        if not isinstance(value, str) or not value or directory.allows(ref.table, value):
            return
        known = directory.names[ref.table]
        if ref.must_exist or is_misspelled(value, known):
            findings.add_unknown(place, value, NOUNS[ref.table], known)

    return probe


def _probe_length(value: object, place: str, directory: Directory, findings: Findings) -> None:
    count = directory.period_count
    if isinstance(value, list | tuple) and count and len(value) != count:
        found = f"has {len(value):,} figure{'s' * (len(value) != 1)}"
        findings.add(place, f"{found}; the number of periods is {count:,}")


def _record_probe(record: type[Record]) -> Probe | None:
    if not _probes(record):
        return None

    def probe(value: object, place: str, directory: Directory, findings: Findings) -> None:
        probe_row(record, value, place, directory, findings)

    return probe


def _union_probe(probes: list[Probe]) -> Probe:
    def probe(value: object, place: str, directory: Directory, findings: Findings) -> None:
        for inner in probes:
            inner(value, place, directory, findings)

    return probes[0] if len(probes) == 1 else probe


def _list_probe(each: Probe) -> Probe:
    def probe(value: object, place: str, directory: Directory, findings: Findings) -> None:
        if isinstance(value, list | tuple):
            for at, item in enumerate(value):
                each(item, joined(place, at), directory, findings)

    return probe


def _map_probe(key: Probe | None, item: Probe | None) -> Probe:
    def probe(value: object, place: str, directory: Directory, findings: Findings) -> None:
        for name, inner in value.items() if isinstance(value, Mapping) else ():
            if key:
                key(name, joined(place, str(name)), directory, findings)
            if item:
                item(inner, joined(place, str(name)), directory, findings)

    return probe
