"""Spokes and flows: what they load, how much they move, how long a job waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from .figures import Number, Row
from .plans import Breach, Plan

TOLERANCE = Fraction(1, 10**6)


class Stream(NamedTuple):
    """Traffic between two data centers in a period."""

    t: int
    x: str
    y: str
    gbps: Number
    gb_per_hour: Number
    usd_per_gb: Fraction


def spoke_links(plan: Plan, job: str, t: int) -> list[tuple[str, str, Row]]:
    """Spokes (data center, hub, link) of a job in a period; pairs that cannot talk left out."""
    hub = plan.hubs.get((job, t))
    if hub is None or plan.figures.jobs[job].sync is None:
        return []
    links = plan.figures.links
    return [(x, hub, links[x, hub]) for x in sorted(plan.centers(job, t)) if (x, hub) in links]


def exposed_s(sync: Row, link: Row) -> Number:
    """Seconds of one synchronization that compute does not hide.

    `max(0, 2 * 8 * gb / rate + rtt_ms / 1000 - overlap_s)` with `rate = min(job, link)`.
    """
    rate = min(sync.gbps, link.gbps)
    exchange_s: Number = 2 * 8 * sync.gb / rate + link.rtt_ms / 1000
    wait_s: Number = exchange_s - sync.overlap_s
    return max(Fraction(0), wait_s)


def stalled_fraction(plan: Plan, job: str, t: int) -> Number:
    """The largest `exposed / (every_s + exposed)` over the spokes of a job in a period."""
    sync = plan.figures.jobs[job].sync
    waits = [exposed_s(sync, link) for _, _, link in spoke_links(plan, job, t)]
    return max((wait / (sync.every_s + wait) for wait in waits), default=Fraction(0))


def spoke_streams(plan: Plan) -> Iterator[Stream]:
    """What the spokes reserve and move: `2 * gb * 3600 / (every_s + exposed)` GB per hour."""
    for job, t in plan.shards:
        sync = plan.figures.jobs[job].sync
        for x, hub, link in spoke_links(plan, job, t):
            moved = 2 * sync.gb * 3600 / (sync.every_s + exposed_s(sync, link))
            yield Stream(t, x, hub, min(sync.gbps, link.gbps), moved, link.usd_per_gb)


def live_flows(plan: Plan) -> list[tuple[Row, int]]:
    """Flows whose two jobs are both served, with each of their periods."""
    return [
        (flow, t)
        for flow in plan.figures.flows
        if flow.a in plan.options and flow.b in plan.options
        for t in plan.figures.span(plan.figures.jobs[flow.a])
    ]


def pairing(plan: Plan, flow: Row, t: int) -> dict[tuple[str, str], Number]:
    """The fractions of a flow by (data center of `a`, data center of `b`)."""
    return plan.pairings.get((flow.a, flow.b, t), {})


def flow_streams(plan: Plan) -> Iterator[Stream]:
    """What the flows load, `gbps * fraction` on a pair, and move, `450 * load` GB per hour."""
    for flow, t in live_flows(plan):
        for (x, y), fraction in pairing(plan, flow, t).items():
            if (x, y) in plan.figures.links:
                load = flow.gbps * fraction
                link = plan.figures.links[x, y]
                yield Stream(t, x, y, load, load * 450, link.usd_per_gb)


def shares(plan: Plan, job: str, t: int) -> dict[str, Fraction]:
    """The share of a job's shards in each data center that it uses in a period."""
    placed = plan.placed(job, t)
    share: dict[str, Fraction] = {}
    for offer, shards in placed.items():
        center = plan.figures.offers[offer].data_center
        share[center] = share.get(center, Fraction(0)) + Fraction(shards, sum(placed.values()))
    return share


def spoke_breaches(plan: Plan) -> list[Breach]:
    """Rule 5: hubs where they are called for, and spokes that may and can be used."""
    needed = {
        (job, t)
        for job, t in plan.shards
        if plan.figures.jobs[job].sync is not None and len(plan.centers(job, t)) >= 2
    }
    breaches = [("spokes", f"no use for a hub: {key}") for key in plan.hubs.keys() - needed]
    for job, t in sorted(needed):
        breaches += _hub_breaches(plan, job, t)
    return breaches + _hub_changes(plan)


def _hub_breaches(plan: Plan, job: str, t: int) -> list[Breach]:
    hub = plan.hubs.get((job, t))
    centers = plan.centers(job, t)
    if hub not in centers:
        return [("spokes", f"{job} in {t}: hub {hub} is not a data center used")]
    breaches = []
    limit = plan.figures.jobs[job].max_rtt_ms
    for x in sorted(centers - {hub}):
        link = plan.figures.links.get((x, hub))
        if link is None:
            breaches.append(("spokes", f"{job} in {t}: {x} and {hub} cannot talk"))
        elif limit is not None and link.rtt_ms > limit:
            breaches.append(("spokes", f"{job} in {t}: {x}-{hub} {link.rtt_ms} ms > {limit}"))
    return breaches


def _hub_changes(plan: Plan) -> list[Breach]:
    breaches = []
    for job in plan.options:
        for phase in plan.figures.phases(plan.figures.jobs[job]):
            if len({plan.hubs.get((job, t)) for t in phase}) > 1:
                breaches.append(("spokes", f"{job}: hub changes within a phase"))
    return breaches


def flow_breaches(plan: Plan) -> list[Breach]:
    """Rule 6: the fractions of each live flow form a transport plan over pairs that can talk."""
    live = {(flow.a, flow.b, t) for flow, t in live_flows(plan)}
    breaches = [("flows", f"void flow has rows: {key}") for key in plan.pairings.keys() - live]
    for flow, t in live_flows(plan):
        f = pairing(plan, flow, t)
        breaches += [("flows", f"{flow.a}-{flow.b} in {t}: {why}") for why in _faults(plan, f)]
        for job, side in ((flow.a, 0), (flow.b, 1)):
            if not _sums_match(shares(plan, job, t), f, side):
                breaches.append(("flows", f"{flow.a}-{flow.b} in {t}: shares of {job} differ"))
    return breaches


def _faults(plan: Plan, f: dict[tuple[str, str], Number]) -> list[str]:
    negative = [f"negative on {pair}" for pair, fraction in f.items() if fraction < -TOLERANCE]
    mute = [
        f"{pair} cannot talk"
        for pair, fraction in f.items()
        if fraction > TOLERANCE and not plan.figures.talk(*pair)
    ]
    return negative + mute


def _sums_match(share: dict[str, Fraction], f: dict[tuple[str, str], Number], side: int) -> bool:
    sums: dict[str, Number] = {}
    for pair, fraction in f.items():
        sums[pair[side]] = sums.get(pair[side], Fraction(0)) + fraction
    return all(
        abs(float(share.get(x, 0)) - float(sums.get(x, 0))) <= TOLERANCE
        for x in share.keys() | sums.keys()
    )
