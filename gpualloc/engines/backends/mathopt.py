"""SCIP through OR-Tools' MathOpt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import version
from time import monotonic

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.util.python.solve_interrupter import SolveInterrupter

from gpualloc.engines.backends.base import (
    Known,
    Listener,
    Outcome,
    Settings,
    Stop,
    passing_on_stop,
    stop_of,
)
from gpualloc.errors import SolverError
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats

Reason = mathopt.TerminationReason
Limit = mathopt.Limit


SCIP_CELLS = 18
"""Columns of the table in SCIP's log."""

LOG_ROUNDING = 1e-6
"""SCIP's log shows seven digits of its bound."""


class ScipBackend:
    """SCIP, as OR-Tools carries it; one thread. Until it ends, only its log tells of its bound."""

    def version(self) -> str:
        return f"SCIP in OR-Tools {version('ortools')}"

    def solve(
        self, problem: Problem, settings: Settings, hint: Floats | None, listener: Listener
    ) -> Outcome:
        began = monotonic()
        model = mathopt.Model.from_model_proto(build_proto(problem))
        interrupter = SolveInterrupter()
        with passing_on_stop(listener, interrupter.interrupt):
            result = mathopt.solve(
                model,
                mathopt.SolverType.GSCIP,
                params=_parameters(settings.less_since(began)),
                model_params=_hints(model, hint),
                interrupter=interrupter,
                msg_cb=lambda lines: _tell_bound(lines, listener),
            )
        return _outcome(model, result, listener)


def build_proto(problem: Problem) -> model_pb2.ModelProto:
    """A problem in MathOpt's own format."""
    proto = model_pb2.ModelProto()
    columns, rows = proto.variables, proto.linear_constraints
    columns.ids.extend(range(problem.columns))
    columns.lower_bounds.extend(problem.lower.tolist())
    columns.upper_bounds.extend(problem.upper.tolist())
    columns.integers.extend(problem.integer.tolist())
    priced = np.flatnonzero(problem.cost)
    proto.objective.linear_coefficients.ids.extend(priced.tolist())
    proto.objective.linear_coefficients.values.extend(problem.cost[priced].tolist())
    rows.ids.extend(range(problem.rows))
    rows.lower_bounds.extend(problem.row_lower.tolist())
    rows.upper_bounds.extend(problem.row_upper.tolist())
    entries, kept = proto.linear_constraint_matrix, problem.matrix.values != 0
    entries.row_ids.extend(problem.matrix.row_of_entry[kept].tolist())
    entries.column_ids.extend(problem.matrix.columns[kept].tolist())
    entries.coefficients.extend(problem.matrix.values[kept].tolist())
    return proto


def _parameters(settings: Settings) -> mathopt.SolveParameters:
    limit = settings.time_limit
    return mathopt.SolveParameters(
        time_limit=None if limit is None else timedelta(seconds=max(limit, 0.01)),
        relative_gap_tolerance=settings.gap,
        absolute_gap_tolerance=settings.gap,
        random_seed=settings.seed,
    )


def _hints(model: mathopt.Model, hint: Floats | None) -> mathopt.ModelSolveParameters:
    if hint is None:
        return mathopt.ModelSolveParameters()
    values = dict(zip(model.variables(), hint.tolist(), strict=True))
    return mathopt.ModelSolveParameters(
        solution_hints=[mathopt.SolutionHint(variable_values=values)]
    )


def _tell_bound(lines: Sequence[str], listener: Listener) -> None:
    """Read the dual bound, fourth from the right in each row of SCIP's table."""
    for line in lines:
        cells = line.split("|")
        if len(cells) < SCIP_CELLS:
            continue
        try:
            bound = float(cells[-4])
        except ValueError:
            continue
        listener.bound(bound - LOG_ROUNDING * abs(bound))


def _outcome(model: mathopt.Model, result: mathopt.SolveResult, listener: Listener) -> Outcome:
    reason = result.termination.reason
    if reason in (Reason.INFEASIBLE, Reason.INFEASIBLE_OR_UNBOUNDED):
        return Outcome("infeasible", None, None, "proof")
    if reason not in (Reason.OPTIMAL, Reason.FEASIBLE, Reason.NO_SOLUTION_FOUND):
        raise SolverError(f"SCIP ended with {reason.name}: {result.termination.detail}")
    values = None
    if result.has_primal_feasible_solution():
        found = result.variable_values()
        values = np.array([found[column] for column in model.variables()])
    proved = reason == Reason.OPTIMAL
    known: Known = "optimal" if proved else "unknown" if values is None else "feasible"
    bound = result.termination.objective_bounds.dual_bound
    return Outcome(
        known=known,
        values=values,
        bound=float(bound) if np.isfinite(bound) else None,
        stop="proof" if proved else _stop(result.termination.limit, listener),
    )


def _stop(limit: mathopt.Limit | None, listener: Listener) -> Stop:
    """Why SCIP ended; it takes Ctrl-C for itself where it runs in the user's own process."""
    return "interrupt" if limit == Limit.INTERRUPTED else stop_of(listener)
