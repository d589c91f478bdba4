"""A plan as tables of typed columns, for files that people and other programs read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gpualloc.layout import FlowShare, Hub, Placement
from gpualloc.plan.document import RENAMED
from gpualloc.plan.records import FORMAT
from gpualloc.plan.use_rows import (
    LinkUse,
    OfferUse,
    PlacedGpus,
    PowerUse,
    TransferUse,
    UplinkUse,
)

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan


class Result(NamedTuple):
    """What a solve found and proved, without what the plan decides."""

    instance: str
    status: str
    stopped_by: str
    objective_usd: float | None
    bound_usd: float | None
    gap: float | None
    seconds: float
    engine: str
    seed: int
    gpualloc: str
    instance_sha256: str
    format: int


class Cost(NamedTuple):
    """A line of the costs."""

    line: str
    usd: float


class Buyout(NamedTuple):
    """A contract that is bought out."""

    contract: str


class Unserved(NamedTuple):
    """A job that is not served."""

    job: str


class Remark(NamedTuple):
    """What a reader of the plan should know that breaks nothing."""

    remark: str


class PlanTable(NamedTuple):
    """A table: the class of its rows, whose fields are the columns, and the rows."""

    row: type[NamedTuple]
    rows: Sequence[Any]

    @property
    def columns(self) -> list[str]:
        """The columns by the names that they have in files."""
        return [RENAMED.get(column, column) for column in self.row._fields]


DECIDED: dict[str, type[Any]] = {
    "placements": Placement,
    "hubs": Hub,
    "flows": FlowShare,
    "buyouts": Buyout,
    "unserved": Unserved,
}
USED: dict[str, type[Any]] = {
    "offer_use": OfferUse,
    "power_use": PowerUse,
    "link_use": LinkUse,
    "uplink_use": UplinkUse,
    "transfer_use": TransferUse,
}
NAMES = ("plan", "costs", *DECIDED, "remarks", *USED)
"""The tables of a plan; those of use are there if the plan is bound to its instance."""


def tables_of(plan: Plan) -> dict[str, PlanTable]:
    """The tables of a plan, in the order of `NAMES`; without a plan most have no rows."""
    tables = {
        "plan": PlanTable(Result, [_result(plan)]),
        "costs": PlanTable(Cost, [Cost(*line) for line in (plan.costs or {}).items()]),
    }
    for name, row in DECIDED.items():
        tables[name] = PlanTable(row, _rows(row, getattr(plan.layout, name) if plan else ()))
    tables["remarks"] = PlanTable(Remark, _rows(Remark, plan.remarks))
    return tables | (_use_tables(plan) if plan and plan.instance is not None else {})


def _use_tables(plan: Plan) -> dict[str, PlanTable]:
    """What only a plan that is bound to its instance can tell."""
    usage = plan.usage
    used = (usage.offers, usage.power, usage.links, usage.uplinks, usage.transfer)
    tables = {
        name: PlanTable(row, rows) for (name, row), rows in zip(USED.items(), used, strict=True)
    }
    return {"placements": PlanTable(PlacedGpus, usage.placed), **tables}


def _result(plan: Plan) -> Result:
    given: dict[str, Any] = {field: getattr(plan, field, None) for field in Result._fields}
    return Result(**given | {"instance": plan.instance_name, "format": FORMAT})


def _rows(row: type[Any], values: Iterable[Any]) -> list[Any]:
    """Rows of a table; names alone become rows of one column."""
    return [row(value) if isinstance(value, str) else value for value in values]
