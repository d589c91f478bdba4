"""Solves of an answer under limits and goals that the instance itself does not have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gpualloc.answers.result import Interval
from gpualloc.answers.solves import Solves
from gpualloc.engines.backends import Settings
from gpualloc.engines.finding import Finding
from gpualloc.engines.pursuit import pursue
from gpualloc.engines.subject import Candidate, Subject
from gpualloc.formulation.amendment import UNAMENDED, Amendment
from gpualloc.instance.instance import Instance
from gpualloc.plan.plan import OPTIMAL_GAP, Plan, make_plan, relative_gap
from gpualloc.plan.text import gap_text
from gpualloc.solving import Way, check_arguments
from gpualloc.vectors import Floats


@dataclass(frozen=True)
class Amended:
    """A plan under an amendment; true if there is one.

    Attributes
    ----------
    plan : Plan or None
        Its own bound is that of the instance: what is proven here holds under the amendment alone.
    least : Interval
        The least value of any plan under the amendment.
    is_infeasible : bool
        Whether it is proven that no plan is valid.
    """

    plan: Plan | None
    least: Interval
    is_infeasible: bool

    def __bool__(self) -> bool:
        return self.plan is not None

    @property
    def gap(self) -> float | None:
        """(value - bound) / max(1, |value|); None while either is missing."""
        return relative_gap(self.least.best, self.least.low)


def solve_amended(
    solves: Solves,
    instance: Instance,
    amendment: Amendment,
    *,
    note: str = "",
    warm_start: Plan | None = None,
    bound_usd: float | None = None,
    to_come: int = 0,
) -> Amended:
    """Solve an instance under an amendment, within its part of the answer's time.

    With an empty amendment this is `gpualloc.solve`, by the engine of the answer.

    Parameters
    ----------
    warm_start : Plan or None
        A plan to start from, whether it is valid under the amendment or not.
    bound_usd : float or None
        What is proven that every plan of the instance costs, for the plan that is handed out.

    Raises
    ------
    KeyboardInterrupt
        The solve was interrupted.
    """
    if amendment == UNAMENDED:
        return _unamended(solves.solve(instance, note=note, warm_start=warm_start, to_come=to_come))
    settings = begin(solves, note, to_come)
    way = Way(instance, settings, amendment, solver=solves.solver, isolate=solves.isolate)
    finding = way.find(solves.engine, warm_start.layout if warm_start else None)
    refuse_interrupt(finding)
    plan = _plan_of(instance, finding, bound_usd, solves.seed)
    least = Interval(finding.bound, finding.value, finding.value)
    return Amended(plan, least, finding.known == "infeasible")


def solve_subject(
    solves: Solves,
    subject: Subject,
    *,
    candidate: Candidate | None = None,
    start: Floats | None = None,
    note: str = "",
    to_come: int = 0,
) -> Finding:
    """Solve any subject within its part of the answer's time, from a candidate if one is known.

    Raises
    ------
    KeyboardInterrupt
        The solve was interrupted.
    """
    settings = begin(solves, note, to_come)
    finding = pursue(
        subject,
        settings,
        solver=solves.solver,
        isolate=solves.isolate,
        candidate=candidate,
        start=start,
    )
    refuse_interrupt(finding)
    return finding


def begin(solves: Solves, note: str, to_come: int) -> Settings:
    """Tell of a solve, and the settings for it."""
    seconds = solves.seconds_left(to_come)
    check_arguments(solves.engine, seconds, solves.gap, solves.seed, solves.threads)
    solves.tell(note)
    return Settings(seconds, solves.gap, solves.seed, solves.threads)


def refuse_interrupt(finding: Finding) -> None:
    """An answer has no use for a part of its solves."""
    if finding.stop == "interrupt":
        raise KeyboardInterrupt


def _unamended(plan: Plan) -> Amended:
    """The result of a solve of the instance as it is."""
    return Amended(plan if plan else None, Interval.of_cost(plan), plan.status == "infeasible")


def _plan_of(
    instance: Instance, finding: Finding, bound_usd: float | None, seed: int
) -> Plan | None:
    if finding.candidate is None:
        return None
    return make_plan(
        instance,
        finding.candidate.layouts[0],
        finding.candidate.verdicts[0],
        bound_usd=bound_usd,
        stopped_by="gap" if finding.stop == "proof" else finding.stop,
        seconds=finding.seconds,
        engine=finding.engine,
        seed=seed,
    )


def tell_sure(gaps: Iterable[float | None]) -> str:
    """In a sentence, how well figures are proven that have these gaps; None is not proven."""
    found = list(gaps)
    known = [gap for gap in found if gap is not None]
    if len(known) < len(found):
        open_ = len(found) - len(known)
        return f"not proven: {open_} of {len(found)} solves ended without a plan or a bound"
    gap = max(known, default=0.0)
    if gap <= OPTIMAL_GAP:
        return "exact: every figure is proven to be the least possible"
    return f"within a proven gap: no figure can be lower by more than {gap_text(gap)}"
