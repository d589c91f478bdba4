"""The door to the engines: `solve`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gpualloc.engines.backends import Settings
from gpualloc.engines.decomposed import DecompositionEngine
from gpualloc.engines.exact import ExactEngine
from gpualloc.errors import UsageError
from gpualloc.formulation.size import estimate_columns
from gpualloc.instance.arrays import build_arrays
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.plan import OPTIMAL_GAP, Plan, relative_gap
from gpualloc.progress import Progress

ENGINES = ("auto", "exact", "decomposition")

SMALL = 4_000
"""Programs with fewer columns are handed to a solver whole, by default."""

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
        size. `auto` picks by size: exact for small ones, decomposition for others; where that has
        not reached the gap and no limit stopped it, the exact engine tries to finish the proof.
    solver : str or None
        ``highs`` (the default), ``cbc``, ``scip``, ``cp-sat``, or ``pulp:NAME`` for any solver
        that PuLP sees.
    time_limit : float or None
        Seconds; None for no limit.
    gap : float
        Stop when (objective - bound) / max(1, |objective|) is at most this.
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
    way = _Way(instance, settings, solver, on_progress, isolate)
    return way.pick(start) if engine == "auto" else way.solve(engine, start)


@dataclass(frozen=True)
class _Way:
    """The arguments of a solve, for either engine."""

    instance: Instance
    settings: Settings
    solver: str | None
    on_progress: Callable[[Progress], None] | None
    isolate: bool

    def solve(self, engine: str, start: Layout | None) -> Plan:
        """Solve with one engine."""
        if engine == "exact":
            return ExactEngine(
                self.instance,
                self.settings,
                solver=self.solver,
                on_progress=self.on_progress,
                isolate=self.isolate,
            ).solve(start)
        if self.solver not in (None, "highs"):
            raise UsageError(f"the decomposition engine works with highs, not {self.solver}")
        return DecompositionEngine(
            self.instance, self.settings, on_progress=self.on_progress, isolate=self.isolate
        ).solve(start)

    def pick(self, start: Layout | None) -> Plan:
        """Solve with the engine that suits the size, or with one after the other."""
        columns = estimate_columns(build_arrays(self.instance))
        if self.solver is not None or columns < SMALL:
            return self.solve("exact", start)
        began = time.time()
        first = self.solve("decomposition", start)
        limit = self.settings.time_limit
        left = None if limit is None else limit - (time.time() - began)
        ended = first.stopped_by in ("proof", "gap", "interrupt") or not first.has_plan
        if ended or columns > MEDIUM or (left is not None and left < LEAST_SECONDS):
            return first
        rest = replace(self, settings=replace(self.settings, time_limit=left))
        return _join(first, rest.solve("exact", first.layout))


def _join(first: Plan, second: Plan) -> Plan:
    """The second plan, which began with the first, with the better of the bounds."""
    assert second.objective_usd is not None
    bounds = [plan.bound_usd for plan in (first, second) if plan.bound_usd is not None]
    bound = min(second.objective_usd, max(bounds, default=-math.inf))
    gap = relative_gap(second.objective_usd, bound if bounds else None)
    proved = gap is not None and gap <= OPTIMAL_GAP
    return replace(
        second,
        bound_usd=bound if bounds else None,
        status="optimal" if proved else "feasible",
        stopped_by="proof" if proved else second.stopped_by,
        seconds=first.seconds + second.seconds,
        engine=f"{first.engine}, then {second.engine}",
    )


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
