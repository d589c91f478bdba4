"""The exact engine: the whole program handed to a solver, its plan checked, its bound kept."""

from __future__ import annotations

from collections.abc import Callable

from gpualloc.engines.backends import Settings
from gpualloc.engines.finding import Finding
from gpualloc.engines.pursuit import pursue
from gpualloc.engines.subject import Candidate, PlanSubject
from gpualloc.engines.telling import Teller
from gpualloc.formulation.amendment import UNAMENDED, Amendment
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.progress import Progress


class ExactEngine:
    """One solve of one instance.

    Parameters
    ----------
    instance : Instance
    settings : Settings
    amendment : Amendment
        What is asked of the plan beyond the instance's rules.
    solver : str or None
        Name of the solver.
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
        amendment: Amendment = UNAMENDED,
        solver: str | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        isolate: bool = True,
    ) -> None:
        self.instance = instance
        self.settings = settings
        self.amendment = amendment
        self.solver = solver
        self._teller = Teller(on_progress)
        self._isolate = isolate

    def find(self, warm_start: Layout | None = None) -> Finding:
        """Find the best plan within the limits.

        Raises
        ------
        SolverError
            The solver failed, or contradicts a checked plan.
        InternalError
            The solver's plan breaks a rule by more than a solver's tolerance.
        """
        self._teller.tell("reading the rules")
        subject = PlanSubject(self.instance, self.amendment)
        self._teller.tell(f"{subject.problem.columns:,} columns, {subject.problem.rows:,} rows")
        candidate, start = None, None
        if warm_start is not None:
            candidate, start = subject.weigh(warm_start), subject.encode(warm_start)
            self._tell_start(candidate)
        return pursue(
            subject,
            self.settings,
            solver=self.solver,
            isolate=self._isolate,
            candidate=candidate,
            start=start,
            began=self._teller.began,
            tell=self._teller.tell,
        )

    def _tell_start(self, candidate: Candidate) -> None:
        """Tell whether the warm start is valid."""
        if candidate:
            self._teller.tell("the warm start is valid", candidate.value)
        else:
            breach = candidate.verdicts[0].breaches[0]
            self._teller.tell(f"the warm start is not valid any more: {breach}")
