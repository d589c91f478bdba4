"""Duals of a linear program, from HiGHS."""

from __future__ import annotations

import highspy
import numpy as np
from highspy import HighsModelStatus, HighsStatus

from gpualloc.engines.backends import check_highspy
from gpualloc.engines.backends.base import Settings
from gpualloc.engines.backends.highs import build, configure, require
from gpualloc.errors import SolverError
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats


def solve_duals(problem: Problem, settings: Settings) -> Floats | None:
    """By how much the least cost rises with a unit of each row's limit; whole numbers do not count.

    Returns
    -------
    (m,) float or None
        USD per unit of the row; below zero where a higher limit saves. None where the linear
        program has no point, or time ran out.

    Raises
    ------
    SolverError
        HiGHS failed.
    """
    check_highspy()
    highs = build(problem)
    configure(highs, settings)
    require(highs.setOptionValue("solve_relaxation", True), "solve_relaxation")
    if highs.run() == HighsStatus.kError:
        raise SolverError(f"HiGHS failed: {highs.getModelStatus()}")
    if highs.getModelStatus() != HighsModelStatus.kOptimal:
        return None
    if highs.getInfo().dual_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.array(highs.getSolution().row_dual, dtype=float)
