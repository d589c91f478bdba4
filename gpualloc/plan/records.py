"""The records of a plan's file, as they are read."""

from __future__ import annotations

import math
import sys
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from gpualloc.instance.columns import Count, Listed, Name, Number, Prose, refuse
from gpualloc.instance.records import Record
from gpualloc.instance.wording import listed, shown
from gpualloc.rules import COST_LINES

FORMAT = 1

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
StoppedBy = Literal["proof", "gap", "time", "interrupt"]


def _finite(value: object) -> float:
    """A finite number of any size, such as a sum of many figures."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(f"{shown(value)} is not a number")
    number = math.inf if abs(value) > sys.float_info.max else float(value)
    if not math.isfinite(number):
        raise refuse(f"{shown(value)} is not a finite number")
    return number


def _known_version(value: object) -> int:
    if type(value) is not int or value != FORMAT:
        raise refuse(f"{shown(value)} is not a known version; {FORMAT} is")
    return value


def _cost_line(value: object) -> str:
    if not isinstance(value, str) or value not in COST_LINES:
        raise refuse(f"is not a line of the costs; {listed(COST_LINES)} is")
    return value


Version = Annotated[int, PlainValidator(_known_version)]
Figure = Annotated[float, PlainValidator(_finite)]
CostLine = Annotated[str, PlainValidator(_cost_line)]


class PlacementRow(Record):
    """Shards of a job on an offer in a period."""

    job: Name
    period: Name
    option: Count
    offer: Name
    shards: Count


class HubRow(Record):
    """The hub of a job in a period."""

    job: Name
    period: Name
    data_center: Name


class FlowRow(Record):
    """The fraction of a flow between two data centers in a period."""

    a: Name
    b: Name
    period: Name
    origin: Annotated[Name, Field(alias="from")]
    target: Annotated[Name, Field(alias="to")]
    fraction: Figure


class PlanFile(Record):
    """All of a plan's file; its figures are checked against each other by the reader."""

    format: Version
    gpualloc: Prose
    instance: Name
    instance_sha256: Prose
    status: Status
    stopped_by: StoppedBy
    objective_usd: Figure | None
    bound_usd: Figure | None
    gap: Figure | None
    seconds: Annotated[float, Number()]
    engine: Prose
    seed: Count
    placements: Listed[PlacementRow]
    hubs: Listed[HubRow]
    flows: Listed[FlowRow]
    buyouts: Listed[Name]
    unserved: Listed[Name]
    costs: dict[CostLine, Figure] | None
