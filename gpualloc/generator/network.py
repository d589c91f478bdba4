"""Draws the network around the traffic of the hidden plan: links, uplinks, transfer limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

from gpualloc.generator.catalog import (
    CROSS_CLOUD_GBPS,
    PEERING_USD_PER_GB,
    SAME_CLOUD_GBPS,
    WAN_GBPS,
)
from gpualloc.generator.flows import FlowDraft
from gpualloc.generator.jobs import JobDraft
from gpualloc.generator.rounding import round_up
from gpualloc.generator.settings import Row, Settings
from gpualloc.generator.supply import Supply
from gpualloc.instance.arrays import FIBER_KM_PER_MS, ROUTE_STRETCH
from gpualloc.vectors import Floats

NEAR_KM = 900.0
Pair = tuple[int, int]


@dataclass(frozen=True)
class Wires:
    """The network.

    Attributes
    ----------
    gbps, rtt_ms : (D, D) float
        Of every pair; 0 Gbit/s where it cannot talk.
    row : dict
        The table `network`.
    """

    gbps: Floats
    rtt_ms: Floats
    row: Row


@dataclass(frozen=True)
class Traffic:
    """What the hidden plan sends over one pair of sites in some periods."""

    pair: Pair
    periods: slice
    gbps: float
    gb_per_hour: float


def draw_wires(
    settings: Settings,
    supply: Supply,
    drafts: tuple[JobDraft, ...],
    hubs: dict[int, int],
    flows: tuple[FlowDraft, ...],
) -> Wires:
    """Draw links so that the hidden plan's spokes and flows fit."""
    dice = settings.dice("network")
    gbps, row = _draw_defaults(dice, supply)
    rtt_ms = 1 + 2 * ROUTE_STRETCH * supply.distance_km / FIBER_KM_PER_MS
    wanted = _most_asked(settings, drafts, hubs, flows)
    upgrades = {
        pair: _pick_wan(dice, figure)
        for pair, figure in wanted.items()
        if figure > gbps[pair] or dice.random() < 0.2
    }
    links = []
    for (a, b), figure in sorted((_draw_near_links(dice, supply) | upgrades).items()):
        gbps[a, b] = gbps[b, a] = figure
        link: Row = {"a": supply.sites[a].name, "b": supply.sites[b].name, "gbps": figure}
        if dice.random() < 0.4:
            link["rtt_ms"] = round(float(rtt_ms[a, b]) * dice.uniform(0.6, 1.1) + 0.2, 2)
            rtt_ms[a, b] = rtt_ms[b, a] = link["rtt_ms"]
        if dice.random() < 0.2:
            link["usd_per_gb"] = 0.002
        links.append(link)
    return Wires(gbps, rtt_ms, row | {"links": links})


def _draw_defaults(dice: Random, supply: Supply) -> tuple[Floats, Row]:
    """Links of all pairs that have none of their own; at times, clouds do not peer."""
    operators = np.array([site.operator.name for site in supply.sites])
    same = operators[:, None] == operators[None, :]
    cross_gbps = 0.0 if dice.random() < 0.2 else CROSS_CLOUD_GBPS
    row: Row = {"same_provider": {"gbps": SAME_CLOUD_GBPS, "usd_per_gb": 0.01}}
    if cross_gbps:
        row["cross_provider"] = {"gbps": cross_gbps, "usd_per_gb": PEERING_USD_PER_GB}
    return np.where(same, SAME_CLOUD_GBPS, cross_gbps), row


def _most_asked(
    settings: Settings,
    drafts: tuple[JobDraft, ...],
    hubs: dict[int, int],
    flows: tuple[FlowDraft, ...],
) -> dict[Pair, float]:
    """The most that the hidden plan could ask of each pair in any period."""
    asked: dict[Pair, Floats] = defaultdict(lambda: np.zeros(settings.periods))
    for draft in drafts:
        for pair in spokes_of(draft, hubs):
            asked[pair][draft.need.periods] += draft.spokes_gbps
    for flow in flows:
        for pair, fraction in flow.crossing():
            asked[pair][flow.need.periods] += flow.gbps * fraction
    return {pair: float(figures.max()) for pair, figures in asked.items()}


def spokes_of(draft: JobDraft, hubs: dict[int, int]) -> Iterator[Pair]:
    """The pairs of a job's sites with its hub, the smaller index in front."""
    hub = hubs.get(draft.need.rank)
    if hub is not None:
        for site in draft.berth.sites:
            if site != hub:
                yield min(site, hub), max(site, hub)


def _pick_wan(dice: Random, gbps: float) -> float:
    """A usual size of link that carries `gbps`, at times one size more."""
    fitting = [size for size in WAN_GBPS if size >= gbps] or [round_up(gbps)]
    return fitting[min(len(fitting) - 1, dice.choice((0, 0, 1)))]


def _draw_near_links(dice: Random, supply: Supply) -> dict[Pair, float]:
    """Dedicated links between some near sites, about one for every two sites."""
    a_side, b_side = np.nonzero(np.triu(supply.distance_km < NEAR_KM, 1))
    near = list(zip(a_side.tolist(), b_side.tolist(), strict=True))
    chosen = dice.sample(near, min(len(near), len(supply.sites) // 2))
    return {pair: dice.choice(WAN_GBPS) for pair in chosen}


def list_traffic(
    drafts: tuple[JobDraft, ...],
    hubs: dict[int, int],
    flows: tuple[FlowDraft, ...],
    wires: Wires,
) -> Iterator[Traffic]:
    """All that the hidden plan sends: spokes at their rate, flows by their fractions."""
    for draft in drafts:
        for pair in spokes_of(draft, hubs):
            yield _spoke_traffic(draft, pair, wires)
    for flow in flows:
        for pair, fraction in flow.crossing():
            load = flow.gbps * fraction
            yield Traffic(pair, flow.need.periods, load, 450 * load)


def _spoke_traffic(draft: JobDraft, pair: Pair, wires: Wires) -> Traffic:
    sync = draft.sync
    assert sync is not None
    rate = min(sync["gbps"], float(wires.gbps[pair]))
    seconds = 16 * sync["gb"] / rate + float(wires.rtt_ms[pair]) / 1000
    exposed = max(0.0, seconds - sync["overlap_s"])
    gb_per_hour = 2 * sync["gb"] * 3600 / (sync["every_s"] + exposed)
    return Traffic(pair, draft.need.periods, rate, gb_per_hour)


def draw_site_limits(settings: Settings, supply: Supply, traffic: list[Traffic]) -> list[Row]:
    """(D,) `uplink_gbps` and `transfer_tb` of some sites, at or above the hidden plan's use."""
    dice = settings.dice("site limits")
    gbps = np.zeros((len(supply.sites), settings.periods))
    terabytes = np.zeros_like(gbps)
    hours = np.array(supply.hours)
    for sent in traffic:
        for site in sent.pair:
            gbps[site, sent.periods] += sent.gbps
            terabytes[site, sent.periods] += sent.gb_per_hour * hours[sent.periods] / 1000
    rows: list[Row] = [{} for _ in supply.sites]
    for site in dice.sample(range(len(rows)), max(1, len(rows) // 4)):
        rows[site]["uplink_gbps"] = round_up(max(200.0, gbps[site].max() * dice.uniform(1, 1.4)))
    for site in dice.sample(range(len(rows)), max(1, len(rows) // 8)):
        most = max(5.0 * hours[0], terabytes[site].max() * dice.uniform(1, 1.4))
        rows[site]["transfer_tb"] = round_up(most)
    return rows
