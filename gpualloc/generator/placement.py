"""Places the jobs: the hidden plan around which all limits are then drawn.

The plan stands still: a job has one placement for all its periods. The largest jobs choose first.
Where room is short, an offer is meant to become larger, so that no job is ever turned away.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np

from gpualloc.generator.catalog import GpuKind
from gpualloc.generator.demand import Need, split_into_shards
from gpualloc.generator.pledges import Pledges
from gpualloc.generator.settings import Settings
from gpualloc.generator.supply import Supply
from gpualloc.vectors import Bools, Floats, Ints

PIECES_PER_OFFER = 2
MOST_PIECES = 96
"""Large jobs come in shards of which a typical offer holds some, up to so many shards."""


@dataclass(frozen=True)
class Berth:
    """Where a job is in the hidden plan, and in which configuration.

    Attributes
    ----------
    on_offer : dict of int to int
        Shards by offer.
    sites : tuple of int
        The data centers it uses, its first choice in front.
    """

    need: Need
    gpu: GpuKind
    shards: int
    gpus_per_shard: int
    on_offer: dict[int, int]
    sites: tuple[int, ...]

    @property
    def gpus(self) -> int:
        """GPUs of the whole job."""
        return self.shards * self.gpus_per_shard

    @property
    def by_site(self) -> dict[int, int]:
        """Shards by data center: a job uses one offer of each."""
        return dict(zip(self.sites, self.on_offer.values(), strict=True))


def place_jobs(
    settings: Settings, supply: Supply, needs: tuple[Need, ...], pledges: Pledges
) -> tuple[Berth, ...]:
    """Place every job, the largest first.

    Returns
    -------
    tuple of Berth
        By rank. Together they ask for `settings.gpus` in the busiest period, within rounding.
    """
    dice = settings.dice("placement")
    used = np.zeros_like(supply.target)
    berths = []
    owed = 0.0
    for need in needs:
        ask = min(max(need.gpus + owed, 0.5 * need.gpus), 1.5 * need.gpus)
        berth = _place_job(dice, supply, used, need, ask, pledges)
        _book(used, berth)
        owed += need.gpus - berth.gpus
        berths.append(berth)
    return tuple(berths)


def count_used(supply: Supply, berths: tuple[Berth, ...]) -> Ints:
    """(P, T) GPUs that the hidden plan uses."""
    used = np.zeros(supply.target.shape, dtype=np.int64)
    for berth in berths:
        _book(used, berth)
    return used


def _book(used: Floats | Ints, berth: Berth) -> None:
    for offer, shards in berth.on_offer.items():
        used[offer, berth.need.periods] += shards * berth.gpus_per_shard


def _place_job(
    dice: Random, supply: Supply, used: Floats, need: Need, ask: float, pledges: Pledges
) -> Berth:
    periods = need.periods
    room = np.maximum(0, (supply.target[:, periods] - used[:, periods]).min(axis=1))
    is_open = pledges.open_sites(need, len(supply.sites))[supply.stock_site]
    preferred = pledges.preferred_sites(need, supply)[supply.stock_site]
    gpu = _choose_gpu(dice, supply, np.where(is_open, room * (1 + 9 * preferred), -1.0), ask)
    sells = np.array([stock.gpu == gpu for stock in supply.stocks])
    typical = supply.target[sells].max(axis=1).mean()
    pieces = max(need.pieces, min(MOST_PIECES, round(PIECES_PER_OFFER * ask / max(1.0, typical))))
    shards, gpus_per_shard = split_into_shards(ask, pieces, gpu)
    fits = (room // gpus_per_shard).astype(np.int64)
    order = _rank_offers(dice, supply, fits, is_open & sells, preferred)
    on_offer = _fill(order, fits, shards, 1 if need.one_site else len(order))
    sites = tuple(supply.stocks[offer].site for offer in on_offer)
    return Berth(need, gpu, shards, gpus_per_shard, on_offer, sites)


def _choose_gpu(dice: Random, supply: Supply, appeal: Floats, ask: float) -> GpuKind:
    """A GPU type at random by its room; `appeal` (P,) is below 0 where the job may not go."""
    room: dict[GpuKind, float] = {}
    for stock, figure in zip(supply.stocks, appeal, strict=True):
        if figure >= 0:
            room[stock.gpu] = room.get(stock.gpu, 0.01 * ask) + float(figure)
    return dice.choices(list(room), list(room.values()))[0]


def _rank_offers(
    dice: Random, supply: Supply, fits: Ints, candidates: Bools, preferred: Bools
) -> list[int]:
    """Offers in the order in which the job fills them: a first choice, then near and roomy ones."""
    offers = np.flatnonzero(candidates)
    weights = (fits[offers] + 0.01) * (1 + 99.0 * preferred[offers])
    first = dice.choices(offers.tolist(), weights.tolist())[0]
    home = supply.stocks[first].site
    distance_km = supply.distance_km[home][supply.stock_site[offers]]
    cost = (distance_km + 300) / (fits[offers] + 0.01) / (1 + 99.0 * preferred[offers])
    order = [int(offer) for offer in offers[np.argsort(cost, kind="stable")]]
    order.remove(first)
    return [first, *order]


def _fill(order: list[int], fits: Ints, shards: int, most_offers: int) -> dict[int, int]:
    """Shards by offer in that order; what does not fit anywhere goes to the first."""
    on_offer: dict[int, int] = {}
    left = shards
    for offer in order[:most_offers]:
        here = min(left, int(fits[offer]))
        if here:
            on_offer[offer] = here
            left -= here
    if left:
        on_offer = {order[0]: on_offer.pop(order[0], 0) + left, **on_offer}
    return on_offer
