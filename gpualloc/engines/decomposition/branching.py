r"""What to branch on: the plan-wide choice whose two sides both raise the relaxation most.

A choice that has been tried often is scored by what a unit of it cost down and up so far, its
*pseudo-costs*; the most promising others are tried on the master as it stands, which takes two
linear programs of a few milliseconds each. The score of gains d and u is their product, so that a
choice with one side that costs nothing is not preferred. Until it has been tried, a choice ranks by
the *tension* on it: with duals :math:`\pi` and value z,

.. math:: \min(z - \lfloor z \rfloor, \lceil z \rceil - z) \left(|c| + \sum_i |\pi_i a_i|\right)

what its rows and its own price pull at it, times how far it is from a whole number.
"""

from __future__ import annotations

import numpy as np

from gpualloc.engines.decomposition.master import Master, Relaxed
from gpualloc.engines.decomposition.planwide import tension_of
from gpualloc.vectors import Floats

WHOLE = 1e-5
TRIED, RELIABLE = 8, 4
"""Choices that are tried at a node, and times after which a choice is tried no more."""

LEAST_PULL_USD = 1e-6
LEAST_GAIN = 1e-8
"""Of the relaxation: gains below count as this."""


class Branching:
    """Chooses what to branch on, and remembers what branching cost.

    Parameters
    ----------
    master : Master
    """

    def __init__(self, master: Master) -> None:
        self.master = master
        self.coupling = master.coupling
        columns = self.coupling.columns
        self._times = np.zeros(columns, dtype=np.int64)
        self._unit_usd = np.zeros((2, columns))

    def choose(self, relaxed: Relaxed, cutoff_usd: float) -> int | None:
        """The plan-wide column to branch on; None if all are whole.

        Parameters
        ----------
        relaxed : Relaxed
            The master's solution within its present bounds.
        cutoff_usd : float
            Costs from which on a side counts as closed.
        """
        value = relaxed.shared
        away = np.abs(value - np.rint(value))
        away[~self.coupling.integer | (away <= WHOLE)] = 0.0
        open_ = np.flatnonzero(away)
        if not len(open_):
            return None
        most = max(cutoff_usd - relaxed.cost_usd, 0.0)
        reliable = self._times[open_] >= RELIABLE
        score = self._scores(open_, value, relaxed.cost_usd, most)
        best = int(open_[np.argmax(np.where(reliable, score, -1.0))])
        highest = float(score[reliable].max(initial=-1.0))
        tension = away[open_] * (tension_of(self.coupling, relaxed.duals)[open_] + LEAST_PULL_USD)
        untried = open_[np.argsort(-np.where(reliable, -1.0, tension), kind="stable")]
        for at in untried[: min(TRIED, int((~reliable).sum()))].tolist():
            found = self._try(at, relaxed, most)
            if found > highest:
                best, highest = at, found
        return best

    def _scores(self, columns: np.ndarray, value: Floats, cost_usd: float, most: float) -> Floats:
        part = value[columns] - np.floor(value[columns])
        gains = self._unit_usd[:, columns] / np.maximum(1, self._times[columns])
        gains = np.minimum(gains * np.stack([part, 1 - part]), most)
        scores: Floats = np.maximum(gains, LEAST_GAIN * abs(cost_usd)).prod(axis=0)
        return scores

    def _try(self, at: int, relaxed: Relaxed, most: float) -> float:
        """Solve the master on both sides of a choice; its score."""
        lower, upper = self.master.lower, self.master.upper
        value = float(relaxed.shared[at])
        part = value - np.floor(value)
        gains = []
        for side, share in ((0, part), (1, 1 - part)):
            below, above = lower.copy(), upper.copy()
            if side:
                below[at] = np.floor(value) + 1
            else:
                above[at] = np.floor(value)
            self.master.set_bounds(below, above)
            gain = min(max(self.master.solve().cost_usd - relaxed.cost_usd, 0.0), most)
            self._unit_usd[side, at] += gain / share
            gains.append(max(gain, LEAST_GAIN * abs(relaxed.cost_usd)))
        self.master.set_bounds(lower, upper)
        self._times[at] += 1
        return gains[0] * gains[1]
