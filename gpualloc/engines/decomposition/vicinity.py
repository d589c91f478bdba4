"""Vicinities: which groups a neighborhood frees together."""

from __future__ import annotations

import numpy as np

from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.engines.decomposition.recreation import NEAR, limits_of, rows_in_the_way
from gpualloc.vectors import Bools, Floats, Ints


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
        scarce = np.abs(center.duals * coupling.row_upper.clip(-1e12, 1e12))
        rows_weight = np.where(center.duals != 0, scarce, 0.0)
        weight = self._losses(best, center)
        if len(best.broken):
            rows_weight = rows_weight * 0
            rows_weight[best.broken] = 1.0
            touching = _touching(best)
            if touching.any():
                weight = np.where(touching, weight, weight * 1e-3)
        seed = int(self.random.choice(len(weight), p=weight / weight.sum()))
        near = self._affinity(best, seed, rows_weight) * self.random.uniform(0.2, 1, len(weight))
        near = near * (0.1 + weight / weight.max()) + 1e-6 * self.random.uniform(size=len(weight))
        return _nearest(near, seed, size)

    def _losses(self, best: Assignment, center: Center) -> Floats:
        """(G,) what each group loses against its best placement, and a little for all."""
        regret = np.array(
            [
                max(0.0, column.reduced_cost(center.duals) - center.least[column.group])
                for column in best.columns
            ]
        )
        losses: Floats = regret + 0.02 * regret.sum() / len(regret) + 1e-9
        return losses

    def _affinity(self, best: Assignment, seed: int, rows_weight: Floats) -> Floats:
        """How much each group shares scarce rows with one."""
        coupling = best.coupling
        own = np.zeros(coupling.rows)
        rows = best.columns[seed].rows
        own[rows] = rows_weight[rows]
        own = own + rows_weight * (self.random.random(coupling.rows) < 0.03)
        return _weights_of(best, own) / max(float(own.max()), 1e-12)

    def eject(
        self, best: Assignment, center: Center, size: float
    ) -> tuple[list[int], Column | None]:
        """A group, and those in its way where it would rather be; and that place.

        It is one on broken rows, else one that loses much. Where it would be is priced at duals
        that are changed at random, so that it is not the same each time.
        """
        if len(best.broken):
            touching = _touching(best)
            if not touching.any():
                return self.choose(best, center, size), None
            usd = np.array([abs(column.cost) for column in best.columns]) + 1.0
            weight = np.where(touching, usd, 0.0)
        else:
            weight = self._losses(best, center)
        seed = int(self.random.choice(len(weight), p=weight / weight.sum()))
        elsewhere, rows = self._look_elsewhere(best, center, seed)
        full = np.zeros(best.coupling.rows)
        full[rows] = 1.0
        count = len(best.columns)
        near = _weights_of(best, full)
        near = near * self.random.uniform(0.2, 1, count) + 1e-6 * self.random.uniform(size=count)
        return _nearest(near, seed, size), elsewhere

    def _look_elsewhere(
        self, best: Assignment, center: Center, seed: int
    ) -> tuple[Column | None, Ints]:
        """Where a group would be if others made way, and the rows in which these are in its way."""
        coupling = best.coupling
        _, upper, slope = limits_of(self.pricer, best)
        duals = np.where(slope != 0, slope, center.duals) * self.random.uniform(0, 2, len(slope))
        declared = np.arange(coupling.rows) < coupling.declared
        duals = np.where(declared, duals, slope)
        column = self.pricer.place_within(seed, duals, np.where(declared, np.inf, upper))
        if column is None:
            return None, np.empty(0, dtype=np.int64)
        own, near = best.columns[seed], NEAR * coupling.sizes
        return column, rows_in_the_way(column, own, best.taken, upper, near, coupling.declared)


def _weights_of(best: Assignment, rows_weight: Floats) -> Floats:
    """(G,) what the rows weigh in which each group has a part."""
    return np.array([float(rows_weight[column.rows].sum()) for column in best.columns])


def _touching(best: Assignment) -> Bools:
    """(G,) groups that have a part in broken rows."""
    return np.array([np.isin(best.broken, column.rows).any() for column in best.columns])


def _nearest(near: Floats, seed: int, size: float) -> list[int]:
    """A group and those that are nearest to it, as many as a size says."""
    near[seed] = np.inf
    return sorted(np.argsort(-near, kind="stable")[: round(size)].tolist())
