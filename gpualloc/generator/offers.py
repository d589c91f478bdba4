"""Draws prices, power and energy: the rows of the data centers and of their offers."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from gpualloc.generator.rounding import round_up
from gpualloc.generator.settings import Row, Settings
from gpualloc.generator.supply import Site, Stock, Supply
from gpualloc.vectors import Floats, Ints


def write_offers(settings: Settings, supply: Supply, gpus: Ints) -> list[Row]:
    """The rows of the table of offers, for GPUs (P, T)."""
    dice = settings.dice("offers")
    return [
        _write_offer(dice, supply, stock, gpus[at].tolist())
        for at, stock in enumerate(supply.stocks)
    ]


def _write_offer(dice: Random, supply: Supply, stock: Stock, gpus: list[int]) -> Row:
    site, gpu = supply.sites[stock.site], stock.gpu
    usd = dice.uniform(gpu.cheap_usd, gpu.dear_usd) * site.operator.price_factor
    row: Row = {
        "name": stock.name,
        "data_center": site.name,
        "gpu_type": gpu.name,
        "gpus": _shorten(gpus),
    }
    if dice.random() < 0.2:
        hours = sum(supply.hours)
        row["fixed_usd"] = round_up(max(gpus) * usd * hours * dice.uniform(0.01, 0.05) + 100)
        usd *= 0.9
    row["usd_per_gpu_hour"] = _shorten(_draw_prices(dice, usd, len(gpus)))
    return row


def _draw_prices(dice: Random, usd: float, periods: int) -> list[float]:
    """One price, or one that falls by some percent a period."""
    fall = dice.uniform(0.01, 0.05) if dice.random() < 0.3 else 0.0
    return [round(usd * (1 - fall) ** at, 2) for at in range(periods)]


def write_sites(settings: Settings, supply: Supply, gpus: Ints, used: Ints) -> list[Row]:
    """The rows of the table of data centers.

    Parameters
    ----------
    gpus, used : (P, T) int
        GPUs for sale, and those that the hidden plan uses.
    """
    dice = settings.dice("sites")
    kw = np.array([stock.gpu.kw * supply.sites[stock.site].operator.pue for stock in supply.stocks])
    rows = []
    for at, site in enumerate(supply.sites):
        here = supply.stock_site == at
        full_mw = (gpus[here] * kw[here, None]).sum(axis=0) / 1000
        used_mw = (used[here] * kw[here, None]).sum(axis=0) / 1000
        rows.append(_write_site(dice, site, full_mw, used_mw))
    return rows


def _write_site(dice: Random, site: Site, full_mw: Floats, used_mw: Floats) -> Row:
    row: Row = {
        "name": site.name,
        "provider": site.operator.name,
        "region": site.metro.region,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "pue": site.operator.pue,
    }
    power_mw = _draw_power(dice, full_mw, used_mw)
    if power_mw is not None:
        row["power_mw"] = _shorten(power_mw)
    if site.operator.bills_energy:
        row["usd_per_mwh"] = _shorten(_draw_energy_prices(dice, site, len(full_mw)))
    return row


def _draw_power(dice: Random, full_mw: Floats, used_mw: Floats) -> list[float] | None:
    """No limit, one above what the GPUs can draw, or one below that binds."""
    part = dice.choice((None, 1.05, dice.uniform(0.75, 0.97), dice.uniform(0.75, 0.97)))
    if part is None:
        return None
    limit = np.maximum.accumulate(np.maximum(used_mw, part * full_mw) + 1e-3)
    if dice.random() < 0.5:
        limit[:] = limit[-1]
    return [round_up(float(figure), 3) for figure in limit]


def _draw_energy_prices(dice: Random, site: Site, periods: int) -> list[float]:
    """One price, or one that follows the seasons."""
    usd_per_mwh = site.metro.usd_per_mwh * dice.uniform(0.9, 1.1)
    swing = dice.uniform(0.05, 0.2) if dice.random() < 0.5 else 0.0
    return [round(usd_per_mwh * (1 + swing * (-1) ** at), 1) for at in range(periods)]


def _shorten(figures: list[Any]) -> Any:
    """One figure where all periods have the same, else one a period."""
    return figures[0] if len(set(figures)) == 1 else figures
