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
from gpualloc.engines.decomposition.planwide import find_broken, tension_of
from gpualloc.vectors import Floats, Ints

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
        broken = find_broken(self.coupling, relaxed.shared)
        most = max(cutoff_usd - relaxed.cost_usd, 0.0)
        reliable = self._times[broken] >= RELIABLE
        known, others = broken[reliable], broken[~reliable]
        scores = dict(zip(known.tolist(), self._known_scores(known, relaxed, most), strict=True))
        for at in self._tensest(others, relaxed)[:TRIED].tolist():
            scores[at] = float(_score(self._try(at, relaxed, most), relaxed.cost_usd))
        return max(scores, key=lambda at: scores[at], default=None)

    def is_up(self, at: int, relaxed: Relaxed) -> bool:
        """Whether the upper side of a choice looks cheaper, by what branching has cost so far."""
        down, up = self._known_gains(np.array([at]), relaxed)[:, 0]
        return bool(up < down)

    def _known_scores(self, columns: Ints, relaxed: Relaxed, most: float) -> Floats:
        """What the pseudo-costs of some choices make them worth."""
        return _score(np.minimum(self._known_gains(columns, relaxed), most), relaxed.cost_usd)

    def _known_gains(self, columns: Ints, relaxed: Relaxed) -> Floats:
        """What both sides of some choices that have been tried cost, by their pseudo-costs."""
        value = relaxed.shared[columns]
        part = value - np.floor(value)
        gains: Floats = self._unit_usd[:, columns] / self._times[columns]
        return gains * np.stack([part, 1 - part])

    def _tensest(self, columns: Ints, relaxed: Relaxed) -> Ints:
        """Choices by the tension on them, the most first."""
        value = relaxed.shared[columns]
        pull = tension_of(self.coupling, relaxed.duals)[columns] + LEAST_PULL_USD
        ranked: Ints = columns[np.argsort(-np.abs(value - np.rint(value)) * pull, kind="stable")]
        return ranked

    def _try(self, at: int, relaxed: Relaxed, most: float) -> Floats:
        """What both sides of a choice cost on the master."""
        lower, upper = self.master.lower, self.master.upper
        value = float(relaxed.shared[at])
        part = value - np.floor(value)
        gains = np.zeros(2)
        for side, share in ((0, part), (1, 1 - part)):
            below, above = lower.copy(), upper.copy()
            if side:
                below[at] = np.floor(value) + 1
            else:
                above[at] = np.floor(value)
            self.master.set_bounds(below, above)
            gains[side] = min(max(self.master.solve().cost_usd - relaxed.cost_usd, 0.0), most)
            self._unit_usd[side, at] += gains[side] / share
        self.master.set_bounds(lower, upper)
        self._times[at] += 1
        return gains


def _score(gains: Floats, cost_usd: float) -> Floats:
    """The product of what both sides of choices cost."""
    scores: Floats = np.maximum(gains, LEAST_GAIN * abs(cost_usd)).prod(axis=0)
    return scores
