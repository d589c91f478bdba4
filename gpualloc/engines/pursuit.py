"""The way from a problem to checked plans: solve, check, and draw limits in where need be."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from gpualloc.engines.backends import Outcome, Settings, make_backend
from gpualloc.engines.finding import Finding, make_finding
from gpualloc.engines.process import Reports, run_apart, run_here
from gpualloc.engines.subject import Candidate, Subject
from gpualloc.engines.tasks import Task
from gpualloc.errors import InternalError
from gpualloc.plan.plan import OPTIMAL_GAP
from gpualloc.plan.verdict import Verdict
from gpualloc.vectors import Floats

HAIR = 1e-5
"""A limit passed by less than this, relative, is a solver's tolerance and not a mistake."""

MARGINS = (2e-6, 2e-5)
"""How far exact limits are drawn in when a solver's tolerance has passed them."""

RETRY_SECONDS = 10.0
"""A solve with limits drawn in may take this long when no time is left."""

Tell = Callable[[str, float | None, float | None], None]
"""Takes a note, the least value so far, and the bound."""


class Pursuit:
    """One solve of a subject.

    Parameters
    ----------
    subject : Subject
    settings : Settings
    solver : str or None
        Name of the solver; None for HiGHS.
    began : float
        Wall-clock time (`time.time()`) from which the time limit counts.
    tell : callable
        Called whenever something is new.
    isolate : bool
        Run the solver in a process of its own.

    Attributes
    ----------
    best : Candidate or None
        The best that the checker has accepted.
    bound : float or None
        What is proven that every point costs.
    """

    def __init__(
        self,
        subject: Subject,
        settings: Settings,
        *,
        solver: str | None,
        began: float,
        tell: Tell,
        isolate: bool,
    ) -> None:
        self.subject = subject
        self.settings = settings
        self.solver = solver
        self.began = began
        self.best: Candidate | None = None
        self.bound: float | None = None
        self._tell = tell
        self._run = run_apart if isolate else run_here

    def run(self, start: Floats | None) -> Outcome:
        """Solve; draw exact limits in and solve again where a solver's tolerance passed them.

        Raises
        ------
        SolverError
            The solver failed.
        InternalError
            The solver's point breaks a rule by more than a solver's tolerance.
        """
        problem = self.subject.problem
        outcome = self._solve(self._task(start), self._on_report)
        self.bound = problem.least_cost if outcome.bound is None else outcome.bound
        for margin in MARGINS:
            if outcome.known in ("infeasible", "unknown") or self._is_good(outcome):
                break
            self._report("a limit was passed by a hair: solving again with limits drawn in")
            task = replace(self._task(None), problem=problem.tightened(margin))
            task = replace(task, deadline=self._retry_deadline(outcome, task.deadline))
            again = self._solve(task, self._on_trial)
            if again.known in ("infeasible", "unknown"):
                break
            outcome = replace(again, stop=outcome.stop)
        return outcome

    def keep(self, candidate: Candidate) -> None:
        """Keep a candidate if it is valid and the best so far."""
        if candidate and (self.best is None or candidate.value < self.best.value):
            self.best = candidate

    def _retry_deadline(self, outcome: Outcome, deadline: float | None) -> float | None:
        """When a solve with limits drawn in must end: soon, if time is up or the user waits."""
        soon = time.time() + RETRY_SECONDS
        if outcome.stop == "interrupt":
            return soon
        return None if deadline is None else max(deadline, soon)

    def _task(self, start: Floats | None) -> Task:
        limit = self.settings.time_limit
        deadline = None if limit is None else self.began + limit
        gap = self.settings.gap
        return Task(
            solver=self.solver,
            problem=self.subject.problem,
            settings=replace(self.settings, gap=gap if gap > OPTIMAL_GAP else gap / 10),
            deadline=deadline,
            start=start,
            polish=self.subject.has_flows,
        )

    def _solve(
        self, task: Task, on_report: Callable[[float | None, float | None], None]
    ) -> Outcome:
        """Run a task, and keep the best valid plan among what it found."""
        reports = Reports(on_report)
        outcome = self._run(task, reports)
        found = [] if outcome.values is None else [outcome.values]
        for values in [*found, *reversed(reports.points)]:
            if self._consider(values):
                break
        if outcome.known == "unknown" and reports.points:
            return replace(outcome, known="feasible", values=reports.points[-1])
        if outcome.known == "feasible" and outcome.values is None:
            return replace(outcome, values=reports.points[-1])
        return outcome

    def _consider(self, values: Floats) -> bool:
        """Check a point, and keep it if it is valid and the best so far."""
        candidate = self.subject.judge(values)
        self.keep(candidate)
        for verdict in candidate.verdicts:
            if not verdict and not is_hair(verdict):
                raise InternalError(f"the checker refused the engine's plan:\n{verdict}")
        return bool(candidate)

    def _is_good(self, outcome: Outcome) -> bool:
        """Whether the best checked plan costs what the solver says its best point costs."""
        if self.best is None or outcome.values is None:
            return False
        claimed = float(self.subject.problem.cost @ outcome.values)
        return self.best.value <= claimed + OPTIMAL_GAP * max(1.0, abs(claimed))

    def _on_report(self, cost: float | None, bound: float | None) -> None:
        self.bound = bound
        self._report("", cost)

    def _on_trial(self, cost: float | None, bound: float | None) -> None:
        """A solve with limits drawn in proves no bound."""
        self._report("", cost)

    def _report(self, note: str, cost: float | None = None) -> None:
        known = [] if self.best is None else [self.best.value]
        least = min([*known, *([] if cost is None else [cost])], default=None)
        self._tell(note, least, self.bound)


def pursue(
    subject: Subject,
    settings: Settings,
    *,
    solver: str | None = None,
    isolate: bool = True,
    candidate: Candidate | None = None,
    start: Floats | None = None,
    began: float | None = None,
    tell: Tell = lambda note, value, bound: None,
) -> Finding:
    """Find the best candidate of a subject within the limits.

    Parameters
    ----------
    candidate : Candidate or None
        One that is known already.
    start : (n,) float or None
        A point to start from, NaN where it is not known.
    began : float or None
        Wall-clock time from which the time limit counts; None for now.
    tell : callable
        As `Pursuit` has it.

    Raises
    ------
    SolverError
        The solver failed, or contradicts a checked candidate.
    InternalError
        The solver's point breaks a rule by more than a solver's tolerance.
    """
    version = make_backend(solver).version()
    began = time.time() if began is None else began
    pursuit = Pursuit(subject, settings, solver=solver, began=began, tell=tell, isolate=isolate)
    if candidate is not None:
        pursuit.keep(candidate)
    outcome = pursuit.run(start)
    return make_finding(
        pursuit.best,
        pursuit.bound,
        known=outcome.known,
        stop=outcome.stop,
        seconds=time.time() - began,
        engine=f"exact, {version}",
    )


def is_hair(verdict: Verdict) -> bool:
    """Whether every breach is a limit passed by no more than a solver's tolerance."""
    for breach in verdict.breaches:
        if breach.figure is None or breach.limit is None:
            return False
        excess = abs(breach.figure - breach.limit)
        if excess > HAIR * max(1.0, abs(breach.limit)):
            return False
    return True
