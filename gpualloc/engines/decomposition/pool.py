"""All columns found so far, with what they take of the coupling rows end to end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from gpualloc.engines.decomposition.columns import Column, Sketch
from gpualloc.vectors import Bools, Floats, Ints, sums_by


class Pool:
    """Columns in the order in which they were found.

    Attributes
    ----------
    group : (k,) int
    cost : (k,) float
        USD.
    starts : (k + 1,) int
        Column k has the entries from `starts[k]` to `starts[k + 1]`.
    rows, coefficients : (e,)
        The coupling row of each entry, and what the column takes of it.
    sketches : set of Sketch
        Of the placements that pricing has found.
    """

    def __init__(self) -> None:
        self._columns: list[Column] = []
        self.sketches: set[Sketch] = set()
        self._known: set[tuple[int, bytes, bytes]] = set()
        self.group = np.empty(0, dtype=np.int64)
        self.cost = np.empty(0)
        self.starts = np.zeros(1, dtype=np.int64)
        self.rows = np.empty(0, dtype=np.int64)
        self.coefficients = np.empty(0)

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, at: int) -> Column:
        return self._columns[at]

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns)

    def extend(self, columns: Iterable[Column]) -> int:
        """Append columns that are new; returns how many."""
        first = len(self)
        for column in columns:
            if column.key not in self._known:
                self._known.add(column.key)
                self._columns.append(column)
        new = self._columns[first:]
        if new:
            sizes = np.cumsum([len(column.rows) for column in new])
            self.group = np.append(self.group, [column.group for column in new])
            self.cost = np.append(self.cost, [column.cost for column in new])
            self.starts = np.append(self.starts, self.starts[-1] + sizes)
            self.rows = np.concatenate([self.rows, *(column.rows for column in new)])
            self.coefficients = np.concatenate(
                [self.coefficients, *(column.coefficients for column in new)]
            )
        return len(new)

    def column_of_entry(self, first: int = 0) -> Ints:
        """The column of each entry, from a column on."""
        return np.repeat(np.arange(first, len(self)), np.diff(self.starts[first:]))

    def reduced_costs(self, duals: Floats) -> Floats:
        """(k,) costs of the columns less what they take of the coupling rows, at its duals."""
        taken = np.bincount(self.column_of_entry(), duals[self.rows] * self.coefficients, len(self))
        reduced: Floats = self.cost - taken
        return reduced

    def activity(self, weights: Floats, rows: int) -> Floats:
        """(r,) what the columns at some weights take of each coupling row."""
        used = np.flatnonzero(weights)
        counts = np.diff(self.starts)[used]
        entry = np.repeat(self.starts[used] - np.cumsum(counts) + counts, counts)
        entry += np.arange(len(entry))
        values = np.repeat(weights[used], counts) * self.coefficients[entry]
        return sums_by(self.rows[entry], values, rows)

    def fits(self, room: Floats) -> Bools:
        """(k,) columns that take no more than some room of any coupling row.

        Parameters
        ----------
        room : (r,) float
        """
        over = self.coefficients > room[self.rows]
        counts = np.bincount(self.column_of_entry(), over, len(self))
        fitting: Bools = counts == 0
        return fitting
