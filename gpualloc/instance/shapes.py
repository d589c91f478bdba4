"""What a column holds, read off its type: the key to laying records out as flat tables."""

from __future__ import annotations

import types
from enum import Enum, auto
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from gpualloc.instance.columns import PER_PERIOD, Ref
from gpualloc.instance.records import Record


class Kind(Enum):
    """The kinds of columns that flat tables tell apart."""

    TEXT = auto()
    NUMBER = auto()
    FIGURES = auto()
    """One number, or one a period."""
    NAMES = auto()
    """A list of names."""
    RECORD = auto()
    """Several columns under one name, such as `sync`."""
    ROWS = auto()
    """A table of its own, such as `options`."""
    MAP = auto()
    """Names and a number for each, such as `current`."""


class Shape(NamedTuple):
    """A column's kind; the record of `RECORD` and `ROWS`, the referred table of `MAP`."""

    kind: Kind
    record: type[Record] = Record
    table: str = ""


@cache
def shapes_of(record: type[Record]) -> dict[str, Shape]:
    """The shape of each column of a record."""
    return {
        column: _shape(info.annotation, tuple(info.metadata))
        for column, info in record.model_fields.items()
    }


def _shape(annotation: Any, marks: tuple[object, ...] = ()) -> Shape:
    annotation, marks = _bare(annotation, marks)
    if PER_PERIOD in marks:
        return Shape(Kind.FIGURES)
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return Shape(Kind.RECORD, annotation)
    if get_origin(annotation) in (list, tuple):
        inner = _shape(get_args(annotation)[0])
        return inner._replace(kind=Kind.ROWS if inner.kind is Kind.RECORD else Kind.NAMES)
    if get_origin(annotation) is dict:
        _, key_marks = _bare(get_args(annotation)[0])
        return Shape(Kind.MAP, table=next((m.table for m in key_marks if isinstance(m, Ref)), ""))
    is_text = annotation is str or _is_choice_of_texts(annotation)
    return Shape(Kind.TEXT if is_text else Kind.NUMBER)


def _bare(annotation: Any, marks: tuple[object, ...] = ()) -> tuple[Any, tuple[object, ...]]:
    """A type without null and without its marks, and the marks."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _bare(inner, (*marks, *more))
    if get_origin(annotation) in (Union, types.UnionType) and PER_PERIOD not in marks:
        parts = [part for part in get_args(annotation) if part is not type(None)]
        return _bare(parts[0], marks) if len(parts) == 1 else (annotation, marks)
    return annotation, marks


def _is_choice_of_texts(annotation: Any) -> bool:
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    return any(isinstance(choice, str) for choice in choices)
