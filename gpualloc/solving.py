"""The door to the engines: `solve`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gpualloc.engines.backends import Settings
from gpualloc.engines.decomposed import DecompositionEngine
from gpualloc.engines.exact import ExactEngine
from gpualloc.engines.finding import Finding, make_finding
from gpualloc.engines.handing import hand_out
from gpualloc.errors import UsageError
from gpualloc.formulation.amendment import UNAMENDED, Amendment
from gpualloc.formulation.size import estimate_columns
from gpualloc.instance.arrays import build_arrays
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.plan import OPTIMAL_GAP, Plan, relative_gap
from gpualloc.progress import Progress

ENGINES = ("auto", "exact", "decomposition")

TINY, SMALL = 2_000, 4_000
"""Programs with fewer columns are handed to a solver whole and at once, by default: with a time
limit, and without."""

SHARED = 8_000
"""With fewer columns a time limit is shared: some of it for the decomposition, the rest for a
solver."""

SHARE = 0.15

MEDIUM = 100_000
"""Programs with fewer columns may be handed to a solver whole to finish a proof."""

LEAST_SECONDS = 5.0
"""With less time left nothing else is begun."""


def solve(
    instance: Instance,
    *,
    engine: str = "auto",
    solver: str | None = None,
    time_limit: float | None = None,
    gap: float = 1e-6,
    seed: int = 0,
    threads: int | None = None,
    warm_start: Plan | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    isolate: bool = True,
) -> Plan:
    """Find the cheapest plan of an instance, and a proof of how cheap a plan can be.

    The plan has been accepted by the checker, and its objective is the checker's. Ctrl-C ends the
    solve with the best plan so far.

    Parameters
    ----------
    instance : Instance
    engine : {"auto", "exact", "decomposition"}
        How to solve. `exact` hands the whole program to a solver, `decomposition` works on any
        size. `auto` picks by size: exact for the smallest ones; both within a time limit, one after
        the other, for small ones; decomposition for others, and where that has not reached the gap
        and no limit stopped it, the exact engine tries to finish the proof. Of two engines the
        second starts from the plan of the first, and the better bound counts.
    solver : str or None
        ``highs`` (the default), ``cbc``, ``scip``, ``cp-sat``, or ``pulp:NAME`` for any solver
        that PuLP sees.
    time_limit : float or None
        Seconds; None for no limit.
    gap : float
        Stop when ``(objective - bound) / max(1, |objective|)`` is at most this.
    seed : int
        Seed of all random choices.
    threads : int or None
        Processor threads; None leaves it to the solver.
    warm_start : Plan or None
        An earlier plan to start from, of this instance or one like it.
    on_progress : callable or None
        Called with a `Progress` whenever plan or bound improve.
    isolate : bool
        Run the solver in a process of its own, which can be stopped at any moment (0.4 s more).
        Without it a solver that does not listen cannot be interrupted.

    Returns
    -------
    Plan
        With status ``optimal``, ``feasible``, ``infeasible`` or ``unknown``.

    Raises
    ------
    UsageError
        An argument is not possible.
    SolverError
        The solver failed, or its version is known to be wrong.
    """
    check_arguments(engine, time_limit, gap, seed, threads)
    if warm_start is not None and not warm_start.has_plan:
        raise UsageError(f"the warm start holds no plan: its status is {warm_start.status}")
    settings = Settings(time_limit, gap, seed, threads)
    start = None if warm_start is None else warm_start.layout
    way = Way(instance, settings, solver=solver, on_progress=on_progress, isolate=isolate)
    return hand_out(instance, way.find(engine, start), seed)


@dataclass(frozen=True)
class Way:
    """The arguments of a solve, for any engine.

    Attributes
    ----------
    amendment : Amendment
        What is asked of the plan beyond the instance's rules.
    """

    instance: Instance
    settings: Settings
    amendment: Amendment = UNAMENDED
    solver: str | None = None
    on_progress: Callable[[Progress], None] | None = None
    isolate: bool = True

    def find(self, engine: str, start: Layout | None) -> Finding:
        """Solve with an engine, or with what suits the size."""
        if engine == "auto":
            return self._pick(start)
        if engine == "exact":
            return ExactEngine(
                self.instance,
                self.settings,
                amendment=self.amendment,
                solver=self.solver,
                on_progress=self.on_progress,
                isolate=self.isolate,
            ).find(start)
        if self.solver not in (None, "highs"):
            raise UsageError(f"the decomposition engine works with highs, not {self.solver}")
        return DecompositionEngine(
            self.instance,
            self.settings,
            amendment=self.amendment,
            on_progress=self.on_progress,
            isolate=self.isolate,
        ).find(start)

    def _pick(self, start: Layout | None) -> Finding:
        """Solve with the engine that suits the size, or with one after the other."""
        if self.solver is not None:
            return self.find("exact", start)
        limit, columns = self.settings.time_limit, estimate_columns(build_arrays(self.instance))
        if columns < (SMALL if limit is None else TINY):
            return self.find("exact", start)
        began = time.time()
        share = SHARE * limit if limit is not None and columns < SHARED else None
        way = self if share is None else self._within(share)
        first = way.find("decomposition", start)
        left = None if limit is None else limit - (time.time() - began)
        is_done = first.stop != "time" or (first.gap is not None and first.gap <= OPTIMAL_GAP)
        is_lost = columns > MEDIUM or (first.candidate is None and share is None)
        if is_done or is_lost or (left is not None and left < LEAST_SECONDS):
            return first
        rest = replace(self._within(left), on_progress=_after(first, self.on_progress))
        known = start if first.candidate is None else first.candidate.layouts[0]
        return _join(first, rest.find("exact", known))

    def _within(self, limit: float | None) -> Way:
        return replace(self, settings=replace(self.settings, time_limit=limit))


def _after(
    first: Finding, tell: Callable[[Progress], None] | None
) -> Callable[[Progress], None] | None:
    """Tell of a second solve as of one that goes on after the first."""
    if tell is None:
        return None

    def told(step: Progress) -> None:
        plans = [usd for usd in (first.value, step.incumbent_usd) if usd is not None]
        bounds = [usd for usd in (first.bound, step.bound_usd) if usd is not None]
        plan, bound = min(plans, default=None), max(bounds, default=None)
        seconds = first.seconds + step.seconds
        tell(Progress(seconds, plan, bound, relative_gap(plan, bound), step.note))

    return told


def _join(first: Finding, second: Finding) -> Finding:
    """The second finding, which began with the first, with the better of the bounds."""
    bounds = [found.bound for found in (first, second) if found.bound is not None]
    return make_finding(
        second.candidate,
        max(bounds, default=None),
        known=second.known,
        stop=second.stop,
        seconds=first.seconds + second.seconds,
        engine=f"{first.engine}, then {second.engine}",
    )


def is_small(instance: Instance) -> bool:
    """Whether a solver takes the whole program of an instance, by default."""
    return estimate_columns(build_arrays(instance)) < SMALL


def check_arguments(
    engine: str, time_limit: float | None, gap: float, seed: int, threads: int | None
) -> None:
    """Refuse settings that are not possible with a `UsageError`."""
    if engine not in ENGINES:
        raise UsageError(f'"{engine}" is not an engine ({", ".join(ENGINES)})')
    if time_limit is not None and not 0 < time_limit < math.inf:
        raise UsageError(f"time_limit: {time_limit} is not a positive number of seconds")
    if not 0 <= gap <= 1:
        raise UsageError(f"gap: {gap} is not a fraction from 0 to 1")
    if not 0 <= seed < 2**31:
        raise UsageError(f"seed: {seed} is not a whole number from 0 to 2147483647")
    if threads is not None and threads < 1:
        raise UsageError(f"threads: {threads} is not a positive number")
