"""Draws, before anything is placed, what contracts say about where jobs may go.

These contracts shape the hidden plan. All others are drawn around the finished one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np

from gpualloc.generator.catalog import Operator
from gpualloc.generator.demand import Need
from gpualloc.generator.settings import Settings
from gpualloc.generator.supply import Site, Supply
from gpualloc.vectors import Bools

FRONTIER, SOVEREIGN, REPLICA = "frontier", "sovereign", "replica"


@dataclass(frozen=True)
class Pledges:
    """Where jobs may go.

    Attributes
    ----------
    dedicated : tuple of int
        Sites that serve `FRONTIER` jobs alone; empty without such a contract.
    exclusive : tuple of int
        The only sites of `SOVEREIGN` jobs; empty without such a contract.
    exclusive_place : dict
        How the contract names them: ``{"regions": [...]}``.
    holder : Operator or None
        The provider with the first refusal on jobs of the kind `refusal_kind`.
    accepts : bool
        Whether the holder states how much it accepts; else its offers are full.
    homes : dict of int to tuple of int
        For each `REPLICA` job, by rank, the sites that are its own.
    separated_within : str
        ``data_center`` or ``provider``.
    roles : dict of int to tuple of str
        Tags that contracts give to jobs, by rank.
    """

    dedicated: tuple[int, ...] = ()
    exclusive: tuple[int, ...] = ()
    exclusive_place: dict[str, list[str]] = field(default_factory=dict)
    holder: Operator | None = None
    refusal_kind: str = ""
    accepts: bool = False
    homes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    separated_within: str = "data_center"
    roles: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def tags_of(self, need: Need) -> list[str]:
        """The job's tags: its kind, its team and the roles that contracts give it."""
        return [need.kind, need.team, *self.roles.get(need.rank, ())]

    def gives_first_refusal(self, need: Need) -> bool:
        """Whether the holder is asked first for this job."""
        return self.holder is not None and need.kind == self.refusal_kind

    def open_sites(self, need: Need, sites: int) -> Bools:
        """(D,) the sites where the hidden plan may place the job."""
        roles = self.roles.get(need.rank, ())
        is_open = np.ones(sites, dtype=bool)
        if FRONTIER not in roles:
            is_open[list(self.dedicated)] = False
        if SOVEREIGN in roles:
            is_open &= np.isin(np.arange(sites), self.exclusive)
        if need.rank in self.homes:
            is_open &= np.isin(np.arange(sites), self.homes[need.rank])
        return is_open

    def preferred_sites(self, need: Need, supply: Supply) -> Bools:
        """(D,) the sites that the hidden plan fills first with the job."""
        preferred = np.zeros(len(supply.sites), dtype=bool)
        if FRONTIER in self.roles.get(need.rank, ()):
            preferred[list(self.dedicated)] = True
        if self.holder is not None and self.gives_first_refusal(need):
            preferred[supply.sites_run_by(self.holder)] = True
        return preferred


def draw_pledges(settings: Settings, supply: Supply, needs: tuple[Need, ...]) -> Pledges:
    """Draw the contracts that say where jobs may go."""
    dice = settings.dice("pledges")
    asked = settings.contracts
    pledges = Pledges()
    if "dedicated" in asked:
        pledges = _dedicate(pledges, supply, needs)
    if "exclusivity" in asked:
        pledges = _make_exclusive(pledges, dice, supply, needs)
    if "first_refusal" in asked:
        pledges = _give_refusal(pledges, dice, supply, needs)
    if "separation" in asked:
        pledges = _separate(pledges, dice, supply, needs)
    return pledges


def _with_role(pledges: Pledges, role: str, ranks: Iterable[int]) -> dict[int, tuple[str, ...]]:
    roles = dict(pledges.roles)
    for rank in ranks:
        roles[rank] = (*roles.get(rank, ()), role)
    return roles


def _dedicate(pledges: Pledges, supply: Supply, needs: tuple[Need, ...]) -> Pledges:
    """Dedicate the largest site, and its neighbors, to the largest jobs."""
    weights = [site.weight for site in supply.sites]
    largest = int(np.argmax(weights))
    wanted = 0.7 * needs[0].gpus / supply.target[:, -1].sum()
    chosen: list[int] = []
    for site in np.argsort(supply.distance_km[largest], kind="stable"):
        if chosen and sum(weights[at] for at in chosen) >= wanted:
            break
        if len(chosen) < max(1, len(weights) // 4):
            chosen.append(int(site))
    roles = _with_role(pledges, FRONTIER, range(max(1, len(needs) // 50)))
    return replace(pledges, dedicated=tuple(chosen), roles=roles)


def _make_exclusive(
    pledges: Pledges, dice: Random, supply: Supply, needs: tuple[Need, ...]
) -> Pledges:
    """Bind some of the smaller jobs to the region or the provider that has the most room."""
    column = dice.choice(("regions", "providers"))
    names = [_name_of(site, column) for site in supply.sites]
    room: dict[str, float] = {}
    for at, site in enumerate(supply.sites):
        if at not in pledges.dedicated:
            room[names[at]] = room.get(names[at], 0.0) + site.weight
    place = max(room, key=lambda name: room[name])
    inside = (at for at, name in enumerate(names) if name == place)
    small = range(max(1, len(needs) // 3), len(needs))
    covered = dice.sample(small, max(1, len(needs) // 10))
    return replace(
        pledges,
        exclusive=tuple(at for at in inside if at not in pledges.dedicated),
        exclusive_place={column: [place]},
        roles=_with_role(pledges, SOVEREIGN, covered),
    )


def _name_of(site: Site, column: str) -> str:
    return site.metro.region if column == "regions" else site.operator.name


def _give_refusal(
    pledges: Pledges, dice: Random, supply: Supply, needs: tuple[Need, ...]
) -> Pledges:
    """Give the largest provider the first refusal on one kind of work."""
    holder = max(
        supply.operators,
        key=lambda operator: sum(supply.sites[at].weight for at in supply.sites_run_by(operator)),
    )
    kinds = sorted({need.kind for need in needs} - {"training"})
    kind = dice.choice(kinds) if kinds and dice.random() < 0.3 else "training"
    return replace(pledges, holder=holder, refusal_kind=kind, accepts=dice.random() < 0.5)


def _separate(pledges: Pledges, dice: Random, supply: Supply, needs: tuple[Need, ...]) -> Pledges:
    """Give two to four of the smaller jobs, replicas of each other, sites of their own."""
    small = range(max(1, len(needs) // 2), len(needs))
    wanted = dice.sample(small, min(dice.randint(2, 4), len(small)))
    wanted.sort(key=lambda rank: SOVEREIGN not in pledges.roles.get(rank, ()))
    by_provider = len(supply.operators) > 3 and dice.random() < 0.4
    homes: dict[int, tuple[int, ...]] = {}
    taken: set[int] = set()
    for rank in wanted:
        is_open = pledges.open_sites(needs[rank], len(supply.sites))
        free = [at for at in np.flatnonzero(is_open).tolist() if at not in taken]
        if not free:
            continue
        home = dice.choice(free)
        operator = supply.sites[home].operator
        taken.update(supply.sites_run_by(operator) if by_provider else [home])
        homes[rank] = tuple(
            at
            for at in free
            if at == home or (by_provider and supply.sites[at].operator == operator)
        )
    return replace(
        pledges,
        homes=homes,
        separated_within="provider" if by_provider else "data_center",
        roles=_with_role(pledges, REPLICA, homes),
    )
