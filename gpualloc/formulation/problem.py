"""What a solver eats: a mixed-integer linear program as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gpualloc.vectors import Bools, Floats, Ints, sums_by

LEAST_SCALED = 1e-6
"""No coefficient is scaled below this."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """A sparse matrix by rows: row i has `values[starts[i]:starts[i+1]]` in `columns[...]`."""

    starts: Ints
    columns: Ints
    values: Floats

    @property
    def row_of_entry(self) -> Ints:
        """The row of each entry."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def dot(self, x: Floats) -> Floats:
        """Row activities at the point `x`."""
        products = self.values * x[self.columns]
        return sums_by(self.row_of_entry, products, len(self.starts) - 1)


def build_matrix(row: Ints, column: Ints, value: Floats, rows: int, columns: int) -> Matrix:
    """Sort coefficients by row and column, and add up those of the same place."""
    key = row * max(columns, 1) + column
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    summed = np.add.reduceat(value, first) if len(value) else value
    keys = key[first]
    starts = np.searchsorted(keys, np.arange(rows + 1) * max(columns, 1))
    return Matrix(starts, keys % max(columns, 1), summed)


@dataclass(frozen=True, eq=False)
class Problem:
    """Minimize `cost * x` with `row_lower <= matrix * x <= row_upper`, `lower <= x <= upper`.

    Attributes
    ----------
    lower, upper, cost : (n,) float
        All bounds are finite; costs in USD.
    integer : (n,) bool
        Columns that take whole numbers only.
    row_lower, row_upper : (m,) float
        Infinite on a side without a limit.
    strict : (m,) bool
        Rows whose limit is counted exactly.
    """

    lower: Floats
    upper: Floats
    cost: Floats
    integer: Bools
    matrix: Matrix
    row_lower: Floats
    row_upper: Floats
    strict: Bools

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.lower)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    @property
    def least_cost(self) -> float:
        """What the bounds on the columns alone prove that every point costs."""
        return float(np.minimum(self.cost * self.lower, self.cost * self.upper).sum())

    def with_bounds(self, lower: Floats, upper: Floats) -> Problem:
        """The same problem with other bounds on its columns."""
        return replace(self, lower=lower, upper=upper)

    def with_cutoff(self, usd: float) -> Problem:
        """The same problem without points that cost more than `usd`."""
        unit = max(1.0, float(np.abs(self.cost).max(initial=0)))
        priced = np.flatnonzero(self.cost)
        matrix = Matrix(
            starts=np.append(self.matrix.starts, self.matrix.starts[-1] + len(priced)),
            columns=np.append(self.matrix.columns, priced),
            values=np.append(self.matrix.values, self.cost[priced] / unit),
        )
        limit = (usd + 1e-7 * max(1.0, abs(usd))) / unit
        return replace(
            self,
            matrix=matrix,
            row_lower=np.append(self.row_lower, -np.inf),
            row_upper=np.append(self.row_upper, limit),
            strict=np.append(self.strict, False),
        )

    def with_small_rows(self) -> tuple[Problem, Floats]:
        """The same problem with the largest coefficient of each row below two, and the factors.

        Rows are divided by powers of two, which rounds nothing, and only so far that no coefficient
        gets lost in a solver. Its tolerance then is one of the row's largest coefficient.
        """
        rows, sizes = self.matrix.row_of_entry, np.abs(self.matrix.values)
        largest, least = np.ones(self.rows), np.full(self.rows, np.inf)
        np.maximum.at(largest, rows, sizes)
        np.minimum.at(least, rows[sizes > 0], sizes[sizes > 0])
        wanted = np.minimum(largest, np.maximum(1.0, least / LEAST_SCALED))
        factors = 2.0 ** -np.floor(np.log2(wanted))
        scaled = replace(
            self,
            matrix=replace(self.matrix, values=self.matrix.values * factors[rows]),
            row_lower=self.row_lower * factors,
            row_upper=self.row_upper * factors,
        )
        return scaled, factors

    def tightened(self, relative: float) -> Problem:
        """The same problem with exact limits drawn in, so that no solver's tolerance passes them.

        It may lose plans that use a limit up to the last unit, so its bound proves nothing.
        """
        limited = self.strict & np.isfinite(self.row_upper)
        row_upper = self.row_upper.copy()
        row_upper[limited] -= relative * np.maximum(1, np.abs(row_upper[limited]))
        values = self.matrix.values.copy()
        drawn = (self.strict & np.isfinite(self.row_lower))[self.matrix.row_of_entry] & (values < 0)
        values[drawn] *= 1 + relative
        matrix = replace(self.matrix, values=values)
        return replace(self, row_upper=row_upper, matrix=matrix)
