"""One job of the per-shard model: a binary for each shard, offer and phase, and their rows."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Any

import pulp

from gpualloc.instance.arrays import JobArrays
from gpualloc.layout import Hub, Placement

if TYPE_CHECKING:
    from per_shard import PerShardModel

HALF = 0.5


class JobModel:
    """The columns and rows of one job, in the model of an instance.

    Parameters
    ----------
    whole : PerShardModel
    job : JobArrays
    """

    def __init__(self, whole: PerShardModel, job: JobArrays) -> None:
        self.whole, self.job = whole, job
        self.phases = [[int(period) for period in phase] for phase in job.phases]
        self.on = [whole.binary() for _ in job.record.options]
        self.unserved = self._choose()
        self.shards: dict[tuple[int, int, int, int], Any] = {}
        self.held: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for option, phase in product(range(len(self.on)), range(len(self.phases))):
            self._place(option, phase)
        self.used = [self._use(phase) for phase in range(len(self.phases))]
        self.hub: dict[tuple[int, int], Any] = {}
        if job.sync is not None:
            for phase in range(len(self.phases)):
                self._synchronize(phase)
        if job.record.move_usd_per_shard:
            self._move(job.record.move_usd_per_shard)
        if job.record.staging_usd:
            self._stage()

    def _choose(self) -> Any:
        """One option, or none at a price."""
        whole, usd = self.whole, self.job.record.unserved_usd
        unserved = None if usd is None else whole.binary()
        whole.require(pulp.lpSum([*self.on, *([] if unserved is None else [unserved])]) == 1)
        if unserved is not None:
            whole.charge(float(usd or 0), unserved)
        return unserved

    def _place(self, option: int, phase: int) -> None:
        """Each shard on one offer, if the option is chosen."""
        whole, chosen = self.whole, self.job.options[option]
        arrays = whole.arrays
        offers = [
            offer
            for offer, kind in enumerate(arrays.offer_gpu_type)
            if kind == chosen.gpu_type and self.job.site_allowed[arrays.offer_site[offer]]
        ]
        for shard in range(chosen.shards):
            placed = []
            for offer in offers:
                column = whole.binary()
                whole.binaries += 1
                self.shards[option, shard, offer, phase] = column
                self.held[offer, phase].append(column)
                whole.place(column, offer, chosen.gpus_per_shard, self.phases[phase])
                placed.append(column)
            whole.require(pulp.lpSum(placed) == self.on[option])

    def _use(self, phase: int) -> dict[int, Any]:
        """Which data centers a phase uses."""
        whole = self.whole
        at_site: dict[int, list[Any]] = defaultdict(list)
        for (offer, of), columns in self.held.items():
            if of == phase:
                at_site[int(whole.arrays.offer_site[offer])] += columns
        used = {}
        for site, columns in at_site.items():
            used[site] = whole.binary()
            for column in columns:
                whole.require(column <= used[site])
            whole.require(used[site] <= pulp.lpSum(columns))
        most = self.job.record.max_data_centers
        if most is not None:
            whole.require(pulp.lpSum(used.values()) <= most)
        return used

    def _synchronize(self, phase: int) -> None:
        """A hub, a spoke from each other data center to it, and the wait for the slowest."""
        whole, used, job = self.whole, self.used[phase], self.job
        most_ms = job.record.max_rtt_ms
        for site in used:
            self.hub[site, phase] = whole.binary()
        whole.require(pulp.lpSum(self.hub[site, phase] for site in used) <= 1)
        stall = whole.amount()
        whole.charge(1.0, stall)
        for a in used:
            spokes = []
            for h in used:
                is_near = most_ms is None or whole.arrays.link_rtt_ms[a, h] <= most_ms
                if whole.arrays.can_talk[a, h] and is_near:
                    spoke = whole.binary()
                    whole.require(spoke <= self.hub[h, phase])
                    whole.talk(spoke, a, h, job, self.phases[phase])
                    self._wait(stall, spoke, a, h, phase)
                    spokes.append(spoke)
            whole.require(self.hub[a, phase] + pulp.lpSum(spokes) == used[a])

    def _wait(self, stall: Any, spoke: Any, a: int, h: int, phase: int) -> None:
        """All GPUs of the job wait for a spoke, as many as the chosen option has."""
        whole, sync = self.whole, self.job.sync
        assert sync is not None
        exposed = whole.exposed_s(self.job, a, h)
        hours = sum(float(whole.arrays.hours[period]) for period in self.phases[phase])
        worth = whole.instance.sync_weight * sync.usd_per_gpu_hour * hours
        share = worth * exposed / (sync.every_s + exposed)
        for option, chosen in enumerate(self.job.options):
            usd = share * chosen.shards * chosen.gpus_per_shard
            if usd:
                whole.require(stall >= usd * (spoke + self.on[option] - 1))

    def _move(self, usd_per_shard: float) -> None:
        """What an offer holds beyond the phase before has moved there."""
        current = self.job.record.current
        for (offer, phase), columns in self.held.items():
            if phase > 0 or current is not None:
                before = self.held[offer, phase - 1] if phase else []
                name = self.whole.arrays.offer_names[offer]
                kept = pulp.lpSum(before) if phase else (current or {}).get(name, 0)
                moved = self.whole.amount()
                self.whole.require(moved >= pulp.lpSum(columns) - kept)
                self.whole.charge(usd_per_shard, moved)

    def _stage(self) -> None:
        """Bring the data to each data center that the phase before did not use."""
        whole, prices = self.whole, self.job.record.staging_usd or {}
        sites = {offer.name: offer.data_center for offer in whole.instance.offers}
        current = (self.job.record.current or {}).items()
        held = {sites[offer] for offer, shards in current if shards}
        for phase, used in enumerate(self.used):
            for site, column in used.items():
                name = whole.arrays.site_names[site]
                before = self.used[phase - 1].get(site, 0) if phase else int(name in held)
                staged = whole.amount()
                whole.require(staged >= column - before)
                whole.charge(prices.get(name, 0.0), staged)

    def is_unserved(self) -> bool:
        """Whether the solution leaves the job out."""
        return self.unserved is not None and _is_on(self.unserved)

    def placements(self) -> list[Placement]:
        """Shards by option, offer and period."""
        counted: dict[tuple[int, int, int], int] = defaultdict(int)
        for (option, _, offer, phase), column in self.shards.items():
            counted[option, offer, phase] += _is_on(column)
        arrays = self.whole.arrays
        return [
            Placement(
                self.job.name,
                arrays.period_names[period],
                option,
                arrays.offer_names[offer],
                shards,
            )
            for (option, offer, phase), shards in counted.items()
            if shards
            for period in self.phases[phase]
        ]

    def hubs(self) -> list[Hub]:
        """The hub of each period in which the job spreads."""
        arrays = self.whole.arrays
        return [
            Hub(self.job.name, arrays.period_names[period], arrays.site_names[site])
            for (site, phase), column in self.hub.items()
            if _is_on(column) and sum(map(_is_on, self.used[phase].values())) > 1
            for period in self.phases[phase]
        ]


def _is_on(column: Any) -> bool:
    return (column.value() or 0) > HALF
