"""What a job uses in a period, and what then moves between data centers: the checker's view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from gpualloc.instance.records import Flow, Job, Sync
from gpualloc.layout import Placement
from gpualloc.rules.paths import Path, Paths, pair_of

GB_PER_HOUR_PER_GBPS = 450
"""A Gbit/s moves 3600 Gbit an hour, 450 GB."""


@dataclass
class Stay:
    """What a job uses in one period.

    Attributes
    ----------
    t : int
        The period by position.
    options : set of int
        The options that its rows name: one, in a valid plan.
    shards, gpus : dict
        Shards and GPUs by offer.
    shards_at : dict
        Shards by data center.
    """

    job: Job
    t: int
    options: set[int] = field(default_factory=set)
    shards: dict[str, int] = field(default_factory=dict)
    gpus: dict[str, int] = field(default_factory=dict)
    shards_at: dict[str, int] = field(default_factory=dict)

    def add(self, row: Placement, site: str) -> None:
        """Count a row; `site` is the data center of its offer."""
        option, shards = int(row.option), int(row.shards)
        self.options.add(option)
        self.shards[row.offer] = shards
        self.gpus[row.offer] = shards * self.job.options[option].gpus_per_shard
        self.shards_at[site] = self.shards_at.get(site, 0) + shards

    @property
    def total_shards(self) -> int:
        """Shards of the job in the period."""
        return sum(self.shards.values())

    @property
    def total_gpus(self) -> int:
        """GPUs of the job in the period."""
        return sum(self.gpus.values())

    @property
    def needs_hub(self) -> bool:
        """Whether the job synchronizes between data centers."""
        return self.job.sync is not None and len(self.shards_at) > 1


class Traffic(Protocol):
    """Something that moves between two data centers in a period."""

    @property
    def t(self) -> int:
        """The period by position."""

    @property
    def path(self) -> Path:
        """What joins the two data centers."""

    @property
    def pair(self) -> tuple[str, str]:
        """The two data centers in the order of their names."""

    @property
    def gbps(self) -> float:
        """The bandwidth that it takes."""

    @property
    def gb_per_hour(self) -> float:
        """What it moves, both ways together."""


@dataclass(frozen=True)
class Spoke:
    r"""The exchange of a job between a data center and its hub.

    It reserves :math:`r = \min(B, L)` Gbit/s of the link :math:`L`. An exchange of :math:`V` GB
    each way takes :math:`16 V / r + \tau / 1000` seconds, with :math:`\tau` the round trip in ms;
    what exceeds the overlap is exposed, and every GPU of the job waits for it.
    """

    stay: Stay
    sync: Sync
    site: str
    hub: str
    path: Path

    @property
    def t(self) -> int:
        """The period by position."""
        return self.stay.t

    @property
    def pair(self) -> tuple[str, str]:
        """The two data centers in the order of their names."""
        return pair_of(self.site, self.hub)

    @property
    def gbps(self) -> float:
        """The bandwidth that it reserves."""
        return min(self.sync.gbps, self.path.gbps)

    @property
    def exposed_s(self) -> float:
        """Seconds of each exchange that compute does not hide."""
        seconds = 2 * 8 * self.sync.gb / self.gbps + self.path.rtt_ms / 1000
        return max(0.0, seconds - self.sync.overlap_s)

    @property
    def stalled(self) -> float:
        """The fraction of time for which the job would wait for this spoke alone."""
        exposed_s = self.exposed_s
        return 1 / (1 + self.sync.every_s / exposed_s) if exposed_s > 0 else 0.0

    @property
    def gb_per_hour(self) -> float:
        """What it moves, both ways together."""
        return 2 * self.sync.gb * 3600 / (self.sync.every_s + self.exposed_s)


@dataclass(frozen=True)
class FlowTraffic:
    """The fraction of a flow that runs from data center `origin` to data center `target`."""

    flow: Flow
    fraction: float
    t: int
    origin: str
    target: str
    path: Path

    @property
    def pair(self) -> tuple[str, str]:
        """The two data centers in the order of their names."""
        return pair_of(self.origin, self.target)

    @property
    def gbps(self) -> float:
        """The bandwidth that it takes."""
        return self.flow.gbps * self.fraction

    @property
    def gb_per_hour(self) -> float:
        """What it moves."""
        return self.gbps * GB_PER_HOUR_PER_GBPS


def spokes_of(stay: Stay, hub: str | None, paths: Paths) -> Iterator[Spoke]:
    """The spokes of a job in a period; none without a hub among its data centers."""
    sync = stay.job.sync
    if sync is None or hub is None or hub not in stay.shards_at:
        return
    for site in stay.shards_at:
        path = None if site == hub else paths.between(site, hub)
        if path is not None:
            yield Spoke(stay, sync, site, hub, path)
