"""A verdict on the command line: as text and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gpualloc.cli.console import safe
from gpualloc.plan.sections import Digest, Section, cost_section, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpualloc.plan.verdict import Verdict

LONGEST = 100


def verdict_digest(verdict: Verdict) -> Digest:
    """Whether the plan is valid and what it costs, or every breach."""
    return Digest(safe(verdict.headline), (), tuple(_sections(verdict)))


def _sections(verdict: Verdict) -> Iterator[Section]:
    if verdict.breaches:
        breaches = (safe(str(breach)) for breach in verdict.breaches)
        yield listing("Breaches", breaches, longest=LONGEST)
    else:
        yield cost_section(verdict.costs)
    if verdict.remarks:
        yield listing("Remarks", map(safe, verdict.remarks), longest=LONGEST)


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as a JSON object."""
    return {
        "valid": bool(verdict),
        "objective_usd": verdict.objective_usd,
        "costs": dict(verdict.costs),
        "breaches": [asdict(breach) for breach in verdict.breaches],
        "remarks": list(verdict.remarks),
    }
