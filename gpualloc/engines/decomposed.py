"""The decomposition engine: a plan and a proven bound at any size, the plan checked."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gpualloc.engines.backends import Listener, Outcome, Settings
from gpualloc.engines.backends.base import Known
from gpualloc.engines.finding import Finding, make_finding
from gpualloc.engines.process import Reports, run_apart, run_here
from gpualloc.engines.pursuit import is_hair
from gpualloc.engines.subject import Candidate, weigh
from gpualloc.engines.telling import Teller
from gpualloc.errors import InternalError
from gpualloc.formulation.amendment import UNAMENDED, Amendment
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.progress import Progress

READING = "reading the rules group by group"
COMPILING = "compiling the pricing, about ten seconds once after an installation"


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
    amendment: Amendment
    settings: Settings
    deadline: float | None
    start: Layout | None

    def execute(self, listener: Listener) -> Outcome:
        """Carry it out in this process; plans go to the listener, as layouts."""
        from gpualloc.engines.decomposition.decomposer import Decomposer

        decomposer = Decomposer(
            self.instance, self.settings, self.deadline, listener, self.amendment
        )
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
    amendment : Amendment
        What is asked of the plan beyond the instance's rules.
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
        amendment: Amendment = UNAMENDED,
        on_progress: Callable[[Progress], None] | None = None,
        isolate: bool = True,
    ) -> None:
        self.instance = instance
        self.settings = settings
        self.amendment = amendment
        self._teller = Teller(on_progress)
        self._run = run_apart if isolate else run_here
        self._best: Candidate | None = None
        self._bound: float | None = None

    def find(self, warm_start: Layout | None = None) -> Finding:
        """Find the best plan within the limits.

        Raises
        ------
        InternalError
            A plan breaks a rule by more than a solver's tolerance, or costs less than the bound.
        """
        if warm_start is not None:
            self._keep(weigh(self.instance, warm_start, self.amendment))
        limit = self.settings.time_limit
        deadline = None if limit is None else self._teller.began + limit
        self._tell(READING if is_compiled() else f"{READING}; {COMPILING}")
        reports = Reports(self._on_report)
        task = DecompositionTask(self.instance, self.amendment, self.settings, deadline, warm_start)
        outcome = self._run(task, reports)
        self._bound = outcome.bound if outcome.bound is not None else self._bound
        for layout in reversed(reports.points):
            found = weigh(self.instance, layout, self.amendment)
            if not found and not is_hair(found.verdicts[0]):
                raise InternalError(f"the checker refused the engine's plan:\n{found.verdicts[0]}")
            if found:
                self._keep(found)
                break
        return make_finding(
            self._best,
            self._bound,
            known=outcome.known,
            stop=outcome.stop,
            seconds=time.time() - self._teller.began,
            engine=f"decomposition, {_version()}",
        )

    def _keep(self, candidate: Candidate) -> None:
        if candidate and (self._best is None or candidate.value < self._best.value):
            self._best = candidate

    def _on_report(self, cost: float | None, bound: float | None) -> None:
        self._bound = bound
        self._tell("", cost)

    def _tell(self, note: str, cost: float | None = None) -> None:
        known = [] if self._best is None else [self._best.value]
        incumbent = min([*known, *([] if cost is None else [cost])], default=None)
        self._teller.tell(note, incumbent, self._bound)


def is_compiled() -> bool:
    """Whether the pricing was compiled for this Python before, as far as numba's caches tell."""
    beside = Path(__file__).parent / "decomposition" / "__pycache__"
    own = os.environ.get("NUMBA_CACHE_DIR")
    folders = [Path(own)] if own else [beside, Path.home() / ".cache" / "numba"]
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return any(any(folder.rglob(f"kernels.*.{python}*.nbi")) for folder in folders)


def _version() -> str:
    from gpualloc.engines.backends import make_backend

    return make_backend("highs").version()
