"""Writes the hidden plan down as a layout."""

from __future__ import annotations

from collections.abc import Iterator

from gpualloc.generator.flows import FlowDraft
from gpualloc.generator.jobs import JobDraft
from gpualloc.generator.supply import Supply
from gpualloc.layout import FlowShare, Hub, Layout, Placement


def choose_hubs(supply: Supply, drafts: tuple[JobDraft, ...]) -> dict[int, int]:
    """The hub of each job that has one, by rank: the site whose farthest other site is nearest."""
    hubs = {}
    for draft in drafts:
        sites = draft.berth.sites
        if draft.sync is not None and len(sites) > 1:
            hubs[draft.need.rank] = min(
                sites, key=lambda hub: max(supply.distance_km[hub, site] for site in sites)
            )
    return hubs


def write_layout(
    supply: Supply,
    drafts: tuple[JobDraft, ...],
    hubs: dict[int, int],
    flows: tuple[FlowDraft, ...],
) -> Layout:
    """All rows of the hidden plan, which serves every job and buys nothing out."""
    return Layout(
        placements=tuple(row for draft in drafts for row in _placements(supply, draft)),
        hubs=tuple(
            Hub(draft.need.name, period, supply.sites[hubs[draft.need.rank]].name)
            for draft in drafts
            if draft.need.rank in hubs
            for period in _periods(supply, draft)
        ),
        flows=tuple(row for flow in flows for row in _flow_shares(supply, flow)),
    )


def _periods(supply: Supply, draft: JobDraft) -> tuple[str, ...]:
    return supply.period_names[draft.need.periods]


def _placements(supply: Supply, draft: JobDraft) -> Iterator[Placement]:
    for period in _periods(supply, draft):
        for offer, shards in draft.berth.on_offer.items():
            name = supply.stocks[offer].name
            yield Placement(draft.need.name, period, draft.chosen, name, shards)


def _flow_shares(supply: Supply, flow: FlowDraft) -> Iterator[FlowShare]:
    for period in supply.period_names[flow.need.periods]:
        for (x, y), fraction in flow.fractions.items():
            yield FlowShare(
                a=flow.a.need.name,
                b=flow.b.need.name,
                period=period,
                origin=supply.sites[x].name,
                target=supply.sites[y].name,
                fraction=float(fraction),
            )
