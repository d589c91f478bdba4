"""The search in a thread of its own, beside the branching.

It is given slices of effort, and what the branching knows at the time. What a slice finds is taken
up when `LAG` more have been given. So neither waits for the other while they are no further apart,
and still the outcome does not depend on which is faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.guide import Guide
from gpualloc.engines.decomposition.multipliers import Shift
from gpualloc.engines.decomposition.rounds import Rounds

LAG = 4
"""Slices that may be under way."""

REMEMBERED = 3 * LAG


@dataclass(frozen=True, eq=False)
class Slice:
    """What the search is given.

    Attributes
    ----------
    start : Assignment
        The best plan, or what comes nearest to one.
    center : Center
    guide : Guide or None
        Another solution of the relaxation.
    shift : Shift
        Of placements in a given room.
    effort : float
    """

    start: Assignment
    center: Center
    guide: Guide | None
    shift: Shift
    effort: float


@dataclass(frozen=True, eq=False)
class Found:
    """What came of a slice, and in how many tries."""

    assignment: Assignment
    tries: int


class Background:
    """Searches in another thread; used as a context, whose end waits for what has begun.

    Parameters
    ----------
    rounds : Rounds
    """

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self._helper = ThreadPoolExecutor(1)
        self._running: deque[Future[Found]] = deque()
        self._owed = 0.0
        self._line: deque[Assignment] = deque(maxlen=REMEMBERED)

    def __enter__(self) -> Background:
        return self

    def __exit__(self, *error: object) -> None:
        self._helper.shutdown(cancel_futures=True)

    def submit(self, given: Slice) -> None:
        """Give the search more to do."""
        self._running.append(self._helper.submit(self._search, given))

    def collect(self, lag: int) -> Iterator[Found]:
        """What all slices but the last ones have found."""
        while len(self._running) > lag:
            yield self._running.popleft().result()

    def _search(self, given: Slice) -> Found:
        rounds, search = self._rounds, self._rounds.search
        if given.guide is not None:
            rounds.guides.appendleft(given.guide)
        search.pricer.shift_within = given.shift
        found = self._go_on(given.start)
        tries, before = search.tries, search.effort
        self._owed += given.effort
        if self._owed > 0:
            found = rounds.improve(found, given.center, self._owed)
        self._owed -= search.effort - before
        self._line.append(found)
        return Found(found, search.tries - tries)

    def _go_on(self, start: Assignment) -> Assignment:
        """Where the search got to from a start; the start itself if that is news, and better."""
        if self._line:
            last = self._line[-1]
            is_old = any(start is each for each in self._line)
            if is_old or (last.is_valid and not _is_better(start, last)):
                return last
        self._line.clear()
        self._line.append(start)
        return start


def _is_better(one: Assignment, other: Assignment) -> bool:
    """Whether an assignment is a better plan than another."""
    return one.is_valid and one.cost_usd < other.cost_usd
