"""Draws the contracts, with figures around those of the hidden plan, which keeps them all."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor

from gpualloc.generator.catalog import Operator
from gpualloc.generator.desk import Desk, Scope
from gpualloc.generator.placement import Berth
from gpualloc.generator.pledges import FRONTIER, REPLICA, SOVEREIGN, Pledges
from gpualloc.generator.rounding import round_down, round_up
from gpualloc.generator.settings import Row, Settings
from gpualloc.generator.supply import Supply
from gpualloc.vectors import Floats

MANY_JOBS = 60
"""From this many jobs on there are two contracts of a type."""


def write_contracts(
    settings: Settings,
    supply: Supply,
    berths: tuple[Berth, ...],
    pledges: Pledges,
    usd_per_gpu_hour: Floats,
) -> list[Row]:
    """The rows of the table of contracts.

    About a third can be bought out, for a few percent of what the hidden plan spends.
    """
    rows = []
    for kind in settings.contracts:
        desk = Desk(settings.dice(kind), supply, berths, pledges, usd_per_gpu_hour)
        everything = Scope({}, berths, 0, settings.periods - 1)
        total_usd = desk.spend(everything, supply.operators)
        copies = 2 if kind in FREE_KINDS and len(berths) >= MANY_JOBS else 1
        for copy in range(max(copies, FEWEST.get(kind, 1))):
            row: Row = {"name": f"{kind.replace('_', ' ')} {copy + 1}", "type": kind}
            row |= WRITERS[kind](desk, copy)
            if desk.dice.random() < 0.35:
                row["buyout_usd"] = round_up(total_usd * desk.dice.uniform(0.005, 0.05))
            rows.append(row)
    return rows


def _write_exclusivity(desk: Desk, copy: int) -> Row:
    return desk.scope_of(SOVEREIGN).columns | desk.pledges.exclusive_place


def _write_dedicated(desk: Desk, copy: int) -> Row:
    sites = [desk.supply.sites[at].name for at in desk.pledges.dedicated]
    return desk.scope_of(FRONTIER).columns | {"data_centers": sites}


def _write_first_refusal(desk: Desk, copy: int) -> Row:
    """The holder accepts what the hidden plan gives it; else its offers are full."""
    pledges = desk.pledges
    assert pledges.holder is not None
    row = desk.scope_of(pledges.refusal_kind).columns | {"holder": pledges.holder.name}
    if pledges.accepts:
        row["accepts_gpus"] = _accepted(desk)
    return row


def _accepted(desk: Desk) -> list[int]:
    """(T,) GPUs of covered jobs at the holder in the hidden plan."""
    assert desk.pledges.holder is not None
    held = set(desk.supply.sites_run_by(desk.pledges.holder))
    accepted = [0] * len(desk.supply.hours)
    for berth in desk.berths:
        if desk.pledges.gives_first_refusal(berth.need):
            inside = sum(count for site, count in berth.by_site.items() if site in held)
            for period in range(berth.need.first, berth.need.last + 1):
                accepted[period] += inside * berth.gpus_per_shard
    return accepted


def _write_separation(desk: Desk, copy: int) -> Row:
    return desk.scope_of(REPLICA).columns | {"within": desk.pledges.separated_within}


def _write_commitment(desk: Desk, copy: int) -> Row:
    """80 to 120 % of what the hidden plan spends there."""
    scope, operator = desk.draw_scope(), desk.draw_operator()
    usd = _typical_spend(desk, scope, operator)
    return scope.columns | {
        "provider": operator.name,
        "usd": round_up(usd * desk.dice.uniform(0.8, 1.2)),
    }


def _typical_spend(desk: Desk, scope: Scope, operator: Operator) -> float:
    """What the hidden plan spends at a provider; a part of all it spends if that is nothing."""
    return desk.spend(scope, [operator]) or 0.1 * desk.spend(scope, desk.supply.operators) or 1e4


def _write_volume_discount(desk: Desk, copy: int) -> Row:
    """Two or three tiers from half to 1.5 times what the hidden plan spends there."""
    scope, operator = desk.draw_scope(), desk.draw_operator()
    usd = _typical_spend(desk, scope, operator)
    steps = ((0.5, 0.03), (1.05, 0.07), (1.5, 0.12))[: desk.dice.choice((2, 3))]
    return scope.columns | {
        "provider": operator.name,
        "tiers": [
            {"above_usd": round_up(usd * at), "discount": discount} for at, discount in steps
        ],
        "mode": ("incremental", "all_units")[copy % 2],
    }


def _write_spend_cap(desk: Desk, copy: int) -> Row:
    """Up to 10 % above what the hidden plan spends there."""
    scope = desk.draw_scope()
    count = desk.dice.choice((1, 2))
    capped = desk.dice.sample(desk.supply.operators, min(count, len(desk.supply.operators) - 1))
    usd = max(1000.0, desk.spend(scope, capped) * desk.dice.uniform(1.0, 1.1))
    return scope.columns | {
        "providers": [operator.name for operator in capped],
        "usd": round_up(usd, 3),
    }


def _write_share(desk: Desk, copy: int) -> Row:
    """The hidden plan's share, give or take up to a tenth."""
    scope = desk.draw_scope()
    place, sites = _draw_place(desk)
    every = range(len(desk.supply.sites))
    share = desk.gpu_hours(scope, sites) / max(1.0, desk.gpu_hours(scope, every))
    low = floor(100 * max(0.0, share - desk.dice.uniform(0.01, 0.1))) / 100
    high = ceil(100 * min(1.0, share + desk.dice.uniform(0.01, 0.1))) / 100
    return scope.columns | place | {"min": low, "max": high}


