"""Section 5: the lines of a plan's cost."""

from __future__ import annotations

from fractions import Fraction

from .contracts import spend_usd
from .figures import Number, Row, at
from .plans import Plan
from .traffic import flow_streams, live_flows, pairing, spoke_streams, stalled_fraction

ZERO = Fraction(0)
LINES_BY_JOB = ("compute", "energy", "egress", "stall", "moves", "staging", "unserved")
"""Lines that are sums over the jobs; what flows add to `egress` and `latency` comes on top."""


def cost_lines(plan: Plan) -> dict[str, Number]:
    """Every line of a plan's cost in USD."""
    return {**lines_by_job(plan), **lines_of_flows(plan), **lines_of_plan(plan)}


def lines_by_job(plan: Plan) -> dict[str, Number]:
    """Lines that are sums over the jobs, and the egress of flows within `egress`."""
    return {
        "compute": _compute(plan),
        "energy": _energy(plan),
        "egress": _egress(plan),
        "stall": _stall(plan),
        "moves": _moves(plan),
        "staging": _staging(plan),
        "unserved": _unserved(plan),
    }


def lines_of_flows(plan: Plan) -> dict[str, Number]:
    """The line that flows alone make."""
    return {"latency": _latency(plan)}


def lines_of_plan(plan: Plan) -> dict[str, Number]:
    """Lines that only the whole plan has."""
    used = {offer for _, _, offer, _ in plan.gpu_rows()}
    binding = plan.binding()
    return {
        "fixed": sum((plan.figures.offers[offer].fixed_usd for offer in used), ZERO),
        "commitments": sum((_shortfall(plan, row) for row in binding), ZERO),
        "discounts": -sum((_rebate(plan, row) for row in binding), ZERO),
        "buyouts": sum(
            (row.buyout_usd for row in plan.figures.contracts if row.name in plan.bought), ZERO
        ),
    }


def _compute(plan: Plan) -> Number:
    figures = plan.figures
    return sum(
        (
            gpus * at(figures.offers[offer].usd_per_gpu_hour, t) * figures.hours[t]
            for _, t, offer, gpus in plan.gpu_rows()
        ),
        ZERO,
    )


def _energy(plan: Plan) -> Number:
    figures = plan.figures
    return sum(
        (
            gpus
            * figures.kw_on(offer)
            / 1000
            * at(figures.center_of(offer).usd_per_mwh, t)
            * figures.hours[t]
            for _, t, offer, gpus in plan.gpu_rows()
        ),
        ZERO,
    )


def _egress(plan: Plan) -> Number:
    streams = (*spoke_streams(plan), *flow_streams(plan))
    return sum((s.gb_per_hour * s.usd_per_gb * plan.figures.hours[s.t] for s in streams), ZERO)


def _stall(plan: Plan) -> Number:
    return sum((_stall_of(plan, job, t) for job, t in plan.shards), ZERO)


def _stall_of(plan: Plan, job: str, t: int) -> Number:
    sync, hours = plan.figures.jobs[job].sync, plan.figures.hours[t]
    if sync is None:
        return ZERO
    gpus = sum(plan.placed(job, t).values()) * plan.option(job).gpus_per_shard
    worth = gpus * hours * sync.usd_per_gpu_hour
    usd: Number = plan.figures.sync_weight * stalled_fraction(plan, job, t) * worth
    return usd


def _latency(plan: Plan) -> Number:
    figures = plan.figures
    return sum(
        (
            figures.sync_weight
            * flow.usd_per_ms_hour
            * figures.links[pair].rtt_ms
            * fraction
            * figures.hours[t]
            for flow, t in live_flows(plan)
            for pair, fraction in pairing(plan, flow, t).items()
            if pair in figures.links
        ),
        ZERO,
    )


def _steps(plan: Plan, job: Row) -> list[tuple[dict[str, int] | None, dict[str, int]]]:
    """Placement of the phase before (None: there is none) and of each phase."""
    phases = [plan.placed(job.name, phase[0]) for phase in plan.figures.phases(job)]
    return list(zip([job.current, *phases], phases, strict=False))


def _moves(plan: Plan) -> Number:
    usd = ZERO
    for job in (plan.figures.jobs[name] for name in plan.options):
        for before, now in _steps(plan, job):
            if before is not None and job.move_usd_per_shard is not None:
                moved = sum(max(0, n - before.get(offer, 0)) for offer, n in now.items())
                usd += moved * job.move_usd_per_shard
    return usd


def _staging(plan: Plan) -> Number:
    usd = ZERO
    for job in (plan.figures.jobs[name] for name in plan.options):
        for before, now in _steps(plan, job):
            new = _centers(plan, now) - _centers(plan, before or {})
            usd += sum((job.staging_usd or {}).get(center, ZERO) for center in new)
    return usd


def _centers(plan: Plan, placed: dict[str, int]) -> set[str]:
    return {plan.figures.offers[offer].data_center for offer, n in placed.items() if n > 0}


def _unserved(plan: Plan) -> Number:
    missing = [plan.figures.jobs[job] for job in plan.jobs if job not in plan.options]
    return sum((job.unserved_usd or ZERO for job in missing), ZERO)


def _shortfall(plan: Plan, contract: Row) -> Number:
    if contract.type != "commitment":
        return ZERO
    short: Fraction = contract.usd - spend_usd(plan, contract, [contract.provider])
    return max(ZERO, short)


def _rebate(plan: Plan, contract: Row) -> Number:
    if contract.type != "volume_discount":
        return ZERO
    spend = spend_usd(plan, contract, [contract.provider])
    reached = [tier for tier in contract.tiers if spend >= tier["above_usd"]]
    if not reached:
        return ZERO
    rebate: Number
    if contract.mode == "all_units":
        rebate = spend * reached[-1]["discount"]
        return rebate
    tops = [tier["above_usd"] for tier in reached[1:]] + [spend]
    rebate = sum(
        (top - tier["above_usd"]) * tier["discount"]
        for tier, top in zip(reached, tops, strict=True)
    )
    return rebate
