"""Rounds of search: each kind of it gets its share of the effort."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.search import Search

Kind = Literal["held", "free", "recreate"]

SHARES: dict[Kind, float] = {"held": 0.5, "free": 0.25, "recreate": 0.25}
"""Neighborhoods with the plan-wide choices as they are, with these free, and ruin and recreate."""


class Rounds:
    """Searches around an assignment, with no plan-wide bounds but those of the instance.

    A neighborhood with the plan-wide choices free may take ten times as long as one without, so
    shares are counted in effort, not in tries.

    Parameters
    ----------
    search : Search
    stop : callable
        Whether to end early.
    """

    def __init__(self, search: Search, stop: Callable[[], bool]) -> None:
        self.search = search
        self.stop = stop
        self._spent: dict[Kind, float] = dict.fromkeys(SHARES, 0.0)
        coupling = search.pricer.coupling
        self._lower, self._upper = coupling.lower, coupling.upper

    def improve(self, best: Assignment, center: Center, effort: float) -> Assignment:
        """Search for some effort, with one try at least."""
        search = self.search
        until = search.effort + effort
        while not self.stop():
            kind = self._next() if best.is_valid else "free"
            before = search.effort
            best = self._settled(self._try(kind, best, center), best)
            self._spent[kind] += search.effort - before
            if search.effort >= until:
                break
        return best

    def _next(self) -> Kind:
        """The kind of search that is most behind its share."""
        return min(SHARES, key=lambda kind: self._spent[kind] / SHARES[kind])

    def _try(self, kind: Kind, best: Assignment, center: Center) -> Assignment:
        lower, upper = self._lower, self._upper
        if kind == "recreate":
            return self.search.recreate(best, center, lower, upper)
        if kind == "held":
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
