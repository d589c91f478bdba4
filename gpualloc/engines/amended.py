"""The exact engine under an amendment: limits and goals that an instance does not have."""

from __future__ import annotations

import time
from dataclasses import dataclass

from gpualloc.engines.backends import Settings, make_backend
from gpualloc.engines.backends.base import Known, Stop
from gpualloc.engines.pursuit import Pursuit
from gpualloc.engines.subject import Candidate, Subject
from gpualloc.errors import InternalError, SolverError
from gpualloc.plan.plan import OPTIMAL_GAP, relative_gap
from gpualloc.vectors import Floats


@dataclass(frozen=True)
class Finding:
    """What a solve found and proved about a subject.

    Attributes
    ----------
    candidate : Candidate or None
        The best that the checker has accepted; None if there is none.
    bound : float or None
        A proven lower bound on the value of all candidates.
    known : {"optimal", "feasible", "infeasible", "unknown"}
    stop : {"proof", "time", "interrupt"}
    seconds : float
    engine : str
        The engine with its solver's version.
    """

    candidate: Candidate | None
    bound: float | None
    known: Known
    stop: Stop
    seconds: float
    engine: str

    @property
    def value(self) -> float | None:
        """The figure of the candidate that was to be minimized."""
        return None if self.candidate is None else self.candidate.value

    @property
    def gap(self) -> float | None:
        """(value - bound) / max(1, |value|); None while either is missing."""
        return relative_gap(self.value, self.bound)


def pursue(
    subject: Subject,
    settings: Settings,
    *,
    solver: str | None = None,
    isolate: bool = True,
    candidate: Candidate | None = None,
    start: Floats | None = None,
) -> Finding:
    """Find the best candidate of a subject within the limits.

    Parameters
    ----------
    candidate : Candidate or None
        One that is known already.
    start : (n,) float or None
        A point to start from, NaN where it is not known.

    Raises
    ------
    SolverError
        The solver failed, or contradicts a checked candidate.
    InternalError
        The solver's point breaks a rule by more than a solver's tolerance.
    """
    version = make_backend(solver).version()
    began = time.time()
    pursuit = Pursuit(
        subject, settings, solver=solver, began=began, tell=_tell_nobody, isolate=isolate
    )
    if candidate is not None:
        pursuit.keep(candidate)
    outcome = pursuit.run(start)
    best = pursuit.best
    if outcome.known == "infeasible" and best is not None:
        raise SolverError(f"{version} claims that no plan is valid, against a checked plan")
    return Finding(
        candidate=best,
        bound=None if outcome.known == "infeasible" else _bound_below(best, pursuit.bound),
        known=outcome.known,
        stop=outcome.stop,
        seconds=time.time() - began,
        engine=f"exact, {version}",
    )


def _bound_below(best: Candidate | None, bound: float | None) -> float | None:
    """The bound, lowered to the best value where it is above it by no more than rounding."""
    gap = relative_gap(None if best is None else best.value, bound)
    if best is None or gap is None or gap >= 0:
        return bound
    if gap < -OPTIMAL_GAP:
        raise InternalError(f"a bound of {bound!r} was proved, but a valid plan has {best.value!r}")
    return best.value


def _tell_nobody(note: str, cost: float | None) -> None:
    """Answers tell which solve runs, and not how it fares."""
