"""What a change does to the least cost, as far as two solves prove it."""

from __future__ import annotations

from dataclasses import dataclass

from gpualloc.answers.result import Interval
from gpualloc.plan.plan import OPTIMAL_GAP, Plan

NOT_KNOWN = Interval(None, None, None)

NO_PLAN = {"enables": (True, False), "prevents": (False, True), "hopeless": (True, True)}
"""Whether no plan is valid before, and after, by the kind of effect."""


@dataclass(frozen=True)
class Effect:
    """What a change does.

    Attributes
    ----------
    saved : Interval
        The least cost before less the least cost after; not known where there is no plan.
    kind : str
        ``saves``, ``costs`` or ``nothing`` where that is proven, else ``open``. Where no plan is
        valid before, after, or both: ``enables``, ``prevents``, ``hopeless``. ``unknown``: a solve
        ended without a plan or a proof.
    """

    saved: Interval
    kind: str


def find_effect(before: Plan, after: Plan, least_usd: float | None = None) -> Effect:
    """What the change between two instances does, by their results.

    Parameters
    ----------
    least_usd : float or None
        What the change is known to save at least.
    """
    if "infeasible" in (before.status, after.status):
        return Effect(NOT_KNOWN, _kind_without_plan(before, after))
    if "unknown" in (before.status, after.status):
        return Effect(NOT_KNOWN, "unknown")
    saved = (Interval.of_cost(before) - Interval.of_cost(after)).at_least(least_usd)
    return Effect(saved, _kind(saved, before))


def _kind_without_plan(before: Plan, after: Plan) -> str:
    if before.status == after.status:
        return "hopeless"
    if before.status == "infeasible":
        return "enables" if after else "unknown"
    return "prevents" if before else "unknown"


def _kind(saved: Interval, before: Plan) -> str:
    if saved.is_above(0):
        return "saves"
    if saved.is_below(0):
        return "costs"
    ends = [end for end in (saved.low, saved.high) if end is not None]
    rounding = 2 * OPTIMAL_GAP * max(1.0, abs(before.objective_usd or 0.0))
    return "nothing" if len(ends) == 2 and max(map(abs, ends)) <= rounding else "open"


def cost_texts(before: Interval, after: Interval, kind: str) -> tuple[str, str]:
    """The costs before and after for people; ``no plan`` where none is valid."""
    none_before, none_after = NO_PLAN.get(kind, (False, False))
    return "no plan" if none_before else before.text, "no plan" if none_after else after.text
