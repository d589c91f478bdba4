"""The plan that is handed out: what was found and checked, what was proven, why it ended."""

from __future__ import annotations

from gpualloc.engines.backends.base import Stop
from gpualloc.engines.finding import Finding
from gpualloc.instance.instance import Instance
from gpualloc.plan.plan import OPTIMAL_GAP, Plan, StoppedBy, make_no_plan, make_plan


def hand_out(instance: Instance, finding: Finding, seed: int) -> Plan:
    """Make the plan of a solve of an instance as it is."""
    if finding.candidate is None:
        infeasible = finding.known == "infeasible"
        return make_no_plan(
            instance,
            status="infeasible" if infeasible else "unknown",
            bound_usd=finding.bound,
            stopped_by="proof" if infeasible else stopped_by(finding.stop, None),
            seconds=finding.seconds,
            engine=finding.engine,
            seed=seed,
        )
    return make_plan(
        instance,
        finding.candidate.layouts[0],
        finding.candidate.verdicts[0],
        bound_usd=finding.bound,
        stopped_by=stopped_by(finding.stop, finding.gap),
        seconds=finding.seconds,
        engine=finding.engine,
        seed=seed,
    )


def stopped_by(stop: Stop, gap: float | None) -> StoppedBy:
    """Why a solve ended, as a plan says it: `proof` of a solver includes the gap asked for."""
    if gap is not None and gap <= OPTIMAL_GAP:
        return "proof"
    return "gap" if stop == "proof" else stop
