"""Solutions of the relaxation, as guides to where else groups may stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.master import Relaxed
from gpualloc.engines.decomposition.pool import Pool
from gpualloc.vectors import Bools, Floats

LEAST_WEIGHT = 1e-4
SAME = 1e-3
"""A plan-wide choice of which the relaxation has this much else is the same there."""

SURE = 0.99
"""Weight of a placement from which on the relaxation counts as placing a group there alone."""


@dataclass(frozen=True, eq=False)
class Guide:
    """What a solution of the relaxation uses.

    Attributes
    ----------
    columns : tuple of tuple of Column
        For each group, the placements that it uses.
    weights : tuple of tuple of float
        How much of each.
    shared : (c,) float
        The plan-wide columns.
    """

    columns: tuple[tuple[Column, ...], ...]
    weights: tuple[tuple[float, ...], ...]
    shared: Floats

    def elsewhere(self, columns: Sequence[Column]) -> list[int]:
        """Groups that it does not place as some columns do."""
        return [
            column.group
            for column, own, weights in zip(columns, self.columns, self.weights, strict=True)
            if sum(w for each, w in zip(own, weights, strict=True) if each.key == column.key) < SURE
        ]

    def agrees(self, shared: Floats) -> Bools:
        """(c,) plan-wide columns that are the same, but for little, in an assignment."""
        same: Bools = np.abs(self.shared - shared) < SAME
        return same


def take_enough(
    guides: Iterable[Guide], columns: Sequence[Column], enough: int
) -> tuple[list[Guide], list[int]]:
    """The first guides, as many as place enough groups elsewhere than some columns; and these.

    Where one alone leaves few groups to free, and what lies between has been searched, others tell
    of more.
    """
    taken: list[Guide] = []
    groups: set[int] = set()
    for guide in guides:
        taken.append(guide)
        groups.update(guide.elsewhere(columns))
        if len(groups) >= enough:
            break
    return taken, sorted(groups)


def guide_by(pool: Pool, relaxed: Relaxed, groups: int) -> Guide:
    """The guide of a solution of the master over a pool."""
    columns: list[list[Column]] = [[] for _ in range(groups)]
    weights: list[list[float]] = [[] for _ in range(groups)]
    for at in np.flatnonzero(relaxed.weights > LEAST_WEIGHT).tolist():
        columns[pool.group[at]].append(pool[at])
        weights[pool.group[at]].append(float(relaxed.weights[at]))
    return Guide(tuple(map(tuple, columns)), tuple(map(tuple, weights)), relaxed.shared)
