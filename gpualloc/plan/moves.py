"""Moves of shards within a plan to cheaper offers, all else left as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from gpualloc.instance.records import Job
from gpualloc.layout import Hub, Layout, Placement
from gpualloc.rules.figures import at_period

if TYPE_CHECKING:
    from gpualloc.plan.usage import Usage


class Move(NamedTuple):
    """Shards of a job that go from one offer to another, of the same GPU type, for a phase.

    Attributes
    ----------
    job : str
    phase : range
        The periods, by position.
    origin, target : str
        The offers.
    shards : int
    saves_usd : float
        What the GPUs and their energy cost less; all else that changes is not in it.
    """

    job: str
    phase: range
    origin: str
    target: str
    shards: int
    saves_usd: float


def cheaper_moves(usage: Usage) -> Iterator[Move]:
    """Every move to an offer that is cheaper for the phase and has room, as far as it has.

    Jobs of flows are left out: where they move, the flow must be paired anew.
    """
    tied = {name for flow in usage.instance.flows for name in (flow.a, flow.b)}
    market = _Market(usage)
    for job in usage.instance.jobs:
        if job.name not in tied:
            for phase in usage.ledger.catalog.phases(job):
                yield from _moves_of(usage, market, job, phase)


def _moves_of(usage: Usage, market: _Market, job: Job, phase: range) -> Iterator[Move]:
    stay = usage.ledger.stay(job, phase[0])
    if stay is None:
        return
    for origin, shards in stay.shards.items():
        size = stay.gpus[origin] // shards
        dear = market.usd_per_gpu(origin, phase)
        for target in market.alike(origin):
            saved = dear - market.usd_per_gpu(target, phase)
            if saved > 0 and usage.ledger.catalog.allows(job, usage.ledger.catalog.site_of[target]):
                moved = min(shards, market.room(target, phase, size))
                if moved > 0:
                    yield Move(job.name, phase, origin, target, moved, moved * size * saved)


class _Market:
    """Prices and room of the offers, for phases."""

    def __init__(self, usage: Usage) -> None:
        self._catalog = usage.ledger.catalog
        self._ledger = usage.ledger
        self._usd: dict[tuple[str, range], float] = {}
        self._left: dict[tuple[str, int], int] = {}
        self._alike: dict[str, list[str]] = {}
        for offer in usage.instance.offers:
            self._alike.setdefault(offer.gpu_type, []).append(offer.name)

    def alike(self, offer: str) -> list[str]:
        """The offers of the same GPU type."""
        return self._alike[self._catalog.offers[offer].gpu_type]

    def usd_per_gpu(self, offer: str, phase: range) -> float:
        """Compute and energy of one GPU through a phase."""
        key = (offer, phase)
        if key not in self._usd:
            kw = self._catalog.gpu_kw(offer)
            tariff = self._catalog.site_of[offer].usd_per_mwh
            price = self._catalog.offers[offer].usd_per_gpu_hour
            self._usd[key] = float(
                sum(
                    (at_period(price, t) + kw / 1000 * at_period(tariff, t))
                    * self._catalog.hours[t]
                    for t in phase
                )
            )
        return self._usd[key]

    def room(self, offer: str, phase: range, gpus: int) -> int:
        """How many shards of so many GPUs fit in every period of a phase."""
        return min(self._find_left(offer, t) for t in phase) // gpus

    def _find_left(self, offer: str, t: int) -> int:
        """The GPUs left over, in number and in power."""
        key = (offer, t)
        if key not in self._left:
            site, gpu_kw = self._catalog.site_of[offer].name, self._catalog.gpu_kw(offer)
            left = self._catalog.gpus(offer, t) - self._ledger.gpus_used.get(key, 0)
            limit_kw = self._catalog.power_kw(site, t)
            if limit_kw is not None and gpu_kw:
                left_kw = limit_kw - self._ledger.power_kw_used.get((site, t), 0)
                left = min(left, int(left_kw // gpu_kw))
            self._left[key] = left
        return self._left[key]


def after(usage: Usage, move: Move) -> Layout:
    """The plan after a move; a job whose hub is left behind gets its hub where the shards go."""
    periods = {usage.ledger.catalog.periods[t] for t in move.phase}
    placements = tuple(_placements(usage.layout, move, periods))
    layout = usage.layout._replace(placements=placements)
    others = (
        hub for hub in usage.layout.hubs if (hub.job, hub.period in periods) != (move.job, True)
    )
    return layout._replace(hubs=(*others, *_hubs(usage, layout, move, periods)))


def _placements(layout: Layout, move: Move, periods: set[str]) -> Iterator[Placement]:
    there = {
        row.period: row.shards
        for row in layout.placements
        if (row.job, row.offer) == (move.job, move.target)
    }
    for row in layout.placements:
        if row.job != move.job or row.period not in periods:
            yield row
        elif row.offer == move.origin:
            if row.shards > move.shards:
                yield row._replace(shards=row.shards - move.shards)
            shards = there.get(row.period, 0) + move.shards
            yield row._replace(offer=move.target, shards=shards)
        elif row.offer != move.target:
            yield row


def _hubs(usage: Usage, layout: Layout, move: Move, periods: set[str]) -> Iterator[Hub]:
    catalog = usage.ledger.catalog
    if catalog.jobs[move.job].sync is None:
        return
    before = {hub.period: hub.data_center for hub in usage.layout.hubs if hub.job == move.job}
    sites: dict[str, set[str]] = {period: set() for period in periods}
    for row in layout.placements:
        known = row.offer in catalog.site_of
        if known and row.job == move.job and row.period in periods:
            sites[row.period].add(catalog.site_of[row.offer].name)
    for period, used in sites.items():
        if len(used) > 1:
            hub = before.get(period, catalog.site_of[move.origin].name)
            hub = hub if hub in used else catalog.site_of[move.target].name
            yield Hub(move.job, period, hub)
