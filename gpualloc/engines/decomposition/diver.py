"""Dives, one after another: a plan is made within a node's bounds, and repaired."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np

from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.diving import Dive, Manner
from gpualloc.engines.decomposition.generation import Generation
from gpualloc.engines.decomposition.planwide import hold
from gpualloc.engines.decomposition.search import Search
from gpualloc.engines.decomposition.tree import Node
from gpualloc.vectors import Floats

MANNERS = (Manner(0, False), Manner(5, True), Manner(0, True))
"""How one dive after another is made."""

POLISHES = 4
"""Neighborhoods tried after a dive while there is a plan already."""

SOME, BURSTS = 8, 6
"""Neighborhoods that repair a dive, at least, and to one burst of ruin and recreate."""

PATIENCE = 1.0
"""How long a repair goes on after that, in the dive's effort."""


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
        Told what a dive ends with, valid or not, before it is repaired.
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

    def dive(self, node: Node, *, polishes: bool) -> Generator[None, None, Assignment | None]:
        """Make a plan within a node's bounds, and repair it, a piece at a time.

        Returns None if the dive was cut short. What it returns may break rows.

        Parameters
        ----------
        node : Node
        polishes : bool
            Whether a plan is made better before it is returned.
        """
        generation, began = self.generation, self._effort
        self.repair.pricer.shift_within = generation.pricer.shift_within
        manner = MANNERS[self._made % len(MANNERS)]
        self._made += 1
        generation.master.set_bounds(node.lower, node.upper)
        dived = yield from Dive(generation, self.stop, manner).run()
        if dived is None:
            return None
        ended = self.repair.settle(*dived, node.lower, node.upper)
        self.keep(ended)
        lower, upper = self._hold_weighty(dived[1], node)
        found = self.repair.settle(*dived, lower, upper)
        if ended.is_valid and found.cost_usd >= ended.cost_usd:
            found = ended
        self.keep(found)
        center, until = generation.center, self._effort + PATIENCE * (self._effort - began)
        tries = 0
        while not (found.is_valid or self.stop() or (tries >= SOME and self._effort > until)):
            yield
            if tries % BURSTS == 0:
                found = self.repair.recreate(found, center, lower, upper)
            found = self.repair.improve(found, center, lower, upper)
            tries += 1
        if found.is_valid and polishes:
            found = self.repair.recreate(found, center, self._lower, self._upper)
            for _ in range(POLISHES):
                yield
                found = self.repair.improve(found, center, self._lower, self._upper)
        return min(found, ended, key=self.repair.worth)

    def _hold_weighty(self, shared: Floats, node: Node) -> tuple[Floats, Floats]:
        """Bounds with the weighty plan-wide choices where a dive has them, but for little.

        A row that is broken by a single unit would make them change sides, at several percent of
        the cost; to move a placement is cheaper.
        """
        coupling = self.generation.pricer.coupling
        weighty = coupling.integer & (np.abs(coupling.cost) > self.unit_usd / 2)
        return hold(weighty, shared, node.lower, node.upper)
