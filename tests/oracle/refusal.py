"""First refusal, word for word from the specification."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .figures import Row, at, inside
from .plans import Plan

Counted = Callable[[str], bool]


def refusal_breaches(plan: Plan, contract: Row) -> list[str]:
    """More covered GPUs than the holder accepts, and phases outside without an excuse."""
    return _accepted_breaches(plan, contract) + [
        f"{job} in {list(phase)} is outside, but {offer} has room for option {option}"
        for job in plan.options
        if plan.figures.covers(contract, job)
        for phase, option, offer in unexcused(plan, contract, job, contract.precedence)
    ]


def _accepted_breaches(plan: Plan, contract: Row) -> list[str]:
    if contract.accepts_gpus is None:
        return []
    return [
        f"{held} GPUs > {at(contract.accepts_gpus, t)} accepted in {t}"
        for t in plan.figures.span(contract)
        if (held := _held_gpus(plan, contract, t, lambda job: True)) > at(contract.accepts_gpus, t)
    ]


def unexcused(plan: Plan, contract: Row, job: str, precedence: str) -> list[tuple[range, int, str]]:
    """(phase, option, offer of the holder with room) for each phase that is outside in error."""
    row, figures = plan.figures.jobs[job], plan.figures
    counted = _counted(plan, job, precedence)
    found = []
    for phase in figures.phases(row):
        if not _is_outside(plan, contract, job, phase):
            continue
        for option, configuration in enumerate(row.options):
            for offer in _eligible(plan, contract, row, configuration, phase):
                unit = _unit_gpus(row, configuration)
                if not any(_no_room(plan, contract, offer, unit, t, counted) for t in phase):
                    found.append((phase, option, offer))
    return found


def _counted(plan: Plan, job: str, precedence: str) -> Counted:
    """Whose load counts as used: everyone's, or that of jobs listed no later than this one."""
    if precedence == "none":
        return lambda other: True
    order = list(plan.figures.jobs)
    return lambda other: order.index(other) <= order.index(job)


def _is_outside(plan: Plan, contract: Row, job: str, phase: range) -> bool:
    """Whether a phase is in the window and places a shard outside the holder."""
    in_window = any(t in plan.figures.span(contract) for t in phase)
    providers = {
        plan.figures.centers[center].provider for t in phase for center in plan.centers(job, t)
    }
    return in_window and bool(providers - {contract.holder})


def _eligible(plan: Plan, contract: Row, job: Row, option: Row, phase: range) -> list[str]:
    """Offers of the holder that the option could use under the other binding contracts."""
    figures = plan.figures
    return [
        offer
        for offer in figures.usable(job, option)
        if figures.center_of(offer).provider == contract.holder
        and not any(_keeps_out(plan, other, job, offer, phase) for other in plan.binding())
    ]


def _keeps_out(plan: Plan, other: Row, job: Row, offer: str, phase: range) -> bool:
    """Whether an exclusivity or a dedication forbids the job this offer in this phase."""
    figures = plan.figures
    if not any(t in figures.span(other) for t in phase):
        return False
    is_inside = inside(other, figures.center_of(offer))
    if other.type == "exclusivity":
        return figures.covers(other, job.name) and not is_inside
    if other.type == "dedicated":
        return not figures.covers(other, job.name) and is_inside
    return False


def _unit_gpus(job: Row, option: Row) -> int:
    """GPUs of one shard, or of all shards where the job keeps to one data center."""
    gpus: int = option.gpus_per_shard
    return gpus * option.shards if job.max_data_centers == 1 else gpus


def _no_room(plan: Plan, contract: Row, offer: str, unit: int, t: int, counted: Counted) -> bool:
    """Whether GPUs, power or accepted GPUs left over in period `t` are less than the unit's."""
    figures = plan.figures
    center = figures.center_of(offer)
    used_gpus = sum(
        gpus
        for job, when, where, gpus in plan.gpu_rows()
        if when == t and where == offer and counted(job)
    )
    if at(figures.offers[offer].gpus, t) - used_gpus < unit:
        return True
    if center.power_mw is not None:
        left_mw = at(center.power_mw, t) - _used_mw(plan, center.name, t, counted)
        if left_mw < unit * figures.kw_on(offer) / 1000:
            return True
    if contract.accepts_gpus is None or t not in figures.span(contract):
        return False
    left: Fraction = at(contract.accepts_gpus, t) - _held_gpus(plan, contract, t, counted)
    return left < unit


def _used_mw(plan: Plan, center: str, t: int, counted: Counted) -> Fraction:
    figures = plan.figures
    return sum(
        (
            gpus * figures.kw_on(offer) / 1000
            for job, when, offer, gpus in plan.gpu_rows()
            if when == t and figures.offers[offer].data_center == center and counted(job)
        ),
        Fraction(0),
    )


def _held_gpus(plan: Plan, contract: Row, t: int, counted: Counted) -> int:
    """GPUs that covered jobs use at the holder in a period."""
    figures = plan.figures
    return sum(
        gpus
        for job, when, offer, gpus in plan.gpu_rows()
        if when == t
        and figures.center_of(offer).provider == contract.holder
        and figures.covers(contract, job)
        and counted(job)
    )


def remarks(plan: Plan) -> list[tuple[str, str]]:
    """(contract, job) for covered jobs outside under `none` that `listed` would forbid."""
    return [
        (contract.name, job)
        for contract in plan.binding()
        if contract.type == "first_refusal" and contract.precedence == "none"
        for job in plan.options
        if plan.figures.covers(contract, job) and unexcused(plan, contract, job, "listed")
    ]
