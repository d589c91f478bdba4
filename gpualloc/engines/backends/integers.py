r"""A mixed-integer program in whole numbers, as a relaxation that provably loses no plan.

A continuous column y is put on a grid, :math:`y = y' / s`, so a true value lies within half a step
of a grid value. A row :math:`\sum a_i x_i \le b` is multiplied by S and its coefficients rounded,
:math:`a'_i = [a_i S / s_i]`; its limit is moved outward by all that the rounding can add up to,

.. math:: b' = \lfloor b S + \sum_i (|a_i S / s_i - a'_i| \, \max|x'_i|
                 + \tfrac12 |a'_i| [i\ \text{continuous}]) \rfloor

so every point of the program has a grid point that satisfies all rows. Costs are rounded alike, so
a bound on the whole-number program, less the rounding of the costs, bounds the program itself.
Rows of whole coefficients over whole columns stay exactly what they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpualloc.errors import SolverError
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats, Ints, sums_by

GRID_STEPS = 2.0**22
"""Steps of a continuous column between its bounds, at least."""

ROW_RANGE = 2.0**44
"""A row's activity stays below this, far from 2^63 where whole numbers overflow."""

COST_RANGE = 2.0**54
"""The cost stays below this."""

WHOLE_RANGE = 2.0**53
"""Figures in floating point count by ones up to here."""

OVERFLOW = 2.0**62
"""No sum of 64-bit integers may come near 2^63."""


@dataclass(frozen=True, eq=False)
class IntegerProgram:
    """Minimize `cost * x` over whole `x`, with `row_lower <= values * x <= row_upper`.

    Attributes
    ----------
    lower, upper : (n,) int
    cost : (n,) int
        `cost_scale` times USD.
    slack : float
        The most that rounding can have added to the cost, in units of `cost`.
    grid : (n,) float
        Steps per unit of each column; 1 for whole columns.
    values : (entries,) int
        Coefficients in the order of the problem's matrix.
    row_lower, row_upper : (m,) int
        Clipped to what the row can reach.
    """

    lower: Ints
    upper: Ints
    cost: Ints
    cost_scale: float
    slack: float
    grid: Floats
    values: Ints
    row_lower: Ints
    row_upper: Ints

    def bound(self, found: float) -> float:
        """The bound on the problem's cost that a bound on this program's cost proves."""
        return (found - self.slack) / self.cost_scale

    def to_problem(self, whole: NDArray[np.int64]) -> Floats:
        """Values of the problem's columns from values of this program's."""
        return whole / self.grid

    def from_problem(self, values: Floats) -> Ints:
        """Values of this program's columns from values of the problem's, rounded."""
        found = np.rint(values * self.grid).astype(np.int64)
        return np.clip(found, self.lower, self.upper)


def scale(problem: Problem) -> IntegerProgram:
    """Put a problem into whole numbers.

    Raises
    ------
    SolverError
        A column, a row or the cost would overflow even at the coarsest scale.
    """
    grid = _grid(problem)
    _expect_below(WHOLE_RANGE, np.abs(problem.lower * grid), "a column")
    _expect_below(WHOLE_RANGE, np.abs(problem.upper * grid), "a column")
    lower = np.floor(problem.lower * grid).astype(np.int64)
    upper = np.ceil(problem.upper * grid).astype(np.int64)
    most = np.maximum(np.abs(lower), np.abs(upper)).astype(float)
    cost_scale = _largest_power_of_two(COST_RANGE / max(1.0, np.abs(problem.cost / grid) @ most))
    exact_cost = problem.cost / grid * cost_scale
    cost = np.rint(exact_cost)
    _expect_below(OVERFLOW, np.abs(cost) @ most, "the cost")
    half = np.where(problem.integer, 0.0, 0.5)
    slack = np.abs(exact_cost - cost) @ most + np.abs(cost) @ half
    values, row_lower, row_upper = _scale_rows(problem, grid, most, half)
    return IntegerProgram(
        lower=lower,
        upper=upper,
        cost=cost.astype(np.int64),
        cost_scale=cost_scale,
        slack=float(slack) + 1.0,
        grid=grid,
        values=values,
        row_lower=row_lower,
        row_upper=row_upper,
    )


def _expect_below(limit: float, sizes: Floats | float, what: str) -> None:
    if not np.all(sizes < limit):
        raise SolverError(
            f"CP-SAT cannot hold this instance: {what} would overflow 64-bit integers"
        )


def _grid(problem: Problem) -> Floats:
    """Steps per unit: a power of two that gives continuous columns enough steps."""
    width = np.maximum(problem.upper - problem.lower, 1e-9)
    steps = 2.0 ** np.ceil(np.log2(GRID_STEPS / width))
    return np.where(problem.integer, 1.0, np.maximum(steps, 2.0**-20))


def _largest_power_of_two(limit: float) -> float:
    return float(2.0 ** np.floor(np.log2(limit)))


def _scale_rows(
    problem: Problem, grid: Floats, most: Floats, half: Floats
) -> tuple[Ints, Ints, Ints]:
    matrix = problem.matrix
    row, column = matrix.row_of_entry, matrix.columns
    coefficient = matrix.values / grid[column]
    reach = sums_by(row, np.abs(coefficient) * most[column], problem.rows)
    factor = _row_factors(problem, coefficient, row, reach)
    exact_values = coefficient * factor[row]
    values = np.rint(exact_values)
    drift = np.abs(exact_values - values) * most[column] + np.abs(values) * half[column]
    slack = sums_by(row, drift, problem.rows)
    scaled_reach = sums_by(row, np.abs(values) * most[column], problem.rows)
    _expect_below(OVERFLOW, scaled_reach, "a row")
    rounding = 1e-12 * (scaled_reach + 1) * (slack > 0)
    limit = scaled_reach + 1
    row_upper = np.minimum(np.floor(problem.row_upper * factor + slack + rounding), limit)
    row_lower = np.maximum(np.ceil(problem.row_lower * factor - slack - rounding), -limit)
    return values.astype(np.int64), row_lower.astype(np.int64), row_upper.astype(np.int64)


def _row_factors(problem: Problem, coefficient: Floats, row: Ints, reach: Floats) -> Floats:
    """1 for rows that are whole numbers already, else what brings the row near `ROW_RANGE`."""
    fraction = np.abs(coefficient - np.rint(coefficient))
    whole = sums_by(row, fraction, problem.rows) == 0
    room = np.maximum(reach, 1e-9)
    return np.where(whole & (reach < ROW_RANGE), 1.0, 2.0 ** np.floor(np.log2(ROW_RANGE / room)))
