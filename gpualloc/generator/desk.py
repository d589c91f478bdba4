"""What contracts are drawn from: whom one covers, and what the hidden plan spends and uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

import numpy as np

from gpualloc.generator.catalog import Operator
from gpualloc.generator.demand import draw_span
from gpualloc.generator.placement import Berth
from gpualloc.generator.pledges import Pledges
from gpualloc.generator.settings import Row
from gpualloc.generator.supply import Supply
from gpualloc.vectors import Floats


@dataclass(frozen=True)
class Scope:
    """Whom a contract covers and when."""

    columns: Row
    berths: tuple[Berth, ...]
    first: int
    last: int

    def periods_of(self, berth: Berth) -> range:
        """The job's periods inside the window."""
        need = berth.need
        return range(max(self.first, need.first), min(self.last, need.last) + 1)


@dataclass(frozen=True)
class Desk:
    """What contracts are drawn from.

    Attributes
    ----------
    usd_per_gpu_hour : (P, T) float
    """

    dice: Random
    supply: Supply
    berths: tuple[Berth, ...]
    pledges: Pledges
    usd_per_gpu_hour: Floats

    def spend(self, scope: Scope, operators: Iterable[Operator]) -> float:
        """USD of compute that the hidden plan spends at some providers."""
        sites = {at for operator in operators for at in self.supply.sites_run_by(operator)}
        usd_hours = self.usd_per_gpu_hour * np.array(self.supply.hours)
        return float(
            sum(
                shards
                * berth.gpus_per_shard
                * usd_hours[offer, list(scope.periods_of(berth))].sum()
                for berth in scope.berths
                for offer, shards in berth.on_offer.items()
                if self.supply.stocks[offer].site in sites
            )
        )

    def gpu_hours(self, scope: Scope, sites: Iterable[int]) -> float:
        """GPU-hours of the hidden plan at some sites."""
        inside = set(sites)
        return float(
            sum(
                shards * berth.gpus_per_shard * self.supply.hours[period]
                for berth in scope.berths
                for site, shards in berth.by_site.items()
                if site in inside
                for period in scope.periods_of(berth)
            )
        )

    def used_sites(self, scope: Scope) -> set[int]:
        """The sites that the hidden plan uses."""
        return {site for berth in scope.berths if scope.periods_of(berth) for site in berth.sites}

    def draw_scope(self) -> Scope:
        """All jobs, those of a kind, or those of a team; all periods, or some in a row."""
        needs = [berth.need for berth in self.berths]
        tag = self.dice.choice((None, self.dice.choice(needs).kind, self.dice.choice(needs).team))
        return self.scope_of(tag)

    def scope_of(self, tag: str | None) -> Scope:
        """The jobs with a tag, in all periods or some in a row."""
        names = self.supply.period_names
        first, last = 0, len(names) - 1
        if self.dice.random() < 0.4:
            first, last = draw_span(self.dice, len(names))
        columns: Row = {} if tag is None else {"jobs": [tag]}
        if first > 0:
            columns["start"] = names[first]
        if last < len(names) - 1:
            columns["end"] = names[last]
        covered = (b for b in self.berths if tag is None or tag in self.pledges.tags_of(b.need))
        return Scope(columns, tuple(covered), first, last)

    def draw_operator(self) -> Operator:
        """Any provider."""
        return self.dice.choice(self.supply.operators)
