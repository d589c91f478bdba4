"""Placement and capacities: rules 1 to 4 exactly, rules 7 and 8 within 1e-6.

Capacities are written as loads against limits under keys (rule, period, where); loads of
different jobs add up, which is what lets the enumeration cut a branch as soon as one is full.
"""

from __future__ import annotations

from fractions import Fraction

from .figures import Figures, Number, at
from .plans import Breach, Plan
from .traffic import TOLERANCE, Stream, flow_streams, spoke_streams

Key = tuple[str, int, str]


def limits(figures: Figures) -> dict[Key, Number]:
    """Every limit that is given; those of rates and transfer with the tolerance included."""
    found: dict[Key, Number] = {}
    for t in range(len(figures.periods)):
        for offer in figures.offers.values():
            found["offers", t, offer.name] = at(offer.gpus, t)
        for center in figures.centers.values():
            if center.power_mw is not None:
                found["power", t, center.name] = at(center.power_mw, t)
            if center.uplink_gbps is not None:
                found["uplinks", t, center.name] = center.uplink_gbps * (1 + TOLERANCE)
            if center.transfer_tb is not None:
                found["transfer", t, center.name] = center.transfer_tb * (1 + TOLERANCE)
        for (x, y), link in figures.links.items():
            found["links", t, pair_name(x, y)] = link.gbps * (1 + TOLERANCE)
    return found


def pair_name(x: str, y: str) -> str:
    """One name for both directions of a link."""
    return " | ".join(sorted((x, y)))


def loads(plan: Plan) -> dict[Key, Number]:
    """GPUs on offers, MW in data centers, Gbit/s on links and uplinks, TB at data centers."""
    total: dict[Key, Number] = {}
    for _, t, offer, gpus in plan.gpu_rows():
        center = plan.figures.offers[offer].data_center
        _add(total, ("offers", t, offer), Fraction(gpus))
        _add(total, ("power", t, center), gpus * plan.figures.kw_on(offer) / 1000)
    for stream in (*spoke_streams(plan), *flow_streams(plan)):
        _add_stream(total, stream, plan.figures.hours[stream.t])
    return total


def _add_stream(total: dict[Key, Number], stream: Stream, hours: Fraction) -> None:
    _add(total, ("links", stream.t, pair_name(stream.x, stream.y)), stream.gbps)
    for center in (stream.x, stream.y):
        _add(total, ("uplinks", stream.t, center), stream.gbps)
        _add(total, ("transfer", stream.t, center), stream.gb_per_hour * hours / 1000)


def _add(total: dict[Key, Number], key: Key, amount: Number) -> None:
    total[key] = total.get(key, Fraction(0)) + amount


def load_breaches(plan: Plan) -> list[Breach]:
    """Rules 2, 3, 7 and 8: no load above its limit."""
    most = limits(plan.figures)
    return [
        (key[0], f"{key[2]} in {plan.figures.periods[key[1]]}: {float(load)} > {float(most[key])}")
        for key, load in loads(plan).items()
        if key in most and load > most[key]
    ]


def placement_breaches(plan: Plan) -> list[Breach]:
    """Rules 1 and 4, and that a job which may not move stays where it is."""
    breaches = []
    for job in plan.jobs:
        if job in plan.options:
            breaches += _shard_breaches(plan, job) + _count_breaches(plan, job)
        elif plan.figures.jobs[job].unserved_usd is None:
            breaches.append(("placement", f"{job} must be served"))
    return breaches


def _shard_breaches(plan: Plan, job: str) -> list[Breach]:
    figures, option = plan.figures, plan.option(job)
    usable = figures.usable(figures.jobs[job], option)
    breaches = []
    for t in range(len(figures.periods)):
        placed = plan.placed(job, t)
        needed = option.shards if t in figures.span(figures.jobs[job]) else 0
        if sum(placed.values()) != needed:
            breaches.append(("placement", f"{job} in {t}: {placed}, needs {needed} shards"))
        for offer in set(placed) - set(usable):
            breaches.append(("placement", f"{job} in {t} may not use {offer}"))
    for phase in figures.phases(figures.jobs[job]):
        if any(plan.placed(job, t) != plan.placed(job, phase[0]) for t in phase):
            breaches.append(("placement", f"{job} may not move"))
    return breaches


def _count_breaches(plan: Plan, job: str) -> list[Breach]:
    most = plan.figures.jobs[job].max_data_centers
    return [
        ("max_data_centers", f"{job} in {t}: {len(plan.centers(job, t))} > {most}")
        for t in plan.figures.span(plan.figures.jobs[job])
        if most is not None and len(plan.centers(job, t)) > most
    ]
