"""Vicinities: which groups a neighborhood frees together."""

from __future__ import annotations

import numpy as np

from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.engines.decomposition.recreation import limits_of
from gpualloc.vectors import Floats

NEAR = 1e-7
"""What rounding may take of a row, in its sizes."""


class Vicinity:
    """Chooses groups that are worth moving together.

    Parameters
    ----------
    pricer : Pricer
    random : Generator
    """

    def __init__(self, pricer: Pricer, random: np.random.Generator) -> None:
        self.pricer = pricer
        self.random = random

    def choose(self, best: Assignment, center: Center, size: float) -> list[int]:
        """Groups around one that loses much, tied to it by what is scarce."""
        coupling = best.coupling
        regret = np.array(
            [
                max(0.0, column.reduced_cost(center.duals) - center.least[column.group])
                for column in best.columns
            ]
        )
        weight = regret + 0.02 * regret.sum() / len(regret) + 1e-9
        scarce = np.abs(center.duals * coupling.row_upper.clip(-1e12, 1e12))
        rows_weight = np.where(center.duals != 0, scarce, 0.0)
        if len(best.broken):
            rows_weight = rows_weight * 0
            rows_weight[best.broken] = 1.0
            touching = [np.isin(best.broken, column.rows).any() for column in best.columns]
            if any(touching):
                weight = np.where(touching, weight, weight * 1e-3)
        seed = int(self.random.choice(len(weight), p=weight / weight.sum()))
        near = self._affinity(best, seed, rows_weight) * self.random.uniform(0.2, 1, len(weight))
        near = near * (0.1 + weight / weight.max()) + 1e-6 * self.random.uniform(size=len(weight))
        near[seed] = np.inf
        count = min(len(weight), round(size))
        return sorted(np.argsort(-near, kind="stable")[:count].tolist())

    def _affinity(self, best: Assignment, seed: int, rows_weight: Floats) -> Floats:
        """How much each group shares scarce rows with one."""
        coupling = best.coupling
        own = np.zeros(coupling.rows)
        for column in (best.columns[seed],):
            own[column.rows] = rows_weight[column.rows]
        own = own + rows_weight * (self.random.random(coupling.rows) < 0.03)
        return np.array([float(own[column.rows].sum()) for column in best.columns]) / max(
            float(own.max()), 1e-12
        )

    def eject(
        self, best: Assignment, center: Center, size: float
    ) -> tuple[list[int], Column | None]:
        """A group on broken rows, and those in its way where it would rather be; and that place.

        Where it would be is priced at duals that are changed at random, so that it is not the same
        each time.
        """
        touching = [
            column.group for column in best.columns if np.isin(best.broken, column.rows).any()
        ]
        if not touching:
            return self.choose(best, center, size), None
        usd = np.array([abs(best.columns[group].cost) for group in touching]) + 1.0
        seed = int(self.random.choice(touching, p=usd / usd.sum()))
        elsewhere, full = self._look_elsewhere(best, center, seed)
        count = len(best.columns)
        near = np.array([float(full[column.rows].sum()) for column in best.columns])
        near = near * self.random.uniform(0.2, 1, count) + 1e-6 * self.random.uniform(size=count)
        near[seed] = np.inf
        return sorted(np.argsort(-near, kind="stable")[: round(size)].tolist()), elsewhere

    def _look_elsewhere(
        self, best: Assignment, center: Center, seed: int
    ) -> tuple[Column | None, Floats]:
        """Where a group would be if others made way, and (r,) where there is no room for it."""
        coupling = best.coupling
        full = np.zeros(coupling.rows)
        _, upper, slope = limits_of(self.pricer, best)
        duals = np.where(slope != 0, slope, center.duals) * self.random.uniform(0, 2, len(slope))
        declared = np.arange(coupling.rows) < coupling.declared
        duals = np.where(declared, duals, slope)
        column = self.pricer.place_within(seed, duals, np.where(declared, np.inf, upper))
        if column is None:
            return None, full
        own, taken = best.columns[seed], best.taken.copy()
        taken[own.rows] -= own.coefficients
        after = taken[column.rows] + column.coefficients
        over = after > upper[column.rows] + NEAR * coupling.sizes[column.rows]
        full[column.rows[over & declared[column.rows]]] = 1.0
        return column, full
