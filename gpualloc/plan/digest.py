"""What a planner wants to know of a plan, in the order of asking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gpualloc.instance.wording import printable
from gpualloc.plan.digest_contracts import contract_section
from gpualloc.plan.digest_jobs import spread_section, unserved_line, unserved_section
from gpualloc.plan.digest_places import full_section, provider_section, site_section
from gpualloc.plan.sections import Digest, Section, Tone, cost_section, listing
from gpualloc.plan.text import duration, gap_text, usd

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan

MEANING = {
    "optimal": "optimal plan",
    "feasible": "valid plan",
    "infeasible": "infeasible: proven that no plan is valid",
    "unknown": "no plan found, and no proof that there is none",
}

STOPS = {
    "proof": "stopped by proof",
    "gap": "stopped at the gap asked for",
    "time": "stopped by the time limit",
    "interrupt": "interrupted",
}


TONES: dict[str, Tone] = {
    "optimal": "good",
    "feasible": "warn",
    "infeasible": "bad",
    "unknown": "bad",
}

SHORT = 4
"""Lines of a section at most in a brief digest, so that it fits a screen of 40 lines."""


def digest(plan: Plan) -> Digest:
    """Tell a plan: cost, certainty, who gets what, what is full, contracts and jobs."""
    return _digest(plan, _sections(plan) if plan else ())


def brief_digest(plan: Plan) -> Digest:
    """Tell of a plan what fits a screen: cost, certainty, who gets what, what is full, contracts.

    What the sections leave out is told in the closing line.
    """
    if not plan:
        return digest(plan)
    return _digest(plan, _brief_sections(plan))._replace(closing=_closing(plan))


def _digest(plan: Plan, sections: Iterable[Section]) -> Digest:
    return Digest(
        headline=f"{printable(plan.instance_name)}: {_outcome(plan)}",
        lines=tuple(_lines(plan)),
        sections=tuple(sections),
        tone=TONES[plan.status],
    )


def _outcome(plan: Plan) -> str:
    if plan.objective_usd is None:
        return MEANING[plan.status]
    return f"{MEANING[plan.status]}, {usd(plan.objective_usd)} USD"


def _lines(plan: Plan) -> Iterator[str]:
    yield from _certainty(plan)
    yield f"{STOPS[plan.stopped_by]} after {duration(plan.seconds)}"
    yield printable(f"{plan.engine}, seed {plan.seed}, gpualloc {plan.gpualloc}")
    if plan and plan.instance is None:
        yield "bind the plan to its instance to see who gets what and what is full"


def _certainty(plan: Plan) -> Iterator[str]:
    if plan.bound_usd is not None:
        gap = "" if plan.gap is None else f" (gap {gap_text(plan.gap)})"
        yield f"proven: no valid plan costs less than {usd(plan.bound_usd)} USD{gap}"
    elif plan:
        yield "no bound was proven"


def _sections(plan: Plan) -> Iterator[Section]:
    yield cost_section(plan.costs or {})
    if plan.instance is not None:
        usage = plan.usage
        found = (
            provider_section(usage),
            site_section(usage),
            full_section(usage),
            contract_section(usage),
            spread_section(usage),
        )
        yield from (part for part in found if part is not None)
    if plan.layout.unserved:
        yield unserved_section(plan)
    if plan.remarks:
        yield listing("Remarks", (printable(remark) for remark in plan.remarks))


def _brief_sections(plan: Plan) -> Iterator[Section]:
    yield cost_section(plan.costs or {}, longest=SHORT)
    if plan.instance is not None:
        usage = plan.usage
        found = (
            provider_section(usage, SHORT),
            full_section(usage, SHORT),
            contract_section(usage, SHORT, brief=True),
        )
        yield from (part for part in found if part is not None)
    if plan.layout.unserved:
        yield unserved_line(plan)


def _closing(plan: Plan) -> str:
    """What the brief digest leaves out, and how to see it."""
    parts = [] if plan.instance is None else ["data centers", "jobs over several of them"]
    if plan.remarks:
        number = len(plan.remarks)
        parts.append(f"{number:,} {'remark' if number == 1 else 'remarks'}")
    parts = parts or ["every row"]
    return f"Not shown: {', '.join(parts)} (--full, or plan.summary(full=True))"
