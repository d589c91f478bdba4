"""Collecting faults, and telling pydantic's errors in plain words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gpualloc.errors import Fault, InstanceError
from gpualloc.instance.columns import LIST_TAG, NUMBER_TAG
from gpualloc.instance.records import Record
from gpualloc.instance.wording import joined, shown, suggestion

MOST_LISTED = 100
SILENT_STEPS = {NUMBER_TAG, LIST_TAG, "[key]"}


class Findings:
    """The faults found so far, in the order in which they were found."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, place: str, message: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(place, message))

    def add_unknown(self, place: str, name: str, what: str, known: Collection[str]) -> None:
        """Note a name that does not exist, with a suggestion while faults are still listed."""
        hint = suggestion(name, known) if len(self.faults) < MOST_LISTED else ""
        self.add(place, f"{shown(name)} is not {what}{hint}")

    def raise_if_any(self, source: str) -> None:
        """Raise what was found as one error."""
        if self.faults:
            raise InstanceError(source, capped(self.faults))


def capped(faults: Sequence[Fault]) -> Sequence[Fault]:
    """The first hundred faults, and how many more there are."""
    more = len(faults) - MOST_LISTED
    if more <= 0:
        return faults
    return [*faults[:MOST_LISTED], Fault("", f"and {more:,} more faults")]


def faults_of(error: ValidationError, record: type[Record], place: str = "") -> Iterator[Fault]:
    """Tell the errors of one record in plain words."""
    for detail in error.errors(include_url=False):
        if not _is_echo(detail):
            yield fault_of(detail, record, place)


def fault_of(detail: ErrorDetails, record: type[Record], place: str) -> Fault:
    """Tell one error of a record at `place` in plain words."""
    steps = [step for step in detail["loc"] if step not in SILENT_STEPS]
    if detail["type"] == "extra_forbidden":
        message = _tell_unknown(detail, record)
    else:
        message = TELLERS.get(detail["type"], _tell_other)(detail)
    return Fault(joined(place, *steps), message)


def _is_echo(detail: ErrorDetails) -> bool:
    """Whether pydantic calls a list short only because entries of it have faults of their own."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _tell_unknown(detail: ErrorDetails, record: type[Record]) -> str:
    columns = _record_at(record, detail["loc"][:-1]).model_fields
    return f"is not a column{suggestion(str(detail['loc'][-1]), columns)}"


def _tell_no_row(detail: ErrorDetails) -> str:
    return f"{shown(detail['input'])} is not a row; an object with columns is"


def _tell_no_map(detail: ErrorDetails) -> str:
    return f"{shown(detail['input'])} is not an object of names and figures"


def _tell_choice(detail: ErrorDetails) -> str:
    expected = detail["ctx"]["expected"].replace("'", '"')
    return f"{shown(detail['input'])} is not allowed; {expected} is"


def _tell_other(detail: ErrorDetails) -> str:
    rule = detail["msg"].removeprefix("Input ").replace("should be", "it should be")
    return f"{shown(detail['input'])} is not allowed; {rule}"


TELLERS: dict[str, Callable[[ErrorDetails], str]] = {
    "plain": lambda detail: str(detail["ctx"]["message"]),
    "value_error": lambda detail: str(detail["ctx"]["error"]),
    "missing": lambda detail: "is missing",
    "too_short": lambda detail: "is empty; at least one is needed",
    "model_type": _tell_no_row,
    "model_attributes_type": _tell_no_row,
    "dict_type": _tell_no_map,
    "literal_error": _tell_choice,
}


def _record_at(record: type[Record], steps: tuple[int | str, ...]) -> type[Record]:
    """The class of the record that a place inside a record is in."""
    for step in steps:
        if isinstance(step, str) and step in record.model_fields:
            record = _inner_record(record.model_fields[step].annotation) or record
    return record


def _inner_record(annotation: Any) -> type[Record] | None:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    found = (_inner_record(inner) for inner in get_args(annotation))
    return next((inner for inner in found if inner), None)
