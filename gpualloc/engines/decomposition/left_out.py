"""The rows of a group that compiled pricing does not know, taken out of its program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpualloc.engines.decomposition.shape import Shape
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats, Ints


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Rows that pricing leaves out, counted from 0, and their entries.

    Attributes
    ----------
    rows : (m,) int
        Which rows of the group's program they are.
    lower, upper : (m,) float
    row, column : (e,) int
        Of each entry: the row among these, and the column of the group.
    value : (e,) float
    """

    rows: Ints
    lower: Floats
    upper: Floats
    row: Ints
    column: Ints
    value: Floats


def take_left_out(problem: Problem, shape: Shape) -> LeftOut:
    """What of a group's program its shape leaves out."""
    rows, matrix = np.flatnonzero(~shape.known), problem.matrix
    number = np.full(problem.rows, -1)
    number[rows] = np.arange(len(rows))
    row = number[matrix.row_of_entry]
    here = row >= 0
    return LeftOut(
        rows,
        problem.row_lower[rows],
        problem.row_upper[rows],
        row[here],
        matrix.columns[here],
        matrix.values[here],
    )
