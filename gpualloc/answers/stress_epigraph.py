"""Goals over the scenarios of a joint program: the expected cost, or the largest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gpualloc.formulation.problem import Matrix, Problem
from gpualloc.vectors import Floats


def with_cost(problem: Problem, cost: Floats) -> Problem:
    """The same problem with another cost (n,)."""
    return replace(problem, cost=cost)


def with_largest(problem: Problem, costs: Floats) -> Problem:
    r"""The same problem, minimizing the largest of several costs (s, n).

    .. math:: \min U \omega \quad \text{where} \quad c_s x / U - \omega \le 0 \quad \forall s

    with :math:`\omega` one more column, and U the largest figure among the costs, so that the
    coefficients are at most one.
    """
    unit = max(1.0, float(np.abs(costs).max(initial=0.0)))
    at_lower, at_upper = costs * problem.lower, costs * problem.upper
    least = float(np.minimum(at_lower, at_upper).sum(axis=1).max())
    most = float(np.maximum(at_lower, at_upper).sum(axis=1).max())
    return Problem(
        lower=np.append(problem.lower, least / unit),
        upper=np.append(problem.upper, max(least, most) / unit),
        cost=np.append(np.zeros(problem.columns), unit),
        integer=np.append(problem.integer, False),
        matrix=_with_rows(problem.matrix, costs / unit, problem.columns),
        row_lower=np.append(problem.row_lower, np.full(len(costs), -np.inf)),
        row_upper=np.append(problem.row_upper, np.zeros(len(costs))),
        strict=np.append(problem.strict, np.zeros(len(costs), dtype=bool)),
    )


def _with_rows(matrix: Matrix, costs: Floats, epigraph: int) -> Matrix:
    """The rows `costs * x - x[epigraph]` below those of the matrix."""
    starts, columns, values = [matrix.starts], [matrix.columns], [matrix.values]
    end = int(matrix.starts[-1])
    for cost in costs:
        priced = np.flatnonzero(cost)
        columns.append(np.append(priced, epigraph))
        values.append(np.append(cost[priced], -1.0))
        end += len(priced) + 1
        starts.append(np.array([end]))
    return Matrix(np.concatenate(starts), np.concatenate(columns), np.concatenate(values))
