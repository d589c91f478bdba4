"""What a solve found and proved, whichever engine ran it."""

from __future__ import annotations

from dataclasses import dataclass

from gpualloc.engines.backends.base import Known, Stop
from gpualloc.engines.subject import Candidate
from gpualloc.errors import InternalError, SolverError
from gpualloc.plan.plan import OPTIMAL_GAP, relative_gap


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


def make_finding(
    candidate: Candidate | None,
    bound: float | None,
    *,
    known: Known,
    stop: Stop,
    seconds: float,
    engine: str,
) -> Finding:
    """Make a finding; a bound above the value by no more than rounding is lowered to it.

    Raises
    ------
    SolverError
        It is claimed that no plan is valid, against a checked one.
    InternalError
        The bound is above the value.
    """
    if known == "infeasible":
        if candidate is not None:
            raise SolverError(f"{engine} claims that no plan is valid, against a checked plan")
        return Finding(None, None, known, stop, seconds, engine)
    gap = relative_gap(None if candidate is None else candidate.value, bound)
    if candidate is not None and gap is not None and gap < 0:
        if gap < -OPTIMAL_GAP:
            told = f"{engine} proved a bound of {bound!r}, but a valid plan has {candidate.value!r}"
            raise InternalError(told)
        bound = candidate.value
    return Finding(candidate, bound, known, stop, seconds, engine)
