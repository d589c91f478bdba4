"""The base of all contract records, and the registry of their types."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Annotated, Any, ClassVar

from pydantic import Field

from gpualloc.errors import UsageError
from gpualloc.instance.columns import Amount, Listed, Name, PeriodName, TagName
from gpualloc.instance.records import Record
from gpualloc.instance.wording import printable

CONTRACT_TYPES: dict[str, type[Contract]] = {}
"""Every contract type by its name in an instance file."""

TYPES_MODULE = "gpualloc.rules"

ENTRY_POINTS = "gpualloc.contracts"
"""Entry points of installed packages that name modules with contract types of their own."""


class Contract(Record):
    """A contract: the jobs it covers, its window, and the price of leaving it.

    A subclass that gives `kind` becomes a contract type that files, the schema, the engines
    and the checker know. Its own columns are its fields. Checks over several columns go into
    `faults` (see `Record`). A class that is defined again, as in a notebook, replaces itself; a
    `kind` that another class has is a `TypeError`.
    """

    kind: ClassVar[str] = ""

    name: Annotated[Name, Field(description="Name, unique among the contracts.")]
    type: Annotated[Name, Field(description="The contract type.")]
    jobs: Annotated[
        Listed[TagName] | None,
        Field(description="Covers the jobs that have one of these tags, if any; null: all jobs."),
    ] = None
    start: Annotated[
        PeriodName | None,
        Field(description="First period of the window by name; null: the first of all."),
    ] = None
    end: Annotated[
        PeriodName | None,
        Field(description="Last period of the window by name; null: the last of all."),
    ] = None
    buyout_usd: Annotated[
        Amount | None,
        Field(description="Price of leaving it, in USD; null: cannot be bought out."),
    ] = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "kind" in cls.__dict__ and cls.kind:
            _register(cls)


def _register(kind: type[Contract]) -> None:
    known = CONTRACT_TYPES.setdefault(kind.kind, kind)
    if _home(known) != _home(kind):
        raise TypeError(f'the contract type "{kind.kind}" is taken by {".".join(_home(known))}')
    CONTRACT_TYPES[kind.kind] = kind


def _home(kind: type[Contract]) -> tuple[str, str]:
    return kind.__module__, kind.__qualname__


def contract_types() -> dict[str, type[Contract]]:
    """Every contract type by name: gpualloc's, then those of installed packages and of the session.

    The types that come with gpualloc are rules, one layer down; they are loaded by the name of
    their module, so that this layer does not depend on them.

    Raises
    ------
    UsageError
        An installed package's types cannot be loaded.
    """
    import_module(TYPES_MODULE)
    _load_installed()
    return CONTRACT_TYPES


@cache
def _load_installed() -> None:
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            entry.load()
        except Exception as cause:
            why = printable(f"{type(cause).__name__}: {cause}")
            raise UsageError(
                f"contract types cannot be loaded from {entry.value}: {why}"
            ) from cause
