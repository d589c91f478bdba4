"""Draws what is for sale: data centers, their offers, and how much of each there is to be."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from random import Random

import numpy as np

from gpualloc.generator.catalog import (
    GPU_KINDS,
    HOURS_PER_MONTH,
    HOURS_PER_QUARTER,
    METROS,
    OPERATORS,
    GpuKind,
    Metro,
    Operator,
)
from gpualloc.generator.settings import Settings
from gpualloc.instance.arrays import great_circle_km
from gpualloc.vectors import Floats, Ints

FIRST_YEAR = 2026


@dataclass(frozen=True)
class Site:
    """A data center: where it is, who runs it, and its part of all capacity."""

    name: str
    operator: Operator
    metro: Metro
    latitude: float
    longitude: float
    weight: float


@dataclass(frozen=True)
class Stock:
    """GPUs of one type at one site; `weight` is the offer's part of all capacity."""

    name: str
    site: int
    gpu: GpuKind
    weight: float
    arrival: tuple[float, ...]
    """Fraction of the capacity that stands in each period, rising to 1."""


@dataclass(frozen=True)
class Supply:
    """Everything for sale.

    Attributes
    ----------
    target : (P, T) float
        GPUs that each offer is meant to have in each period.
    distance_km : (D, D) float
    """

    period_names: tuple[str, ...]
    hours: tuple[float, ...]
    operators: tuple[Operator, ...]
    sites: tuple[Site, ...]
    stocks: tuple[Stock, ...]
    target: Floats
    distance_km: Floats

    @property
    def stock_site(self) -> Ints:
        """(P,) the site of each offer."""
        return np.array([stock.site for stock in self.stocks])

    @property
    def gpu_kinds(self) -> tuple[GpuKind, ...]:
        """The GPU types that some site sells."""
        sold = {stock.gpu for stock in self.stocks}
        return tuple(kind for kind in GPU_KINDS if kind in sold)

    def sites_run_by(self, operator: Operator) -> list[int]:
        """The sites of a provider."""
        return [at for at, site in enumerate(self.sites) if site.operator == operator]


def draw_supply(settings: Settings) -> Supply:
    """Draw providers, sites and offers of the asked size."""
    dice = settings.dice("supply")
    operators = OPERATORS[: max(2, min(len(OPERATORS), round(1.2 * sqrt(settings.data_centers))))]
    sites = _draw_sites(dice, settings.data_centers, operators)
    stocks = _draw_stocks(dice, sites, settings)
    weights = np.array([stock.weight * np.array(stock.arrival) for stock in stocks])
    return Supply(
        period_names=name_periods(settings.periods),
        hours=(HOURS_PER_MONTH if settings.periods == 1 else HOURS_PER_QUARTER,) * settings.periods,
        operators=operators,
        sites=sites,
        stocks=stocks,
        target=settings.gpus * (1 + settings.slack) * weights,
        distance_km=great_circle_km(
            np.array([site.latitude for site in sites]),
            np.array([site.longitude for site in sites]),
        ),
    )


def name_periods(periods: int) -> tuple[str, ...]:
    """``horizon`` alone, or quarters from ``2026Q1``."""
    if periods == 1:
        return ("horizon",)
    return tuple(f"{FIRST_YEAR + at // 4}Q{at % 4 + 1}" for at in range(periods))


def _draw_sites(dice: Random, count: int, operators: tuple[Operator, ...]) -> tuple[Site, ...]:
    places = METROS[: max(2 * count, 8)]
    weights = [dice.lognormvariate(0, 0.7) for _ in range(count)]
    taken: dict[str, int] = {}
    sites = []
    for at, operator in enumerate(_share_out(dice, count, operators)):
        metro = places[at % len(places)] if count > len(places) else dice.choice(places)
        name = f"{operator.name}-{metro.name}"
        taken[name] = taken.get(name, 0) + 1
        suffix = "" if taken[name] == 1 else f"-{taken[name]}"
        latitude, longitude = _near(dice, metro)
        weight = weights[at] / sum(weights)
        sites.append(Site(name + suffix, operator, metro, latitude, longitude, weight))
    return tuple(sites)


def _share_out(dice: Random, count: int, operators: tuple[Operator, ...]) -> list[Operator]:
    """A provider for each site: every one has a site, the first ones have the most."""
    shares = [1 / (1 + rank) ** 0.6 for rank in range(len(operators))]
    rest = dice.choices(operators, shares, k=count - len(operators))
    return sorted([*operators, *rest], key=operators.index)


def _near(dice: Random, metro: Metro) -> tuple[float, float]:
    """Degrees within some 30 km of a metro area's middle."""
    return (
        round(metro.latitude + dice.uniform(-0.25, 0.25), 3),
        round(metro.longitude + dice.uniform(-0.25, 0.25), 3),
    )


def _draw_stocks(dice: Random, sites: tuple[Site, ...], settings: Settings) -> tuple[Stock, ...]:
    kinds = GPU_KINDS[: min(len(GPU_KINDS), 2 + len(sites) // 8)]
    stocks = []
    for at, site in enumerate(sites):
        sold = dice.sample(kinds, min(len(kinds), dice.choices((1, 2, 3), (0.45, 0.4, 0.15))[0]))
        parts = [dice.uniform(0.5, 1.5) for _ in sold]
        for gpu, part in zip(sold, parts, strict=True):
            stocks.append(
                Stock(
                    name=f"{site.name}/{gpu.name}",
                    site=at,
                    gpu=gpu,
                    weight=site.weight * part / sum(parts),
                    arrival=_draw_arrival(dice, settings.periods),
                )
            )
    return tuple(stocks)


def _draw_arrival(dice: Random, periods: int) -> tuple[float, ...]:
    """All at once, or in two steps."""
    if periods == 1 or dice.random() < 0.6:
        return (1.0,) * periods
    step = dice.randint(1, ceil(periods / 2))
    first = round(dice.uniform(0.3, 0.8), 2)
    return (first,) * step + (1.0,) * (periods - step)
