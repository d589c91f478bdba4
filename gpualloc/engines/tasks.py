"""What a worker does for an engine: complete a start, solve, and polish."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from gpualloc.engines.backends import Listener, Outcome, Settings, make_backend
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats

COMPLETION_SECONDS = 20.0
POLISH_SECONDS = 60.0


@dataclass(frozen=True)
class Task:
    """One solve.

    Attributes
    ----------
    solver : str or None
        Name of the solver.
    problem : Problem
    settings : Settings
        Its time limit is taken from `deadline`.
    deadline : float or None
        Wall-clock time (`time.time()`) at which to stop.
    start : (n,) float or None
        A point to start from, NaN where it is not known.
    polish : bool
        Solve again for the continuous columns alone at the end, so that they carry no rounding of
        the integers.
    """

    solver: str | None
    problem: Problem
    settings: Settings
    deadline: float | None = None
    start: Floats | None = None
    polish: bool = False


def execute(task: Task, listener: Listener) -> Outcome:
    """Carry out a task in this process."""
    hint = None if task.start is None else complete(task, listener)
    backend = make_backend(task.solver)
    left = None if task.deadline is None else max(0.0, task.deadline - time.time())
    settings = replace(task.settings, time_limit=left)
    outcome = backend.solve(task.problem, settings, hint, listener)
    if task.polish and outcome.values is not None:
        return replace(outcome, values=polish(task, outcome.values))
    return outcome


def complete(task: Task, listener: Listener) -> Floats | None:
    """Find the cheapest point that has all known values of the start; None if there is none."""
    problem, start = task.problem, task.start
    assert start is not None
    known = ~np.isnan(start)
    if (start[known] > problem.upper[known]).any() or (start[known] < problem.lower[known]).any():
        return None
    lower, upper = np.where(known, start, problem.lower), np.where(known, start, problem.upper)
    settings = replace(task.settings, time_limit=COMPLETION_SECONDS, gap=0.0)
    found = make_backend("highs").solve(
        problem.with_bounds(lower, upper), settings, None, Listener()
    )
    if found.values is not None:
        listener.point(float(problem.cost @ found.values), found.values)
    return found.values


def polish(task: Task, values: Floats) -> Floats:
    """Fix the integer columns at whole numbers and solve for the continuous ones."""
    problem = task.problem
    whole = np.rint(values)
    lower = np.where(problem.integer, whole, problem.lower)
    upper = np.where(problem.integer, whole, problem.upper)
    relaxed = replace(
        problem.with_bounds(lower, upper), integer=np.zeros(problem.columns, dtype=bool)
    )
    settings = replace(task.settings, time_limit=POLISH_SECONDS)
    found = make_backend("highs").solve(relaxed, settings, None, Listener())
    return values if found.values is None else found.values
