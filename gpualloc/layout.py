"""What a plan decides, as plain tables: section by section the rows of a plan file."""

from __future__ import annotations

from typing import NamedTuple


class Placement(NamedTuple):
    """Shards of a job on an offer in a period."""

    job: str
    period: str
    option: int
    offer: str
    shards: int


class Hub(NamedTuple):
    """The data center that a job's other data centers synchronize with in a period."""

    job: str
    period: str
    data_center: str


class FlowShare(NamedTuple):
    """The fraction of a flow that runs from a data center of job `a` to one of job `b`."""

    a: str
    b: str
    period: str
    origin: str
    target: str
    fraction: float


class Layout(NamedTuple):
    """All decisions of a plan. One row per period; jobs without placements are unserved.

    Hubs are given for jobs with `sync` that use two or more data centers in that period.
    Flow shares are given where both jobs are served; fractions of zero are left out.
    """

    placements: tuple[Placement, ...] = ()
    hubs: tuple[Hub, ...] = ()
    flows: tuple[FlowShare, ...] = ()
    buyouts: tuple[str, ...] = ()
    unserved: tuple[str, ...] = ()
