"""The linear relaxation of a program, by SciPy: an optimum and duals from another hand."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats


def relax(problem: Problem) -> tuple[float, Floats] | None:
    """Optimum and row duals of a program without whole numbers, by SciPy; None without a point."""
    matrix = problem.matrix
    a = csr_array((matrix.values, matrix.columns, matrix.starts), (problem.rows, problem.columns))
    up, down = np.isfinite(problem.row_upper), np.isfinite(problem.row_lower)
    stacked = csr_array(np.vstack([a.toarray()[up], -a.toarray()[down]]))
    found = linprog(
        problem.cost,
        A_ub=stacked,
        b_ub=np.concatenate([problem.row_upper[up], -problem.row_lower[down]]),
        bounds=np.stack([problem.lower, problem.upper], axis=1),
        method="highs",
    )
    if found.status == 2:
        return None
    assert found.status == 0, found.message
    duals = np.zeros(problem.rows)
    duals[up] += found.ineqlin.marginals[: up.sum()]
    duals[down] -= found.ineqlin.marginals[up.sum() :]
    return float(found.fun), duals
