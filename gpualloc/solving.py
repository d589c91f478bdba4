"""The door to the engines: `solve`."""

from __future__ import annotations

import math
from collections.abc import Callable

from gpualloc.engines.backends import Settings
from gpualloc.engines.exact import ExactEngine
from gpualloc.errors import UsageError
from gpualloc.instance.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.progress import Progress

ENGINES = ("auto", "exact")


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
    engine : {"auto", "exact"}
        How to solve; `auto` picks by the instance.
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
    _check_arguments(engine, time_limit, gap, seed, threads)
    if warm_start is not None and not warm_start.has_plan:
        raise UsageError(f"the warm start holds no plan: its status is {warm_start.status}")
    exact = ExactEngine(
        instance,
        Settings(time_limit, gap, seed, threads),
        solver=solver,
        on_progress=on_progress,
        isolate=isolate,
    )
    return exact.solve(None if warm_start is None else warm_start.layout)


def _check_arguments(
    engine: str, time_limit: float | None, gap: float, seed: int, threads: int | None
) -> None:
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
