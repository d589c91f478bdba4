"""Dives, one after another: a plan is made within a node's bounds, and repaired."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np

from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.diving import Dive, Manner
from gpualloc.engines.decomposition.generation import Generation
from gpualloc.engines.decomposition.search import Search
from gpualloc.engines.decomposition.tree import Node

MANNERS = (Manner(0, False), Manner(5, True), Manner(0, True))
"""How one dive after another is made."""

POLISHES = 4
"""Neighborhoods tried after a dive while there is a plan already."""

FEW_BROKEN = 4
"""Broken rows up to which a repair tries ruin and recreate too."""

SOME, REPAIRS = 8, 30
PATIENCE = 2.0
"""Neighborhoods that repair a dive, at least and at most, and how long, in the dive's effort."""

WHOLE = 1e-6


class Diver:
    """Makes plans by dives.

    Parameters
    ----------
    generation : Generation
    repair : Search
    unit_usd : float
        A plan-wide choice that costs more than half of it is weighty.
    stop : callable
        Whether to end early.
    keep : callable
        Told what a dive ends with, before it is repaired.
    """

    def __init__(
        self,
        generation: Generation,
        repair: Search,
        unit_usd: float,
        stop: Callable[[], bool],
        keep: Callable[[Assignment], None],
    ) -> None:
        self.generation = generation
        self.repair = repair
        self.unit_usd = unit_usd
        self.stop = stop
        self.keep = keep
        self._made = 0
        coupling = generation.pricer.coupling
        self._lower, self._upper = coupling.lower, coupling.upper

    @property
    def _effort(self) -> float:
        return self.generation.effort + self.repair.effort

    def dive(
        self, node: Node, has_plan: Callable[[], bool]
    ) -> Generator[None, None, Assignment | None]:
        """Make a plan within a node's bounds, and repair it, a piece at a time.

        Returns None if the dive was cut short. What it returns may break rows.
        """
        generation, began = self.generation, self._effort
        manner = MANNERS[self._made % len(MANNERS)]
        self._made += 1
        generation.master.set_bounds(node.lower, node.upper)
        before = generation.solve_master().shared
        dived = yield from Dive(generation, self.stop, manner).run()
        if dived is None:
            return None
        whole, coupling = np.rint(before), generation.pricer.coupling
        sure = coupling.integer & (np.abs(before - whole) < WHOLE)
        sure &= coupling.cost > self.unit_usd / 2
        lower, upper = np.where(sure, whole, node.lower), np.where(sure, whole, node.upper)
        found = self.repair.settle(*dived, lower, upper)
        self.keep(found)
        center, until = generation.center, self._effort + PATIENCE * (self._effort - began)
        for tries in range(REPAIRS):
            if found.is_valid or self.stop() or (tries >= SOME and self._effort > until):
                break
            yield
            if len(found.broken) <= FEW_BROKEN:
                found = self.repair.recreate(found, center, self._lower, self._upper)
            found = self.repair.improve(found, center, lower, upper)
        if found.is_valid and has_plan():
            found = self.repair.recreate(found, center, self._lower, self._upper)
            for _ in range(POLISHES):
                yield
                found = self.repair.improve(found, center, self._lower, self._upper)
        return found
