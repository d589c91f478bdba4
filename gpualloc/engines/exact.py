"""The exact engine: the whole program handed to a solver, its plan checked, its bound kept."""

from __future__ import annotations

import time
from collections.abc import Callable

from gpualloc.engines.backends import Outcome, Settings, make_backend
from gpualloc.engines.handing import hand_out
from gpualloc.engines.pursuit import Pursuit
from gpualloc.engines.subject import PlanSubject
from gpualloc.errors import SolverError
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.plan import Plan, relative_gap
from gpualloc.progress import Progress


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
        self._on_progress = on_progress
        self._isolate = isolate
        self._pursuit: Pursuit | None = None

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
        subject = PlanSubject(self.instance)
        problem = subject.problem
        self._tell(f"{problem.columns:,} columns, {problem.rows:,} rows")
        pursuit = Pursuit(
            subject,
            self.settings,
            solver=self.solver,
            began=self.began,
            tell=self._tell,
            isolate=self._isolate,
        )
        self._pursuit = pursuit
        start = None
        if warm_start is not None:
            self._offer(pursuit, subject, warm_start)
            start = subject.encode(warm_start)
        outcome = pursuit.run(start)
        if outcome.known == "infeasible" and pursuit.best is not None:
            raise SolverError(f"{version} claims that no plan is valid, against a checked plan")
        return self._result(pursuit, outcome, f"exact, {version}")

    def _offer(self, pursuit: Pursuit, subject: PlanSubject, layout: Layout) -> None:
        """Keep the warm start if it is valid."""
        candidate = subject.weigh(layout)
        pursuit.keep(candidate)
        if candidate:
            self._tell("the warm start is valid")
        else:
            breach = candidate.verdicts[0].breaches[0]
            self._tell(f"the warm start is not valid any more: {breach}")

    def _result(self, pursuit: Pursuit, outcome: Outcome, engine: str) -> Plan:
        best = pursuit.best
        return hand_out(
            self.instance,
            None if best is None else (best.layouts[0], best.verdicts[0]),
            bound_usd=pursuit.bound,
            infeasible=outcome.known == "infeasible",
            stop=outcome.stop,
            seconds=time.time() - self.began,
            engine=engine,
            seed=self.settings.seed,
        )

    def _tell(self, note: str, cost: float | None = None) -> None:
        if self._on_progress is None:
            return
        best = None if self._pursuit is None else self._pursuit.best
        bound = None if self._pursuit is None else self._pursuit.bound
        known = [] if best is None else [best.value]
        incumbent = min([*known, *([] if cost is None else [cost])], default=None)
        self._on_progress(
            Progress(
                seconds=time.time() - self.began,
                incumbent_usd=incumbent,
                bound_usd=bound,
                gap=relative_gap(incumbent, bound),
                note=note,
            )
        )
