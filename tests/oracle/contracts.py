"""Section 4: what each contract type forbids, except first refusal, which has its own file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from .figures import Row, inside
from .plans import Breach, Plan
from .refusal import refusal_breaches
from .traffic import TOLERANCE


def covered_rows(plan: Plan, contract: Row) -> Iterator[tuple[str, int, str, int]]:
    """Rows (job, period, offer, GPUs) of covered jobs in the contract's window."""
    window = plan.figures.span(contract)
    for row in plan.gpu_rows():
        if row[1] in window and plan.figures.covers(contract, row[0]):
            yield row


def spend_usd(plan: Plan, contract: Row, providers: list[str]) -> Fraction:
    """Compute cost of the covered jobs at the providers in the window."""
    figures = plan.figures
    return sum(
        (
            gpus * figures.hours[t] * _price(plan, offer, t)
            for _, t, offer, gpus in covered_rows(plan, contract)
            if figures.center_of(offer).provider in providers
        ),
        Fraction(0),
    )


def _price(plan: Plan, offer: str, t: int) -> Fraction:
    price = plan.figures.offers[offer].usd_per_gpu_hour
    figure: Fraction = price[t] if isinstance(price, list) else price
    return figure


def _phase_rows(plan: Plan, contract: Row, covered: bool) -> Iterator[tuple[str, Row]]:
    """Pairs (job, data center) used by phases in the window of jobs covered or not."""
    window = set(plan.figures.span(contract))
    for job in plan.options:
        if plan.figures.covers(contract, job) is not covered:
            continue
        for phase in plan.figures.phases(plan.figures.jobs[job]):
            if window & set(phase):
                for center in set().union(*(plan.centers(job, t) for t in phase)):
                    yield job, plan.figures.centers[center]


def exclusivity(plan: Plan, contract: Row) -> list[str]:
    """Covered phases in the window place shards inside alone."""
    rows = _phase_rows(plan, contract, covered=True)
    return [f"{job} at {center.name}" for job, center in rows if not inside(contract, center)]


def dedicated(plan: Plan, contract: Row) -> list[str]:
    """Phases in the window of jobs that are not covered place no shard there."""
    rows = _phase_rows(plan, contract, covered=False)
    return [f"{job} at {center.name}" for job, center in rows if inside(contract, center)]


def spend_cap(plan: Plan, contract: Row) -> list[str]:
    """Spend over the providers stays within the cap."""
    spend = spend_usd(plan, contract, contract.providers)
    over = spend > contract.usd * (1 + TOLERANCE)
    return [f"spend {float(spend)} > {float(contract.usd)}"] if over else []


def _gpu_hours(plan: Plan, contract: Row) -> tuple[Fraction, Fraction]:
    """GPU-hours of the covered jobs in the window: inside, and in total."""
    there = total = Fraction(0)
    for _, t, offer, gpus in covered_rows(plan, contract):
        gpu_hours = gpus * plan.figures.hours[t]
        total += gpu_hours
        there += gpu_hours if inside(contract, plan.figures.center_of(offer)) else 0
    return there, total


def share(plan: Plan, contract: Row) -> list[str]:
    """The fraction of the covered GPU-hours that is inside lies within [min, max]."""
    there, total = _gpu_hours(plan, contract)
    most = getattr(contract, "max", Fraction(1))
    short = there < total * contract.min * (1 - TOLERANCE)
    over = there > total * most * (1 + TOLERANCE)
    return [f"{there} of {total} GPU-hours"] if short or over else []


def minimum_use(plan: Plan, contract: Row) -> list[str]:
    """GPU-hours inside are 0 or at least the minimum."""
    there, _ = _gpu_hours(plan, contract)
    return [f"{there} GPU-hours"] if 0 < there < contract.gpu_hours else []


def _place(plan: Plan, offer: str, kind: str) -> str:
    center = plan.figures.center_of(offer)
    name: str = center.name if kind == "data_center" else center.provider
    return name


def _used(plan: Plan, contract: Row) -> int:
    rows = covered_rows(plan, contract)
    return len({_place(plan, offer, contract.of) for _, _, offer, _ in rows})


def too_many(plan: Plan, contract: Row) -> list[str]:
    """The covered jobs use more places in the window than `max`."""
    most = getattr(contract, "max", None)
    used = _used(plan, contract)
    return [f"{used} used > {most}"] if most is not None and used > most else []


def count(plan: Plan, contract: Row) -> list[str]:
    """How many places the covered jobs use in the window lies within [min, max]."""
    used = _used(plan, contract)
    too_few = [f"{used} used < {contract.min}"] if used < contract.min else []
    return too_few + too_many(plan, contract)


def separation(plan: Plan, contract: Row) -> list[str]:
    """In no period of the window do two covered jobs use the same place."""
    users: dict[tuple[int, str], set[str]] = {}
    for job, t, offer, _ in covered_rows(plan, contract):
        users.setdefault((t, _place(plan, offer, contract.within)), set()).add(job)
    return [f"{sorted(jobs)} share {place}" for place, jobs in users.items() if len(jobs) > 1]


Check = Callable[[Plan, Row], list[str]]

CHECKS: dict[str, Check] = {
    "exclusivity": exclusivity,
    "dedicated": dedicated,
    "first_refusal": refusal_breaches,
    "spend_cap": spend_cap,
    "share": share,
    "count": count,
    "minimum_use": minimum_use,
    "separation": separation,
}

LASTING: dict[str, Check] = {
    "exclusivity": exclusivity,
    "dedicated": dedicated,
    "spend_cap": spend_cap,
    "count": too_many,
    "separation": separation,
}
"""What some jobs can break on their own, whatever the others do."""


def contract_breaches(plan: Plan) -> Iterator[Breach]:
    """Rule 9: every contract that is not bought out; first refusal, the slowest, comes last."""
    for contract in sorted(plan.binding(), key=lambda row: row.type == "first_refusal"):
        if contract.type in CHECKS:
            for why in CHECKS[contract.type](plan, contract):
                yield contract.type, f"{contract.name}: {why}"


def is_lost(plan: Plan) -> bool:
    """Whether a plan about some of the jobs breaks a contract beyond repair by the others."""
    return any(
        contract.type in LASTING and LASTING[contract.type](plan, contract)
        for contract in plan.binding()
    )
