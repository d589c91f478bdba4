"""CP-SAT of OR-Tools, over whole numbers."""

from __future__ import annotations

from importlib.metadata import version
from time import monotonic

import numpy as np
import pandas as pd
from ortools.sat.python import cp_model

from gpualloc.engines.backends.base import (
    Listener,
    Outcome,
    Settings,
    Stop,
    passing_on_stop,
    stop_of,
)
from gpualloc.engines.backends.integers import IntegerProgram, scale
from gpualloc.errors import SolverError
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats

FULL_LP = 2
"""All rows go into CP-SAT's linear relaxation: without it, bounds with continuous columns crawl."""


class CpSatBackend:
    """CP-SAT, on the program in whole numbers; its bound is corrected for all rounding.

    The correction can leave a gap of one or two parts in a million at a proven optimum. It runs on
    one thread whatever is asked: several either find another plan each time, or take turns, which
    is slower than one.
    """

    def version(self) -> str:
        return f"CP-SAT in OR-Tools {version('ortools')}"

    def solve(
        self, problem: Problem, settings: Settings, hint: Floats | None, listener: Listener
    ) -> Outcome:
        began = monotonic()
        whole = scale(problem)
        model, columns = _build(problem, whole)
        if hint is not None:
            for column, value in zip(columns, whole.from_problem(hint).tolist(), strict=True):
                model.add_hint(column, value)
        solver = cp_model.CpSolver()
        _configure(solver, settings.less_since(began))
        watcher = _Watcher(columns, whole, listener)
        solver.best_bound_callback = lambda found: listener.bound(whole.bound(found))
        with passing_on_stop(listener, solver.stop_search):
            status = solver.solve(model, watcher)
        return _outcome(status, solver, columns, whole, _stop(settings, listener))


def _build(
    problem: Problem, whole: IntegerProgram
) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    model = cp_model.CpModel()
    index = pd.RangeIndex(problem.columns)
    lower, upper = pd.Series(whole.lower, index), pd.Series(whole.upper, index)
    columns = list(model.new_int_var_series("x", index, lower, upper))
    starts = problem.matrix.starts
    for row in range(problem.rows):
        span = slice(starts[row], starts[row + 1])
        terms = [columns[at] for at in problem.matrix.columns[span]]
        activity = cp_model.LinearExpr.weighted_sum(terms, whole.values[span].tolist())
        low, high = int(whole.row_lower[row]), int(whole.row_upper[row])
        model.add_linear_constraint(activity, low, high)
    priced = np.flatnonzero(whole.cost)
    cost = cp_model.LinearExpr.weighted_sum(
        [columns[at] for at in priced], whole.cost[priced].tolist()
    )
    model.minimize(cost)
    return model, columns


def _configure(solver: cp_model.CpSolver, settings: Settings) -> None:
    """Set limits, gap and seed, and what makes CP-SAT right and quick on these programs.

    With its whole presolve, 9.15 loses optima of linear programs and says ``OPTIMAL``
    (https://github.com/google/or-tools/issues/5293). With its default branching it may try the
    steps of a fraction one by one for ever.
    """
    parameters = solver.parameters
    parameters.num_workers = 1
    parameters.linearization_level = FULL_LP
    parameters.search_branching = cp_model.PORTFOLIO_SEARCH
    parameters.presolve_inclusion_work_limit = 0
    parameters.random_seed = settings.seed
    parameters.relative_gap_limit = settings.gap
    if settings.time_limit is not None:
        parameters.max_time_in_seconds = max(settings.time_limit, 0.01)


class _Watcher(cp_model.CpSolverSolutionCallback):
    """Tells the listener of every better point and bound."""

    def __init__(
        self, columns: list[cp_model.IntVar], whole: IntegerProgram, listener: Listener
    ) -> None:
        super().__init__()
        self._columns = columns
        self._whole = whole
        self._listener = listener

    def on_solution_callback(self) -> None:
        found = np.array([self.value(column) for column in self._columns])
        cost = self.objective_value / self._whole.cost_scale
        self._listener.point(cost, self._whole.to_problem(found))
        self._listener.bound(self._whole.bound(self.best_objective_bound))


def _outcome(
    status: object,
    solver: cp_model.CpSolver,
    columns: list[cp_model.IntVar],
    whole: IntegerProgram,
    stop: Stop,
) -> Outcome:
    if status == cp_model.INFEASIBLE:
        return Outcome("infeasible", None, None, "proof")
    if status == cp_model.MODEL_INVALID:
        raise SolverError("CP-SAT refused the model")
    bound = whole.bound(solver.best_objective_bound)
    if status == cp_model.UNKNOWN:
        return Outcome("unknown", None, bound, stop)
    values = whole.to_problem(np.array([solver.value(column) for column in columns]))
    if status == cp_model.OPTIMAL:
        return Outcome("optimal", values, bound, "proof")
    return Outcome("feasible", values, bound, stop)


def _stop(settings: Settings, listener: Listener) -> Stop:
    """Why CP-SAT ended; it takes Ctrl-C for itself where it runs in the user's own process."""
    return "interrupt" if settings.time_limit is None else stop_of(listener)
