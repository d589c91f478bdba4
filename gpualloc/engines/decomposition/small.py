"""Small programs solved on the way, within limits that do not depend on the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np
from highspy import HighsModelStatus

from gpualloc.engines.backends.highs import (
    ENUMERATION,
    SPARSIFY,
    build,
    is_stale,
    require,
    start_from,
)
from gpualloc.engines.decomposition.effort import of_program
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats

FEASIBLE = 1e-5
"""Of a row's largest coefficient. With less, HiGHS 1.16 may strengthen inequalities for ever."""


@dataclass(frozen=True, eq=False)
class Small:
    """What came of a small program.

    Attributes
    ----------
    values : (n,) float or None
        The best point.
    bound : float or None
        A proven lower bound.
    proved : bool
        Whether the point is optimal within the gap, or the program proved infeasible.
    duals : (m,) float or None
        Of the rows of a linear program.
    effort : float
        Estimated seconds.
    """

    values: Floats | None
    bound: float | None
    proved: bool
    duals: Floats | None = None
    effort: float = 0.0


def solve_small(
    problem: Problem,
    *,
    start: Floats | None = None,
    gap: float = 1e-5,
    nodes: int = 1000,
    seconds: float = 60.0,
    seed: int = 0,
    unit_usd: float = 1.0,
    feasible: float = FEASIBLE,
) -> Small:
    """Solve a small program; the limit is a number of nodes, the seconds only guard it.

    Parameters
    ----------
    start : (n,) float or None
        A point to start from.
    unit_usd : float
        The unit of cost for the solver, so that its figures stay near one.
    feasible : float
        What a row may be broken by, in its largest coefficients.
    """
    if not problem.columns:
        return Small(np.empty(0), 0.0, True)
    # With large and small figures in a row, HiGHS 1.16 may presolve for ever and heed no limit.
    scaled, factors = replace(problem, cost=problem.cost / unit_usd).with_small_rows()
    options: dict[str, float | int | bool] = {
        "mip_rel_gap": gap,
        "mip_abs_gap": 1e-9,
        "mip_max_nodes": nodes,
        "mip_max_stall_nodes": nodes,
        "mip_feasibility_tolerance": feasible,
        "mip_allow_restart": False,  # HiGHS 1.16 can presolve for ever at a restart
        "presolve_rule_off": SPARSIFY + ENUMERATION,
        "time_limit": max(seconds, 0.05),
        "random_seed": seed,
        "threads": 1,
    }
    highs = _run(scaled, options, start)
    found = _read(highs, unit_usd)
    if start is not None and is_stale(highs, scaled, found.values):
        highs = _run(scaled, options, None)
        found = _read(highs, unit_usd)
    iterations = max(0, highs.getInfo().simplex_iteration_count)
    effort = of_program(len(problem.matrix.values), iterations)
    duals = None if found.duals is None else found.duals * factors
    return replace(found, duals=duals, effort=effort)


def _run(
    problem: Problem, options: dict[str, float | int | bool], start: Floats | None
) -> highspy.Highs:
    highs = build(problem)
    for name, value in options.items():
        require(highs.setOptionValue(name, value), name)
    if start is not None:
        start_from(highs, start)
    require(highs.run(), "run")
    return highs


def _read(highs: highspy.Highs, unit_usd: float) -> Small:
    status, info = highs.getModelStatus(), highs.getInfo()
    if status in (HighsModelStatus.kInfeasible, HighsModelStatus.kUnboundedOrInfeasible):
        return Small(None, None, True)
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    solution = highs.getSolution()
    values = np.array(solution.col_value) if feasible else None
    proved = status in (HighsModelStatus.kOptimal, HighsModelStatus.kModelEmpty)
    bound = info.mip_dual_bound if info.mip_node_count >= 0 else info.objective_function_value
    known = np.isfinite(bound) and (proved or info.mip_node_count >= 0)
    duals = np.array(solution.row_dual) * unit_usd if proved and solution.dual_valid else None
    return Small(values, float(bound) * unit_usd if known else None, proved, duals)
