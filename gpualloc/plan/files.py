"""Reading plan files."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from typing import Any

from pydantic import ValidationError

from gpualloc.errors import Fault, PlanFileError
from gpualloc.instance.faults import faults_of
from gpualloc.instance.files import read_json
from gpualloc.instance.instance import Instance
from gpualloc.instance.wording import printable, shown
from gpualloc.layout import FlowShare, Hub, Layout, Placement
from gpualloc.plan.document import TABLES
from gpualloc.plan.plan import OPTIMAL_GAP, Plan, relative_gap
from gpualloc.plan.records import PlanFile

GAP_TOLERANCE = 1e-9
MOST_LISTED = 100


def read_plan(path: str | PathLike[str], instance: Instance | None = None) -> Plan:
    """Read a plan's file.

    The file is checked in itself; whether the plan keeps the rules of its instance is for
    `gpualloc.check` to say.

    Parameters
    ----------
    path : str or path
        A `.json` or `.json.gz` file.
    instance : Instance, optional
        The instance to bind the plan to; figures of use and the full summary need it.

    Raises
    ------
    PlanFileError
        The file has faults (all are told, each by its place), or the plan was made for another
        instance.
    UsageError
        The file cannot be found or opened.
    """
    source = printable(str(path))
    plan = plan_from_dict(read_json(path, PlanFileError), source=source)
    return plan if instance is None else plan.bind(instance)


def plan_from_dict(data: Any, *, source: str = "plan") -> Plan:
    """Make a plan of the JSON object that its file holds.

    Raises
    ------
    PlanFileError
        With every fault found, each by its place.
    """
    try:
        record = PlanFile.model_validate(data)
    except ValidationError as error:
        raise PlanFileError(source, _capped(list(faults_of(error, PlanFile)))) from None
    faults = [*_result_faults(record), *_gap_faults(record)]
    if faults:
        raise PlanFileError(source, faults)
    return _plan_of(record)


def _result_faults(record: PlanFile) -> Iterator[Fault]:
    """A plan has its figures; no plan has none."""
    has_plan = record.status in ("optimal", "feasible")
    for key in ("objective_usd", "costs"):
        value = getattr(record, key)
        if has_plan and value is None:
            yield Fault(key, f'is null; a plan with status "{record.status}" has one')
        if not has_plan and value is not None:
            yield Fault(key, f'{shown(value)} with status "{record.status}"; null is allowed')
    for key in TABLES:
        if not has_plan and getattr(record, key):
            yield Fault(key, f'has rows with status "{record.status}"; it must be empty')


def _gap_faults(record: PlanFile) -> Iterator[Fault]:
    """The gap follows from objective and bound, and the status from the gap."""
    gap = relative_gap(record.objective_usd, record.bound_usd)
    if (gap is None) != (record.gap is None) or (
        gap is not None and record.gap is not None and abs(gap - record.gap) > GAP_TOLERANCE
    ):
        yield Fault(
            "gap", f"{shown(record.gap)} does not follow: objective and bound give {shown(gap)}"
        )
    if gap is not None and gap < -OPTIMAL_GAP:
        yield Fault("bound_usd", f"{shown(record.bound_usd)} is above objective_usd")
    if record.status == "optimal" and (gap is None or gap > OPTIMAL_GAP):
        yield Fault(
            "status", f'"optimal" needs a gap of at most {OPTIMAL_GAP:g}, it is {shown(gap)}'
        )


def _capped(faults: list[Fault]) -> list[Fault]:
    rest = len(faults) - MOST_LISTED
    if rest <= 0:
        return faults
    return [*faults[:MOST_LISTED], Fault("", f"and {rest:,} more faults")]


def _plan_of(record: PlanFile) -> Plan:
    return Plan(
        status=record.status,
        stopped_by=record.stopped_by,
        objective_usd=record.objective_usd,
        bound_usd=record.bound_usd,
        seconds=record.seconds,
        engine=record.engine,
        seed=record.seed,
        instance_name=record.instance,
        instance_sha256=record.instance_sha256,
        costs=None if record.costs is None else dict(record.costs),
        gpualloc=record.gpualloc,
        decisions=None if record.objective_usd is None else _layout_of(record),
    )


def _layout_of(record: PlanFile) -> Layout:
    return Layout(
        tuple(Placement(*_values(row)) for row in record.placements),
        tuple(Hub(*_values(row)) for row in record.hubs),
        tuple(FlowShare(*_values(row)) for row in record.flows),
        record.buyouts,
        record.unserved,
    )


def _values(row: Any) -> list[Any]:
    """The figures of a record in the order of its columns."""
    return [value for _, value in row]
