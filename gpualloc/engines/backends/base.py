"""What a solver is to the engines: a problem and settings in, an outcome out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event, Thread
from time import monotonic
from typing import Literal, Protocol

import numpy as np

from gpualloc.errors import InternalError
from gpualloc.formulation.problem import Problem
from gpualloc.layout import Layout
from gpualloc.vectors import Floats

Known = Literal["optimal", "feasible", "infeasible", "unknown"]
Stop = Literal["proof", "time", "interrupt"]

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Settings:
    """How a solver is to work.

    Attributes
    ----------
    time_limit : float or None
        Seconds; None for no limit.
    gap : float
        Stop when (incumbent - bound) / max(1, |incumbent|) is at most this.
    seed : int
    threads : int or None
        None leaves it to the solver.
    """

    time_limit: float | None = None
    gap: float = 1e-6
    seed: int = 0
    threads: int | None = None

    def less_since(self, began: float) -> Settings:
        """The same, with the time since `began` (`time.monotonic()`) off the limit."""
        if self.time_limit is None:
            return self
        return replace(self, time_limit=max(0.0, self.time_limit - (monotonic() - began)))


@dataclass(frozen=True)
class Outcome:
    """What a solver found and proved.

    Attributes
    ----------
    known : {"optimal", "feasible", "infeasible", "unknown"}
        `optimal` is within the gap asked for.
    values : (n,) float or None
        The best point; None while there is none.
    bound : float or None
        A lower bound on the cost of every point, as the solver proved it.
    stop : {"proof", "time", "interrupt"}
        Why it ended; `proof` includes the gap asked for.
    """

    known: Known
    values: Floats | None
    bound: float | None
    stop: Stop


class Listener:
    """What a running solver tells, and whether it should stop.

    Parameters
    ----------
    on_point : callable
        Called with (cost, values) of every better point, or (cost, layout) of every better plan.
    on_bound : callable
        Called with every better bound.
    """

    def __init__(
        self,
        on_point: Callable[[float, Floats | Layout], None] | None = None,
        on_bound: Callable[[float], None] | None = None,
    ) -> None:
        self.stop = Event()
        self._on_point = on_point
        self._on_bound = on_bound
        self._best = np.inf
        self._bound = -np.inf

    def hushed(self) -> Listener:
        """A listener for a side task: it tells nobody, and stops when this one is told to."""
        quiet = Listener()
        quiet.stop = self.stop
        return quiet

    def point(self, cost: float, found: Floats | Layout) -> None:
        """A point, or a layout, was found; told on only if it is better than the last."""
        if cost < self._best:
            self._best = cost
            if self._on_point is not None:
                kept = found if isinstance(found, Layout) else np.array(found, dtype=float)
                self._on_point(cost, kept)

    def bound(self, bound: float) -> None:
        """A bound was proved; told on only if it is better than the last."""
        if np.isfinite(bound) and bound > self._bound:
            self._bound = bound
            if self._on_bound is not None:
                self._on_bound(float(bound))


class Backend(Protocol):
    """A solver family."""

    def solve(
        self, problem: Problem, settings: Settings, hint: Floats | None, listener: Listener
    ) -> Outcome:
        """Minimize a problem.

        Parameters
        ----------
        hint : (n,) float or None
            A feasible point to start from.
        """
        ...

    def version(self) -> str:
        """Name and version, as results show it."""
        ...


def require_sound(problem: Problem) -> None:
    """Refuse a problem that solvers would take without a word and misread.

    Raises
    ------
    InternalError
        A figure is not a number or infinite where it may not be, or limits contradict each other.
    """
    finite = (problem.lower, problem.upper, problem.cost, problem.matrix.values)
    sound = (
        all(np.isfinite(figures).all() for figures in finite)
        and (problem.lower <= problem.upper).all()
        and (problem.row_lower <= problem.row_upper).all()
        and (problem.row_lower < np.inf).all()
        and (problem.row_upper > -np.inf).all()
    )
    if not sound:
        raise InternalError("the program has a figure that is no number, or limits that cross")


@contextmanager
def passing_on_stop(listener: Listener, stop_solver: Callable[[], None]) -> Iterator[None]:
    """While the solver runs inside, call `stop_solver` as soon as the listener says stop."""
    done = Event()

    def watch() -> None:
        while not done.is_set():
            if listener.stop.wait(POLL_SECONDS):
                stop_solver()
                return

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def stop_of(listener: Listener) -> Stop:
    """Why a solver ended that did not prove anything."""
    return "interrupt" if listener.stop.is_set() else "time"
