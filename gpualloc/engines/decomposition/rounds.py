"""Rounds of search: each kind of it gets its share of the effort."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal

from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.guide import Guide
from gpualloc.engines.decomposition.search import Kind, Search

Way = Kind | Literal["recreate"]

SHARES: dict[Way, float] = {"held": 0.34, "free": 0.16, "recreate": 0.16, "between": 0.34}
"""The kinds of neighborhoods, and ruin and recreate, with the parts of the effort that they get."""

REPAIRING: tuple[Way, ...] = ("free", "recreate", "between")
"""Those that mend broken rows."""

GUIDES = 8
"""Solutions of the relaxation that are kept."""


class Rounds:
    """Searches around an assignment, with no plan-wide bounds but those of the instance.

    A neighborhood with the plan-wide choices free may take ten times as long as one without, so
    shares are counted in effort, not in tries.

    Parameters
    ----------
    search : Search
    stop : callable
        Whether to end early.

    Attributes
    ----------
    guides : deque of Guide
        Solutions of the relaxation to look at, the latest first.
    """

    def __init__(self, search: Search, stop: Callable[[], bool]) -> None:
        self.search = search
        self.stop = stop
        self._spent: dict[Way, float] = dict.fromkeys(SHARES, 0.0)
        self.guides: deque[Guide] = deque(maxlen=GUIDES)
        coupling = search.pricer.coupling
        self._lower, self._upper = coupling.lower, coupling.upper

    def improve(self, best: Assignment, center: Center, effort: float) -> Assignment:
        """Search for some effort, with one try at least."""
        search = self.search
        until = search.effort + effort
        while not self.stop():
            way = self._next(SHARES if best.is_valid else REPAIRING)
            before = search.effort
            best = self._settled(self._try(way, best, center), best)
            self._spent[way] += search.effort - before
            if search.effort >= until:
                break
        return best

    def _next(self, ways: Iterable[Way]) -> Way:
        """The way to search that is most behind its share."""
        able = [way for way in ways if way != "between" or self.guides]
        return min(able, key=lambda way: self._spent[way] / SHARES[way])

    def _try(self, way: Way, best: Assignment, center: Center) -> Assignment:
        lower, upper = self._lower, self._upper
        if way == "between":
            return self.search.between(best, self.guides)
        if way == "recreate":
            return self.search.recreate(best, center, lower, upper)
        if way == "held":
            lower, upper = best.hold(lower, upper)
        return self.search.improve(best, center, lower, upper)

    def _settled(self, found: Assignment, best: Assignment) -> Assignment:
        """What was found with the best plan-wide columns, if that is better."""
        if found is best:
            return best
        if not found.is_valid:
            return best if best.is_valid else found
        better = self.search.resettle(found, self._lower, self._upper)
        return better if not best.is_valid or better.cost_usd < best.cost_usd else best
