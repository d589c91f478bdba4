"""The base of all contract records, and the registry of their types."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, ClassVar

from pydantic import Field

from gpualloc.instance.columns import Amount, Listed, Name, PeriodName, TagName
from gpualloc.instance.records import Record

CONTRACT_TYPES: dict[str, type[Contract]] = {}
"""Every contract type by its name in an instance file."""

TYPES_MODULE = "gpualloc.rules"


class Contract(Record):
    """A contract: the jobs it covers, its window, and the price of leaving it.

    A subclass that gives `kind` becomes a contract type that files, the schema, the engines
    and the checker know. Its own columns are its fields. Checks over several columns go into
    `faults` (see `Record`).
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
            CONTRACT_TYPES[cls.kind] = cls


def contract_types() -> dict[str, type[Contract]]:
    """Every contract type by name.

    The types that come with gpualloc are rules, one layer down; they are loaded by the name of
    their module, so that this layer does not depend on them.
    """
    import_module(TYPES_MODULE)
    return CONTRACT_TYPES
