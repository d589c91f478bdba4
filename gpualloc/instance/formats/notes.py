"""What the columns of flat tables mean, read off the records: for comments and documentation."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic.fields import FieldInfo

from gpualloc.instance.columns import Number, Ref
from gpualloc.instance.contracts import Contract, contract_types
from gpualloc.instance.directory import NOUNS
from gpualloc.instance.records import Head, Job, Link, Network, Record
from gpualloc.instance.shapes import Kind, Shape, shapes_of
from gpualloc.instance.tables import OWNERS, map_columns
from gpualloc.instance.validation import TABLES
from gpualloc.instance.wording import listed, shown

NEEDED = "Needed."
PER_PERIOD = "For one figure a period fill {0}[PERIOD] instead, a column for each period by name."
LIST = "One name or more, separated by semicolons."


class Note(NamedTuple):
    """What a column means, what a blank cell of it means, and what is allowed in it."""

    column: str
    meaning: str
    blank: str
    allowed: str
    is_text: bool

    @property
    def is_needed(self) -> bool:
        """Whether every row needs it."""
        return self.blank.startswith((NEEDED, "Needed;"))

    def __str__(self) -> str:
        return "\n".join(part for part in (self.meaning, self.allowed, self.blank) if part)


def notes() -> dict[str, list[Note]]:
    """The notes of every table, in the order of its columns."""
    found = {"head": list(_record_notes(Head))}
    for table, record in TABLES.items():
        found[table] = list(_record_notes(record))
        kinds = contract_types().values() if table == "contracts" else (Job,)
        for kind in kinds if table in OWNERS else ():
            found |= dict(_inner_notes(OWNERS[table], kind))
    found["contracts"] = list(_contract_notes(found["contracts"]))
    return {**found, "network": list(_record_notes(Network)), "links": list(_record_notes(Link))}


def table_notes() -> dict[str, str]:
    """What each table holds."""
    records: dict[str, type[Record]] = {**TABLES, "head": Head, "network": Network, "links": Link}
    told = {table: inspect.getdoc(record) or "" for table, record in records.items()}
    owners: list[type[Record]] = [Job, *contract_types().values()]
    for owner in owners:
        for column, info in owner.model_fields.items():
            told.setdefault(column, _tabular(info.description))
    return {table: told[table].split("\n")[0] for table in notes()}


def text_columns(table: str) -> set[str]:
    """The columns of a table that hold texts."""
    return {note.column for note in notes().get(table, ()) if note.is_text}


def _record_notes(record: type[Record]) -> Iterator[Note]:
    shapes = shapes_of(record)
    for column, info in record.model_fields.items():
        if shapes[column].kind is Kind.RECORD:
            yield from _nested_notes(column, info, shapes[column].record)
        elif shapes[column].kind not in (Kind.ROWS, Kind.MAP):
            yield _note(column, info, shapes[column].kind)


def _nested_notes(outer: str, info: FieldInfo, record: type[Record]) -> Iterator[Note]:
    """The columns of `sync` and the like: ``sync.gb``."""
    for note in _record_notes(record):
        yield note._replace(
            column=f"{outer}.{note.column}",
            meaning=f"{_tabular(info.description)} {note.meaning}",
            blank=note.blank.replace(NEEDED, f"Needed where any column of {outer} is filled."),
        )


def _inner_notes(owner: str, record: type[Record]) -> Iterator[tuple[str, list[Note]]]:
    """The tables of `options`, `current` and the like, whose rows name their owner."""
    first = Note(owner, f"The {owner} that the row belongs to, by name.", NEEDED, "", True)
    shapes = shapes_of(record)
    for column, info in record.model_fields.items():
        shape = shapes[column]
        if shape.kind is Kind.ROWS:
            yield column, [first, *_record_notes(shape.record)]
        if shape.kind is Kind.MAP:
            yield column, [first, *_map_notes(column, info, shape)]


def _map_notes(column: str, info: FieldInfo, shape: Shape) -> Iterator[Note]:
    key, number = map_columns(column, shape)
    blank = f"Needed; a row with the job alone means no {key.replace('_', ' ')} at all."
    yield Note(key, f"Names {NOUNS.get(shape.table, 'what the figure is of')}.", blank, "", True)
    figures = next(mark for mark in _marks(info.annotation) if isinstance(mark, Number))
    allowed = f"{figures.allowed.capitalize()}."
    meaning = _tabular(info.description).replace("blank:", "no row:")
    yield Note(number, meaning, NEEDED, allowed, False)


def _contract_notes(common: list[Note]) -> Iterator[Note]:
    """The columns that all contracts have, then those of each type, told together by column."""
    types = contract_types()
    for note in common:
        is_type = note.column == "type"
        yield note._replace(allowed=f"{listed(types)}.") if is_type else note
    own: dict[str, dict[Note, list[str]]] = {}
    for kind, record in types.items():
        for note in _record_notes(record):
            if note.column not in Contract.model_fields:
                own.setdefault(note.column, {}).setdefault(note, []).append(kind)
    for column, by_note in own.items():
        told = [f"{', '.join(kinds)}: {note.meaning}" for note, kinds in by_note.items()]
        rest = [f"{', '.join(kinds)}: {_rest(note)}" for note, kinds in by_note.items()]
        rules = [_rest(note) for note in by_note] if len(by_note) == 1 else rest
        yield Note(column, "\n".join(told), "", "\n".join(rules), next(iter(by_note)).is_text)


def _rest(note: Note) -> str:
    return " ".join(part for part in (note.allowed, note.blank) if part)


def _note(column: str, info: FieldInfo, kind: Kind) -> Note:
    return Note(
        column,
        _tabular(info.description),
        _blank(info),
        " ".join(_allowed(column, info, kind)),
        kind in (Kind.TEXT, Kind.NAMES),
    )


def _blank(info: FieldInfo) -> str:
    """What a blank cell means, unless the description tells."""
    if info.is_required():
        return NEEDED
    default = info.get_default()
    if default == ():
        return "Blank: none."
    told = default in (None, "") or "blank" in _tabular(info.description)
    return "" if told else f"Blank: {shown(default).strip(chr(34))}."


def _allowed(column: str, info: FieldInfo, kind: Kind) -> Iterator[str]:
    marks = [*info.metadata, *_marks(info.annotation)]
    for mark in marks:
        if isinstance(mark, Ref):
            yield f"Names {NOUNS[mark.table]}."
        if isinstance(mark, Number):
            yield f"{mark.allowed.capitalize()}."
    choices = [mark for mark in marks if isinstance(mark, str)]
    if choices:
        yield f"{listed(choices)}."
    if kind is Kind.NAMES:
        yield LIST
    if kind is Kind.FIGURES:
        yield PER_PERIOD.format(column)


def _marks(annotation: Any) -> Iterator[object]:
    """All marks inside a type, and the texts that it is a choice of; each once."""
    seen: list[object] = []
    for mark in _all_marks(annotation):
        if mark not in seen:
            seen.append(mark)
            yield mark


def _all_marks(annotation: Any) -> Iterator[object]:
    if get_origin(annotation) is Literal:
        yield from (choice for choice in get_args(annotation) if isinstance(choice, str))
        return
    for part in get_args(annotation):
        if isinstance(part, Number | Ref):
            yield part
        else:
            yield from _all_marks(part)
    yield from (m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, Number | Ref))


def _tabular(description: str | None) -> str:
    """A description in the words of tables, whose cells are blank instead of null."""
    return re.sub(r"\bnull\b", "blank", description or "")
