"""The ways of every job, of all groups end to end: its options, and to leave it out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpualloc.engines.decomposition.shape import MISSING, Shape
from gpualloc.vectors import Floats, Ints, sums_by


class Ways:
    """What each way of each job costs at the reduced costs of the moment.

    Parameters
    ----------
    groups : sequence of (int, Shape)
        Each group with the position of its first column.
    """

    def __init__(self, groups: Sequence[tuple[int, Shape]]) -> None:
        columns, names, blocks = [], [], []
        self._first_job, self._first_way, self._first_block = [0], [0], [0]
        for first, shape in groups:
            first_job = self._first_job[-1]
            for on, unserved in zip(shape.on, shape.unserved, strict=True):
                ways = [*enumerate(on.tolist())]
                if unserved != MISSING:
                    ways.append((MISSING, unserved))
                names.extend([name for name, _ in ways])
                columns.extend([first + column for _, column in ways])
                self._first_way.append(len(columns))
            for block in shape.blocks:
                blocks.append(self._first_way[first_job + block.job] + block.option)
            self._first_job.append(first_job + len(shape.on))
            self._first_block.append(len(blocks))
        self._column: Ints = np.array(columns, dtype=np.int64)
        self._way_of_block: Ints = np.array(blocks, dtype=np.int64)
        self._names = names
        self._group_of_job: Ints = np.repeat(np.arange(len(groups)), np.diff(self._first_job))

    def least(self, reduced: Floats, blocks: Floats) -> Floats:
        """(G,) least reduced cost of each group's jobs, each at its best way.

        Parameters
        ----------
        reduced : (N,) float
            Of all groups' columns.
        blocks : (B,) float
            Least reduced cost of every block.
        """
        usd = self._usd(0, len(self._first_block) - 1, reduced, blocks)
        best = np.minimum.reduceat(usd, self._first_way[:-1]) if len(usd) else usd
        return sums_by(self._group_of_job, best, len(self._first_block) - 1)

    def ranked(self, group: int, reduced: Floats, blocks: Floats) -> list[list[int]]:
        """For each job of a group, its possible ways from the best on; `MISSING` leaves it out."""
        usd = self._usd(group, group + 1, reduced, blocks).tolist()
        first, last = self._first_job[group], self._first_job[group + 1]
        start = self._first_way[first]
        ranked = []
        for job in range(first, last):
            ways = range(self._first_way[job], self._first_way[job + 1])
            possible = [(usd[way - start], self._names[way]) for way in ways]
            ranked.append([name for cost, name in sorted(possible) if cost < np.inf])
        return ranked

    def _usd(self, first: int, last: int, reduced: Floats, blocks: Floats) -> Floats:
        """Reduced cost of each way of the groups from one to before another."""
        start, end = (self._first_way[self._first_job[group]] for group in (first, last))
        own = slice(self._first_block[first], self._first_block[last])
        usd = reduced[self._column[start:end]]
        np.add.at(usd, self._way_of_block[own] - start, blocks[own])
        return usd
