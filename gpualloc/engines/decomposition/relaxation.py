"""The relaxation at the root: brought near its bound, with good placements of every group."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gpualloc.engines.decomposition.generation import Generation, prove_infeasible
from gpualloc.engines.decomposition.hard import HardPricing
from gpualloc.engines.decomposition.master import Relaxed

COARSE = 1e-2
"""Relative distance of bound and master for a first plan."""

ROUNDS = 500
PLACINGS, BETWEEN = 40, 3
"""Times that hard groups with poor placements are priced exactly, and rounds for all after each."""

CLOSE, POOR = 3e-3, 1e-3
"""Relative distance of bound and master that these are to bring about; and by how much pricing must
be below what is known of a group, relative to all costs: what it finds cannot be completed."""

MISSING = 1e-6


class Relaxation:
    """Solves the root's relaxation.

    Parameters
    ----------
    generation : Generation
    hard : HardPricing
    stop : callable
        Whether to end early.
    """

    def __init__(self, generation: Generation, hard: HardPricing, stop: Callable[[], bool]) -> None:
        self.generation = generation
        self.hard = hard
        self.stop = stop

    def solve(self) -> None:
        """Bring bound and master together; what hard groups lack for it is priced exactly."""
        generation = self.generation
        generation.converge(COARSE, np.inf, ROUNDS)
        for _ in range(PLACINGS):
            if self.stop():
                return
            relaxed = generation.solve_master()
            poor = [] if self._is_close(relaxed) else self._find_poor(relaxed)
            if not poor or not generation.master.add_columns(self.hard.place(poor, relaxed.duals)):
                return
            generation.converge(COARSE, np.inf, BETWEEN)

    def is_infeasible(self) -> bool:
        """Whether it proves that no plan is valid."""
        relaxed = self.generation.relaxed
        if relaxed is None or relaxed.missing <= MISSING:
            return False
        return prove_infeasible(self.generation, ROUNDS)

    def _is_close(self, relaxed: Relaxed) -> bool:
        bound_usd = self.generation.center.bound_usd
        distance_usd = relaxed.cost_usd - bound_usd
        return relaxed.missing <= MISSING and distance_usd <= CLOSE * abs(bound_usd)

    def _find_poor(self, relaxed: Relaxed) -> list[int]:
        """Hard groups without a placement, or with none near what pricing has for them."""
        generation = self.generation
        pricer, pool = generation.pricer, generation.master.pool
        lower, upper = generation.master.lower, generation.master.upper
        known = np.full(len(pricer), np.inf)
        np.minimum.at(known, pool.group, pool.reduced_costs(relaxed.duals))
        above = known - pricer.price(relaxed.duals, lower, upper).least
        poor = (relaxed.unplaced > MISSING) | (above > POOR * abs(relaxed.cost_usd))
        return [at for at in np.flatnonzero(poor).tolist() if not pricer.is_exact(at)]
