"""The decomposition engine: a plan and a proven bound at any size, the plan checked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from gpualloc.engines.backends import Listener, Outcome, Settings
from gpualloc.engines.backends.base import Known
from gpualloc.engines.handing import hand_out
from gpualloc.engines.process import Reports, run_apart, run_here
from gpualloc.engines.pursuit import is_hair
from gpualloc.errors import InternalError
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.plan.plan import Plan, relative_gap
from gpualloc.plan.verdict import Verdict
from gpualloc.progress import Progress


@dataclass(frozen=True)
class DecompositionTask:
    """One decomposition, for a worker.

    Attributes
    ----------
    deadline : float or None
        Wall-clock time (`time.time()`) at which to stop.
    start : Layout or None
        A plan to start from.
    """

    instance: Instance
    settings: Settings
    deadline: float | None
    start: Layout | None

    def execute(self, listener: Listener) -> Outcome:
        """Carry it out in this process; plans go to the listener, as layouts."""
        from gpualloc.engines.decomposition.decomposer import Decomposer

        decomposer = Decomposer(self.instance, self.settings, self.deadline, listener)
        result = decomposer.run(self.start)
        if result.infeasible:
            return Outcome("infeasible", None, None, "proof")
        known: Known = "unknown" if result.layout is None else "feasible"
        return Outcome(known, None, result.bound_usd, result.stop)


class DecompositionEngine:
    """One solve of one instance.

    Parameters
    ----------
    instance : Instance
    settings : Settings
    on_progress : callable or None
        Called with a `Progress` whenever plan or bound improve.
    isolate : bool
        Run it in a process of its own.
    """

    def __init__(
        self,
        instance: Instance,
        settings: Settings,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        isolate: bool = True,
    ) -> None:
        self.instance = instance
        self.settings = settings
        self.began = time.time()
        self._on_progress = on_progress
        self._run = run_apart if isolate else run_here
        self._best: tuple[Layout, Verdict] | None = None
        self._bound: float | None = None

    def solve(self, warm_start: Layout | None = None) -> Plan:
        """Find the best plan within the limits.

        Raises
        ------
        InternalError
            A plan breaks a rule by more than a solver's tolerance, or costs less than the bound.
        """
        if warm_start is not None:
            self._keep(warm_start, check_layout(self.instance, warm_start))
        limit = self.settings.time_limit
        deadline = None if limit is None else self.began + limit
        self._tell("reading the rules group by group")
        reports = Reports(self._on_report)
        task = DecompositionTask(self.instance, self.settings, deadline, warm_start)
        outcome = self._run(task, reports)
        self._bound = outcome.bound if outcome.bound is not None else self._bound
        for layout in reversed(reports.points):
            verdict = check_layout(self.instance, layout)
            if not verdict and not is_hair(verdict):
                raise InternalError(f"the checker refused the engine's plan:\n{verdict}")
            if verdict:
                self._keep(layout, verdict)
                break
        return hand_out(
            self.instance,
            self._best,
            bound_usd=self._bound,
            infeasible=outcome.known == "infeasible",
            stop=outcome.stop,
            seconds=time.time() - self.began,
            engine=f"decomposition, {_version()}",
            seed=self.settings.seed,
        )

    def _keep(self, layout: Layout, verdict: Verdict) -> None:
        known = self._best
        if verdict and (known is None or verdict.objective_usd < known[1].objective_usd):
            self._best = layout, verdict

    def _on_report(self, cost: float | None, bound: float | None) -> None:
        self._bound = bound
        self._tell("", cost)

    def _tell(self, note: str, cost: float | None = None) -> None:
        if self._on_progress is None:
            return
        known = [] if self._best is None else [self._best[1].objective_usd]
        incumbent = min([*known, *([] if cost is None else [cost])], default=None)
        self._on_progress(
            Progress(
                seconds=time.time() - self.began,
                incumbent_usd=incumbent,
                bound_usd=self._bound,
                gap=relative_gap(incumbent, self._bound),
                note=note,
            )
        )


def _version() -> str:
    from gpualloc.engines.backends import make_backend

    return make_backend("highs").version()
