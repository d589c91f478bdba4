"""The kinds of columns that records are made of: figures, names, lists, references."""

from __future__ import annotations

import re
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Discriminator, Field, GetCoreSchemaHandler, Tag
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from gpualloc.instance.wording import shortened, shown

LARGEST = 10**12
LONGEST_NAME = 128
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
SURROGATE = re.compile("[\ud800-\udfff]")
NUMBER_TAG, LIST_TAG = "<number>", "<list>"

T = TypeVar("T")


def refuse(message: str) -> PydanticCustomError:
    """An error whose message is shown as it stands."""
    return PydanticCustomError("plain", "{message}", {"message": message})


@dataclass(frozen=True)
class Ref:
    """Marks a column as the name of a row of another table.

    Two tables are not written down as such: `regions`, the regions that data centers are in, and
    `tags`, the tags that jobs have.

    Parameters
    ----------
    table : str
        Where the name stands.
    must_exist : bool
        Whether a name that is not there is a fault. Otherwise only one that looks like a name
        that is there, misspelled.
    """

    table: str
    must_exist: bool = True


@dataclass(frozen=True)
class Number:
    """A finite number within bounds; texts and truth values are no numbers.

    Parameters
    ----------
    least, most : float
        The bounds, both allowed unless `above` is set.
    above : bool
        Whether `least` itself is too little.
    whole : bool
        Whether only whole numbers are allowed. 1000.0 is whole.
    """

    least: float = 0
    most: float = LARGEST
    above: bool = False
    whole: bool = False

    @property
    def allowed(self) -> str:
        """The allowed numbers in words."""
        kind = "a whole number" if self.whole else "a number"
        if self.above:
            return f"{kind} above {_bound(self.least)} and up to {_bound(self.most)}"
        return f"{kind} from {_bound(self.least)} to {_bound(self.most)}"

    def check(self, value: object) -> float | int:
        """Return the number as `int` or `float`, or refuse it in plain words."""
        number = self._plain(value)
        if not self._inside(number):
            raise refuse(self._outside(number))
        if not self.whole:
            return float(number) + 0.0
        if number != int(number):
            raise refuse(f"{shown(number)} is not a whole number; {self.allowed} is allowed")
        return int(number)

    def _plain(self, value: object) -> float | int:
        """The number as Python's own; other libraries' numbers are taken too."""
        if isinstance(value, Real) and not isinstance(value, bool):
            return int(value) if isinstance(value, Integral) else float(value)
        what = " is text" if isinstance(value, str) else " is not a number"
        raise refuse(f"{shown(value)}{what}; {self.allowed} is allowed")

    def _inside(self, value: float) -> bool:
        return (self.least < value if self.above else self.least <= value) and value <= self.most

    def _outside(self, value: float) -> str:
        if value != value:
            found = "NaN is not a number"
        elif value > self.most:
            found = f"{shown(value)} is above {_bound(self.most)}"
        elif value == self.least:
            found = f"{shown(value)} is not above {_bound(self.least)}"
        else:
            found = f"{shown(value)} is below {_bound(self.least)}"
        return f"{found}; {self.allowed} is allowed"

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: object, handler: object) -> dict[str, Any]:
        lower = "exclusiveMinimum" if self.above else "minimum"
        kind = "integer" if self.whole else "number"
        return {"type": kind, lower: self.least, "maximum": self.most}


def _bound(figure: float) -> str:
    return "1e12" if figure == LARGEST else format(figure, ".15g")


@dataclass(frozen=True)
class Text:
    """A text. As a name it has 1 to 128 characters and no control characters."""

    name: bool = True

    def check(self, value: object) -> str:
        """Return the text, or refuse it in plain words."""
        if not isinstance(value, str):
            wanted = "a name" if self.name else "a text"
            raise refuse(f"{shown(value)} is not a text; {wanted} in quotes is allowed")
        if SURROGATE.search(value):
            raise refuse(f"{shown(value)} has half of a surrogate pair; such a text is no Unicode")
        if self.name:
            _check_name(value)
        return str(value)

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: object, handler: object) -> dict[str, Any]:
        if not self.name:
            return {"type": "string"}
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "pattern": pattern}


def _check_name(value: str) -> None:
    if not value:
        raise refuse(f"is empty; a name has 1 to {LONGEST_NAME} characters")
    if len(value) > LONGEST_NAME:
        found = f"{shown(shortened(value, 40))} has {len(value):,} characters"
        raise refuse(f"{found}; a name has 1 to {LONGEST_NAME}")
    if CONTROL.search(value):
        raise refuse(f"{shown(value)} has a control character; a name has none")


def _as_tuple(value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise refuse(f"{shown(value)} is not a list")
    return tuple(value)


Listed = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
"""A list in a file, a tuple in a record."""

Filled = Annotated[tuple[T, ...], Field(min_length=1), BeforeValidator(_as_tuple)]
"""A list with at least one entry."""


def _figure_or_list(value: object) -> str:
    return LIST_TAG if isinstance(value, list | tuple) else NUMBER_TAG


PER_PERIOD = Discriminator(_figure_or_list)
PerPeriod = Annotated[
    Annotated[T, Tag(NUMBER_TAG)] | Annotated[Listed[T], Tag(LIST_TAG)], PER_PERIOD
]
"""One figure for all periods, or a list with one per period."""

Name = Annotated[str, Text()]
Prose = Annotated[str, Text(name=False)]
Amount = Annotated[float, Number()]
Positive = Annotated[float, Number(above=True)]
Fraction01 = Annotated[float, Number(most=1)]
Count = Annotated[int, Number(whole=True)]
PositiveCount = Annotated[int, Number(least=1, whole=True)]
AmountPerPeriod = PerPeriod[Amount]
CountPerPeriod = PerPeriod[Count]

PeriodName = Annotated[str, Text(), Ref("periods")]
GpuTypeName = Annotated[str, Text(), Ref("gpu_types")]
ProviderName = Annotated[str, Text(), Ref("providers")]
DataCenterName = Annotated[str, Text(), Ref("data_centers")]
OfferName = Annotated[str, Text(), Ref("offers")]
JobName = Annotated[str, Text(), Ref("jobs")]
RegionName = Annotated[str, Text(), Ref("regions")]
TagName = Annotated[str, Text(), Ref("tags", must_exist=False)]