def _draw_place(desk: Desk) -> tuple[Row, list[int]]:
    """A provider, a region or some data centers, with the sites that they have."""
    sites = list(enumerate(desk.supply.sites))
    some = desk.dice.choice(desk.supply.sites)
    column = desk.dice.choice(("providers", "regions", "data_centers"))
    if column == "providers":
        place = [some.operator.name]
        inside = [at for at, site in sites if site.operator == some.operator]
    elif column == "regions":
        place = [some.metro.region]
        inside = [at for at, site in sites if site.metro.region == some.metro.region]
    else:
        inside = sorted(desk.dice.sample(range(len(sites)), max(1, len(sites) // 6)))
        place = [desk.supply.sites[at].name for at in inside]
    return {column: place}, inside


def _write_count(desk: Desk, copy: int) -> Row:
    """As many as the hidden plan uses at most; at least one less."""
    scope = desk.draw_scope()
    used = desk.used_sites(scope)
    of = desk.dice.choice(("provider", "data_center"))
    operators = {desk.supply.sites[at].operator for at in used}
    count = len(operators if of == "provider" else used)
    row: Row = {"of": of, "max": max(1, count + desk.dice.choice((0, 0, 1)))}
    if desk.dice.random() < 0.5:
        row["min"] = max(0, count - 1)
    return scope.columns | row


def _write_minimum_use(desk: Desk, copy: int) -> Row:
    """Up to what the hidden plan uses there; any figure where it uses nothing."""
    scope = desk.draw_scope()
    place, sites = _draw_place(desk)
    gpu_hours = desk.gpu_hours(scope, sites) * desk.dice.uniform(0.7, 1.0)
    unused = desk.gpu_hours(scope, range(len(desk.supply.sites))) * 0.05 + 100
    return scope.columns | place | {"gpu_hours": round_down(gpu_hours or unused)}


WRITERS: dict[str, Callable[[Desk, int], Row]] = {
    "exclusivity": _write_exclusivity,
    "dedicated": _write_dedicated,
    "first_refusal": _write_first_refusal,
    "commitment": _write_commitment,
    "volume_discount": _write_volume_discount,
    "spend_cap": _write_spend_cap,
    "share": _write_share,
    "count": _write_count,
    "minimum_use": _write_minimum_use,
    "separation": _write_separation,
}

FREE_KINDS = ("commitment", "spend_cap", "share", "count", "minimum_use")
"""Types that do not shape the hidden plan, so that there may be several."""

FEWEST = {"volume_discount": 2}
"""One of either mode."""
