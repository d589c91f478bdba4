"""What a worker does for an engine: complete a start, solve, and polish."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gpualloc.engines.backends import Listener, Outcome, Settings, make_backend
from gpualloc.engines.backends.base import require_sound
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats

COMPLETION_SECONDS = 20.0
POLISH_SECONDS = 60.0

NEAR_GAP = 0.1
"""A point near the start need not be the nearest."""


class Work(Protocol):
    """What a worker can be given: it carries itself out, and ends at a wall-clock time."""

    @property
    def deadline(self) -> float | None:
        """When to stop, as `time.time()` counts."""

    def execute(self, listener: Listener) -> Outcome:
        """Carry it out in this process."""


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

    def execute(self, listener: Listener) -> Outcome:
        """Carry it out in this process."""
        return execute(self, listener)


def execute(task: Task, listener: Listener) -> Outcome:
    """Carry out a task in this process."""
    require_sound(task.problem)
    hint = None if task.start is None else find_hint(task, listener)
    settings = replace(task.settings, time_limit=_left(task))
    outcome = make_backend(task.solver).solve(task.problem, settings, hint, listener)
    if not task.polish or outcome.values is None:
        return outcome
    listener.point(float(task.problem.cost @ outcome.values), outcome.values)
    if outcome.bound is not None:
        listener.bound(outcome.bound)
    return replace(outcome, values=polish(task, outcome.values))


def _left(task: Task, most: float | None = None) -> float | None:
    """Seconds to the deadline, at most `most`; None where nothing limits them."""
    if task.deadline is None:
        return most
    left = max(0.0, task.deadline - time.time())
    return left if most is None else min(left, most)


def find_hint(task: Task, listener: Listener) -> Floats | None:
    """Make a point of the start: its completion, or that of a point near it if it has none."""
    assert task.start is not None
    quiet = listener.hushed()
    found = complete(task, task.start, quiet)
    if found is None:
        near = approach(task, quiet)
        found = None if near is None else complete(task, near, quiet)
    if found is not None:
        listener.point(float(task.problem.cost @ found), found)
    return found


def complete(task: Task, start: Floats, listener: Listener) -> Floats | None:
    """Find the cheapest point that has all known values of the start; None if there is none."""
    problem = task.problem
    known = ~np.isnan(start)
    if (start[known] > problem.upper[known]).any() or (start[known] < problem.lower[known]).any():
        return None
    lower, upper = np.where(known, start, problem.lower), np.where(known, start, problem.upper)
    settings = replace(task.settings, time_limit=_left(task, COMPLETION_SECONDS), gap=0.0)
    fixed = problem.with_bounds(lower, upper)
    return make_backend("highs").solve(fixed, settings, None, listener).values


def approach(task: Task, listener: Listener) -> Floats | None:
    """Find a point near the start: whole values that stand at a bound there stay if they can.

    Returns the values of the whole columns, and NaN for the others.
    """
    problem, start = task.problem, task.start
    assert start is not None
    away = (start <= problem.lower).astype(float) - (start >= problem.upper)
    distance = np.where(problem.integer & (problem.lower < problem.upper), away, 0.0)
    settings = replace(task.settings, time_limit=_left(task, COMPLETION_SECONDS), gap=NEAR_GAP)
    found = make_backend("highs").solve(replace(problem, cost=distance), settings, None, listener)
    if found.values is None:
        return None
    return np.where(problem.integer, np.rint(found.values), np.nan)


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
