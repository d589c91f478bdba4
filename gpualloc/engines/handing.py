"""The plan that an engine hands out: what was found and checked, what was proven, why it ended."""

from __future__ import annotations

from gpualloc.engines.backends.base import Stop
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.plan import (
    OPTIMAL_GAP,
    Plan,
    StoppedBy,
    make_no_plan,
    make_plan,
    relative_gap,
)
from gpualloc.plan.verdict import Verdict


def hand_out(
    instance: Instance,
    best: tuple[Layout, Verdict] | None,
    *,
    bound_usd: float | None,
    infeasible: bool,
    stop: Stop,
    seconds: float,
    engine: str,
    seed: int,
) -> Plan:
    """Make the plan of a solve.

    Parameters
    ----------
    best : (Layout, Verdict) or None
        The best layout that the checker has accepted.
    infeasible : bool
        Whether it is proven that no plan is valid.
    stop : {"proof", "time", "interrupt"}
        Why the solver ended; `proof` includes the gap asked for.
    """
    if best is None:
        return make_no_plan(
            instance,
            status="infeasible" if infeasible else "unknown",
            bound_usd=None if infeasible else bound_usd,
            stopped_by="proof" if infeasible else stopped_by(stop, None),
            seconds=seconds,
            engine=engine,
            seed=seed,
        )
    layout, verdict = best
    return make_plan(
        instance,
        layout,
        verdict,
        bound_usd=bound_usd,
        stopped_by=stopped_by(stop, relative_gap(verdict.objective_usd, bound_usd)),
        seconds=seconds,
        engine=engine,
        seed=seed,
    )


def stopped_by(stop: Stop, gap: float | None) -> StoppedBy:
    """Why a solve ended, as a plan says it."""
    if gap is not None and gap <= OPTIMAL_GAP:
        return "proof"
    return "gap" if stop == "proof" else stop
