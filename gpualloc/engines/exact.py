"""The exact engine: the whole program handed to a solver, its plan checked, its bound kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gpualloc.engines.backends import Outcome, Settings, make_backend
from gpualloc.engines.process import Reports, run_apart, run_here
from gpualloc.engines.tasks import Task
from gpualloc.errors import InternalError, SolverError
from gpualloc.formulation.program import Program, formulate
from gpualloc.formulation.translation import decode, encode
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.checker import Verdict, check_layout
from gpualloc.plan.plan import (
    OPTIMAL_GAP,
    Plan,
    StoppedBy,
    make_no_plan,
    make_plan,
    relative_gap,
)
from gpualloc.progress import Progress
from gpualloc.vectors import Floats

HAIR = 1e-5
"""A limit passed by less than this, relative, is a solver's tolerance and not a mistake."""

MARGINS = (2e-6, 2e-5)
"""How far exact limits are drawn in when a solver's tolerance has passed them."""

RETRY_SECONDS = 10.0
"""A solve with limits drawn in may take this long when no time is left."""


@dataclass(frozen=True)
class Candidate:
    """A layout with the checker's verdict on it."""

    layout: Layout
    verdict: Verdict


class ExactEngine:
    """One solve of one instance.

    Parameters
    ----------
    instance : Instance
    settings : Settings
    solver : str or None
        Name of the solver; None for HiGHS.
    on_progress : callable or None
        Called with a `Progress` whenever plan or bound improve.
    isolate : bool
        Run the solver in a process of its own.
    """

    def __init__(
        self,
        instance: Instance,
        settings: Settings,
        *,
        solver: str | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        isolate: bool = True,
    ) -> None:
        self.instance = instance
        self.settings = settings
        self.solver = solver
        self.began = time.time()
        self.bound: float | None = None
        self._on_progress = on_progress
        self._run = run_apart if isolate else run_here
        self._best: Candidate | None = None

    def solve(self, warm_start: Layout | None = None) -> Plan:
        """Find the best plan within the limits.

        Raises
        ------
        SolverError
            The solver failed, or contradicts a checked plan.
        InternalError
            The solver's plan breaks a rule by more than a solver's tolerance.
        """
        version = make_backend(self.solver).version()
        self._tell("reading the rules")
        program = formulate(self.instance)
        problem = program.problem
        self._tell(f"{problem.columns:,} columns, {problem.rows:,} rows")
        start = None if warm_start is None else self._start_from(program, warm_start)
        outcome = self._attempt(program, start)
        if outcome.known == "infeasible" and self._best is not None:
            raise SolverError(f"{version} claims that no plan is valid, against a checked plan")
        return self._result(outcome, f"exact, {version}")

    def _start_from(self, program: Program, layout: Layout) -> Floats:
        verdict = check_layout(self.instance, layout)
        if verdict:
            self._best = Candidate(layout, verdict)
            self._tell("the warm start is valid")
        else:
            self._tell(f"the warm start is not valid any more: {verdict.breaches[0]}")
        return encode(program, layout).values

    def _attempt(self, program: Program, start: Floats | None) -> Outcome:
        """Solve; draw exact limits in and solve again where a solver's tolerance passed them."""
        outcome = self._solve(program, self._task(program, start), self._on_report)
        self.bound = program.problem.least_cost if outcome.bound is None else outcome.bound
        for margin in MARGINS:
            if outcome.known in ("infeasible", "unknown") or self._is_good(outcome, program):
                break
            self._tell("a limit was passed by a hair: solving again with limits drawn in")
            problem = program.problem.tightened(margin)
            task = replace(self._task(program, None), problem=problem)
            task = replace(task, deadline=self._retry_deadline(outcome, task.deadline))
            again = self._solve(program, task, self._on_trial)
            if again.known in ("infeasible", "unknown"):
                break
            outcome = replace(again, stop=outcome.stop)
        return outcome

    def _retry_deadline(self, outcome: Outcome, deadline: float | None) -> float | None:
        """When a solve with limits drawn in must end: soon, if time is up or the user waits."""
        soon = time.time() + RETRY_SECONDS
        if outcome.stop == "interrupt":
            return soon
        return None if deadline is None else max(deadline, soon)

    def _task(self, program: Program, start: Floats | None) -> Task:
        limit = self.settings.time_limit
        deadline = None if limit is None else self.began + limit
        gap = self.settings.gap
        return Task(
            solver=self.solver,
            problem=program.problem,
            settings=replace(self.settings, gap=gap if gap > OPTIMAL_GAP else gap / 10),
            deadline=deadline,
            start=start,
            polish=bool(program.flows),
        )

    def _solve(
        self,
        program: Program,
        task: Task,
        on_report: Callable[[float | None, float | None], None],
    ) -> Outcome:
        """Run a task, and keep the best valid plan among what it found."""
        reports = Reports(on_report)
        outcome = self._run(task, reports)
        found = [] if outcome.values is None else [outcome.values]
        for values in [*found, *reversed(reports.points)]:
            if self._consider(program, values):
                break
        if outcome.known == "unknown" and reports.points:
            return replace(outcome, known="feasible", values=reports.points[-1])
        if outcome.known == "feasible" and outcome.values is None:
            return replace(outcome, values=reports.points[-1])
        return outcome

    def _consider(self, program: Program, values: Floats) -> bool:
        """Check a point as a plan; keep it if it is valid and the best so far."""
        layout = decode(program, values)
        verdict = check_layout(self.instance, layout)
        if verdict:
            best = self._best
            if best is None or verdict.objective_usd < best.verdict.objective_usd:
                self._best = Candidate(layout, verdict)
        elif not _is_hair(verdict):
            raise InternalError(f"the checker refused the engine's plan:\n{verdict}")
        return bool(verdict)

    def _is_good(self, outcome: Outcome, program: Program) -> bool:
        """Whether the best checked plan costs what the solver says its best point costs."""
        if self._best is None or outcome.values is None:
            return False
        claimed = float(program.problem.cost @ outcome.values)
        cost = self._best.verdict.objective_usd
        return cost <= claimed + OPTIMAL_GAP * max(1.0, abs(claimed))

    def _result(self, outcome: Outcome, engine: str) -> Plan:
        seconds = time.time() - self.began
        seed = self.settings.seed
        if self._best is None:
            proved = outcome.known == "infeasible"
            return make_no_plan(
                self.instance,
                status="infeasible" if proved else "unknown",
                bound_usd=None if proved else self.bound,
                stopped_by="proof" if proved else _stopped_by(outcome, None),
                seconds=seconds,
                engine=engine,
                seed=seed,
            )
        gap = relative_gap(self._best.verdict.objective_usd, self.bound)
        return make_plan(
            self.instance,
            self._best.layout,
            self._best.verdict,
            bound_usd=self.bound,
            stopped_by=_stopped_by(outcome, gap),
            seconds=seconds,
            engine=engine,
            seed=seed,
        )

    def _on_report(self, cost: float | None, bound: float | None) -> None:
        self.bound = bound
        self._tell("", cost)

    def _on_trial(self, cost: float | None, bound: float | None) -> None:
        """A solve with limits drawn in proves no bound."""
        self._tell("", cost)

    def _tell(self, note: str, cost: float | None = None) -> None:
        if self._on_progress is None:
            return
        known = [] if self._best is None else [self._best.verdict.objective_usd]
        incumbent = min([*known, *([] if cost is None else [cost])], default=None)
        self._on_progress(
            Progress(
                seconds=time.time() - self.began,
                incumbent_usd=incumbent,
                bound_usd=self.bound,
                gap=relative_gap(incumbent, self.bound),
                note=note,
            )
        )


def _is_hair(verdict: Verdict) -> bool:
    """Whether every breach is a limit passed by no more than a solver's tolerance."""
    for breach in verdict.breaches:
        if breach.figure is None or breach.limit is None:
            return False
        excess = abs(breach.figure - breach.limit)
        if excess > HAIR * max(1.0, abs(breach.limit)):
            return False
    return True


def _stopped_by(outcome: Outcome, gap: float | None) -> StoppedBy:
    if gap is not None and gap <= OPTIMAL_GAP:
        return "proof"
    if outcome.stop == "proof":
        return "gap"
    return outcome.stop
