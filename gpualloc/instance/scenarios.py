"""Scenarios: named changes to an instance, and grids of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal

from gpualloc.errors import UsageError
from gpualloc.instance.changes import (
    FigurePath,
    apply_scale,
    apply_set,
    delay_site,
    drop_contract,
    lose_site,
    split_option,
)
from gpualloc.instance.instance import Instance
from gpualloc.instance.wording import printable, quoted


@dataclass(frozen=True)
class Change:
    """One change to an instance.

    Attributes
    ----------
    kind : {"set", "scale", "drop", "lose", "delay"}
    target : str
        The path of the figures (``offers.gpus``, ``jobs[llama].sync.gbps``), the contract that is
        dropped, or the data center that is lost or late.
    value
        What to set, the factor as a decimal text, or the periods that a data center is late.
    """

    kind: Literal["set", "scale", "drop", "lose", "delay"]
    target: str
    value: Any = None

    def __str__(self) -> str:
        if self.kind in ("drop", "lose"):
            return f"without {quoted(self.target)}"
        if self.kind == "delay":
            plural = "" if self.value == 1 else "s"
            return f"{quoted(self.target)} {self.value} period{plural} late"
        if self.kind == "scale":
            return printable(f"{self.target}*{self.value}")
        return printable(f"{self.target}={json.dumps(self.value, ensure_ascii=False)}")

    def make(self, tables: dict[str, Any]) -> None:
        """Make the change in the tables of an instance, all columns given."""
        if self.kind == "drop":
            drop_contract(tables, self.target)
        elif self.kind == "lose":
            lose_site(tables, self.target)
        elif self.kind == "delay":
            delay_site(tables, self.target, self.value)
        elif self.kind == "scale":
            apply_scale(tables, FigurePath.parse(self.target), self.value)
        else:
            apply_set(tables, FigurePath.parse(self.target), self.value)


@dataclass(frozen=True)
class Scenario:
    """Changes that are made together; none of them is the instance as it is."""

    changes: tuple[Change, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Scenario:
        """Read a scenario: ``lose abilene; scale offers.usd_per_gpu_hour=1.2``.

        Changes are separated by semicolons; each is one of ``set PATH=VALUE``,
        ``scale PATH=FACTOR``, ``drop CONTRACT``, ``lose DATA_CENTER`` and
        ``delay DATA_CENTER=PERIODS``.

        Raises
        ------
        UsageError
            It cannot be understood.
        """
        parts = (part.strip() for part in text.split(";"))
        return cls(tuple(_parse_change(part) for part in parts if part))

    def __str__(self) -> str:
        return ", ".join(map(str, self.changes))

    def document(self) -> list[dict[str, Any]]:
        """The changes as JSON objects."""
        return [asdict(change) for change in self.changes]

    def apply(self, instance: Instance, *, source: str = "scenario") -> Instance:
        """The instance with the changes made, validated like any other.

        Raises
        ------
        UsageError
            The instance has nothing that a change names.
        InstanceError
            The instance has faults after the changes.
        """
        if not self.changes:
            return instance
        tables = instance.model_dump()
        for change in self.changes:
            change.make(tables)
        return Instance.from_dict(tables, source=source)


def grid(
    *,
    set_to: Mapping[str, Sequence[Any]] | None = None,
    scale_by: Mapping[str, Sequence[float | str]] | None = None,
    drop_contracts: Iterable[str] = (),
    base: bool = False,
) -> list[Scenario]:
    """Every combination of the values given.

    A path with one value is changed in all scenarios; one with several makes an axis of the grid.
    Contracts are dropped in all of them.

    Parameters
    ----------
    set_to : mapping of str to sequence
        Values by path: ``{"sync_weight": [0.5, 1, 2], "jobs[llama].max_data_centers": [1]}``. A
        table's column means all its rows, a name in brackets one of them.
    scale_by : mapping of str to sequence of float or str
        Factors by path: ``{"offers.gpus": [0.8]}``. Whole figures are rounded down, null stays.
    drop_contracts : iterable of str
        Names of contracts.
    base : bool
        Whether the instance as it is comes first.

    Raises
    ------
    UsageError
        A path leads nowhere in any instance, or has no values.
    """
    axes = [
        *(
            [Change("set", path, value) for value in values]
            for path, values in (set_to or {}).items()
        ),
        *(
            [Change("scale", path, _factor(path, factor)) for factor in factors]
            for path, factors in (scale_by or {}).items()
        ),
        *([Change("drop", name)] for name in dict.fromkeys(drop_contracts)),
    ]
    for path, axis in {**(set_to or {}), **(scale_by or {})}.items():
        FigurePath.parse(path)
        if not axis:
            raise UsageError(f"{printable(path)}: no values are given")
    scenarios = [Scenario(changes) for changes in product(*axes)]
    return [Scenario(), *scenarios] if base and axes else scenarios


def parse_grid(
    sets: Iterable[str], scales: Iterable[str], drops: Iterable[str], base: bool
) -> list[Scenario]:
    """The grid of command-line options: ``sync_weight=0.5,1,2``, ``offers.gpus=0.8``.

    Raises
    ------
    UsageError
        An option cannot be understood, or gives a path that another one gives too.
    """
    return grid(
        set_to=_by_path(sets, "--set"),
        scale_by=_by_path(scales, "--scale"),
        drop_contracts=drops,
        base=base,
    )


WORDS = {
    "set": "set PATH=VALUE",
    "scale": "scale PATH=FACTOR",
    "drop": "drop CONTRACT",
    "lose": "lose DATA_CENTER",
    "delay": "delay DATA_CENTER=PERIODS",
}
"""How each kind of change is written in a scenario."""


def _parse_change(text: str) -> Change:
    kind, _, rest = text.partition(" ")
    rest = rest.strip()
    if kind == "drop" and rest:
        return Change("drop", rest)
    if kind == "lose" and rest:
        return Change("lose", rest)
    if kind == "delay":
        name, _, periods = rest.rpartition("=")
        if name and periods.isdecimal():
            return Change("delay", name, int(periods))
    if kind in ("set", "scale"):
        ((path, values),) = _by_path([rest], kind).items()
        FigurePath.parse(path)
        if len(values) > 1:
            raise UsageError(f"{printable(path)}: one value is needed in a scenario")
        if kind == "scale":
            return Change("scale", path, _factor(path, values[0]))
        return Change("set", path, values[0])
    raise UsageError(f"{quoted(text)} is not a change; {', '.join(WORDS.values())} are")


def _by_path(options: Iterable[str], option: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for text in options:
        path, values = split_option(text)
        if not path or not values.strip():
            raise UsageError(f"{option} {quoted(text)}: PATH=VALUE,VALUE,... is needed")
        if path in found:
            raise UsageError(f"{option} {quoted(text)}: {printable(path)} is given twice")
        found[path] = _values(values)
    return found


def _values(text: str) -> list[Any]:
    """Values between commas: JSON where they are, else the text itself."""
    try:
        values: list[Any] = json.loads(f"[{text}]", parse_constant=_refuse)
    except (ValueError, RecursionError):
        values = [_value(part.strip()) for part in text.split(",")]
    return values


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def _refuse(word: str) -> None:
    raise ValueError(word)


def _factor(path: str, factor: float | str) -> str:
    """A factor by its decimal digits, so that 0.29 of 100 is 29."""
    try:
        fine = not isinstance(factor, bool) and 0 <= float(factor) <= 1e12
    except (TypeError, ValueError):
        fine = False
    if not fine:
        raise UsageError(
            f"{printable(path)}: {printable(repr(factor))} is no factor; a number from 0 is"
        )
    return str(factor)
