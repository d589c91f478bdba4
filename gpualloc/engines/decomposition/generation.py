"""Column generation: the master's relaxation, and the bound that pricing proves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gpualloc.engines.decomposition.master import Master, Relaxed
from gpualloc.engines.decomposition.pricing import Priced, Pricer
from gpualloc.vectors import Floats

SMOOTHING = 0.6
"""How much of the duals with the best bound is kept in those that are priced next."""

ROWS_AT_ONCE = 1000

FAR = 0.02
"""Relative distance of bound and master above which only plan-wide rows are brought in: most of the
others, which tie groups to fees, counts and refusals, matter little before duals settle."""

STALL, SHRINKS = 6, 0.95
"""After so many rounds without new rows in which the distance of bound and master has not shrunk to
this part of itself, what is left is the looseness of pricing, and generation ends."""

NEAR = 1e-6


@dataclass(frozen=True, eq=False)
class Center:
    """Duals, and what pricing at them proves.

    Attributes
    ----------
    duals : (r,) float
    bound_usd : float
    least : (G,) float
        Least reduced cost of each group.
    """

    duals: Floats
    bound_usd: float
    least: Floats


class Generation:
    """Column generation within bounds on the plan-wide columns.

    Parameters
    ----------
    pricer : Pricer
    master : Master
    stop : callable
        Whether to end early.

    Attributes
    ----------
    center : Center
        The best bound within the present bounds.
    relaxed : Relaxed or None
        The last solution of the master.
    keeps_rows : bool
        Whether it keeps the rows outside the master too.
    """

    def __init__(self, pricer: Pricer, master: Master, stop: Callable[[], bool]) -> None:
        self.pricer = pricer
        self.master = master
        self.stop = stop
        self.keeps_rows = True
        self.relaxed: Relaxed | None = None
        self.center = self._price(np.zeros(pricer.coupling.rows))[0]

    @property
    def effort(self) -> float:
        """Estimated seconds that the master and pricing have taken."""
        return self.master.effort + self.pricer.effort

    def restart(self, lower: Floats, upper: Floats, duals: Floats) -> None:
        """Begin again within other bounds, from some duals."""
        self.master.set_bounds(lower, upper)
        self.center = self._price(duals)[0]

    def converge(self, tolerance: float, cutoff_usd: float, rounds: int) -> None:
        """Generate until bound and master agree, the bound passes the cutoff, or nothing is new.

        Parameters as of `converging`.
        """
        deque(self.converging(tolerance, cutoff_usd, rounds), 0)

    def converging(self, tolerance: float, cutoff_usd: float, rounds: int) -> Iterator[None]:
        """The same, a round at a time.

        Parameters
        ----------
        tolerance : float
            Relative distance of bound and master.
        cutoff_usd : float
        rounds : int
            At most so many.
        """
        least, since = np.inf, 0
        for at in range(rounds):
            added = self.step()
            bound = self.center.bound_usd
            assert self.relaxed is not None
            distance = self.relaxed.cost_usd - bound
            if distance < SHRINKS * least or not self.keeps_rows:
                least, since = distance, at
            near = distance <= tolerance * max(1.0, abs(bound)) or at - since >= STALL
            if (near and self.keeps_rows) or bound >= cutoff_usd or not added or self.stop():
                break
            yield

    def solve_master(self) -> Relaxed:
        """Solve the master, and bring in the rows that its solution breaks."""
        while True:
            relaxed = self.master.solve()
            rows = self.master.broken_rows(relaxed, ROWS_AT_ONCE)
            if not rows:
                self.relaxed = relaxed
                return relaxed
            self.master.add_rows(rows)

    def step(self) -> int:
        """Solve the master, price, add rows and columns; returns how many are new.

        Rows outside the master count as if they had no duals: the bound is valid all the same.
        """
        relaxed = self.relaxed = self.master.solve()
        rows = self.master.broken_rows(relaxed, ROWS_AT_ONCE)
        if relaxed.cost_usd - self.center.bound_usd > FAR * abs(relaxed.cost_usd):
            declared = self.pricer.coupling.declared
            rows = [row for row in rows if row < declared] or rows
        self.master.add_rows(rows)
        self.keeps_rows = not rows
        mixed = SMOOTHING * self.center.duals + (1 - SMOOTHING) * relaxed.duals
        for duals in (mixed, relaxed.duals):
            center, added = self._price(duals)
            if center.bound_usd > self.center.bound_usd:
                self.center = center
            if added:
                return added + len(rows)
        return len(rows)

    def _price(self, duals: Floats) -> tuple[Center, int]:
        """Price at some duals, and add what is found to the master."""
        priced = self.pricer.price(duals, self.master.lower, self.master.upper)
        return _center(duals, priced), self.add_found(range(len(self.pricer)), duals)

    def add_found(self, groups: Iterable[int], duals: Floats) -> int:
        """Add to the master what the last pricing found for some groups; returns how many."""
        known = self.master.pool.sketches
        return self.master.add_columns(self.pricer.columns(groups, duals, known))


def _center(duals: Floats, priced: Priced) -> Center:
    return Center(duals.copy(), priced.bound_usd, priced.least)


def prove_infeasible(generation: Generation, rounds: int) -> bool:
    """Whether no fractions of placements keep all rows: then no plan is valid.

    The master pays for broken rows alone, and pricing counts no costs. Every plan then costs
    nothing, so a bound above zero proves that there is none.
    """
    pricer, master = generation.pricer, generation.master
    groups = range(len(pricer))
    try:
        for _ in range(rounds):
            master.charge(costs=False)
            relaxed = generation.solve_master()
            if relaxed.missing <= NEAR or generation.stop():
                return False
            priced = pricer.price(relaxed.duals, master.lower, master.upper, costs=False)
            if priced.bound_usd > NEAR * float(np.abs(relaxed.duals).max()):
                return True
            if not generation.add_found(groups, relaxed.duals):
                return False
    finally:
        master.charge(costs=True)
    return False
