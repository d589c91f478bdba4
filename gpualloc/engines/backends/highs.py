"""HiGHS, straight from the sparse arrays."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from time import monotonic

import highspy
import numpy as np
from highspy import HighsModelStatus, HighsStatus

from gpualloc.engines.backends.base import Listener, Outcome, Settings, stop_of
from gpualloc.engines.backends.silence import silenced
from gpualloc.errors import SolverError
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats

STALE = 1e-6
"""A point that costs more than is told by this much, relative, is not the point that was meant."""

PROVED_INFEASIBLE = (HighsModelStatus.kInfeasible, HighsModelStatus.kUnboundedOrInfeasible)
LEAST_COEFFICIENT = 1e-12
"""HiGHS drops smaller ones; it cannot be set lower."""

SPARSIFY, ENUMERATION = 1 << 14, 1 << 16
"""Rules of presolve. HiGHS 1.16 may apply them and others in a circle for ever, heeding no limit;
without the first it does so seldom, and without both it was not seen to."""

RAN_OUT = (
    HighsModelStatus.kTimeLimit,
    HighsModelStatus.kInterrupt,
    HighsModelStatus.kSolutionLimit,
    HighsModelStatus.kHighsInterrupt,  # type: ignore[attr-defined]  # the stub lacks it
)


class HighsBackend:
    """HiGHS through highspy.

    Every status code is read, and the size of the model after building, because highspy drops a
    bad row without a word.
    """

    def version(self) -> str:
        return f"HiGHS {version('highspy')}"

    def solve(
        self, problem: Problem, settings: Settings, hint: Floats | None, listener: Listener
    ) -> Outcome:
        began = monotonic()
        highs = _prepared(problem, settings, hint, listener)
        status = highs.run()
        if status == HighsStatus.kError and highs.getModelStatus() == HighsModelStatus.kSolveError:
            highs = _prepared(problem, settings.less_since(began), hint, listener)
            require(highs.setOptionValue("presolve", "off"), "presolve")
            status = highs.run()
        if status == HighsStatus.kError:
            raise SolverError(f"HiGHS failed: {highs.getModelStatus()}")
        outcome = _outcome(highs, listener)
        if hint is None or not is_stale(highs, problem, outcome.values):
            return outcome
        return self.solve(problem, settings.less_since(began), None, listener)


def _prepared(
    problem: Problem, settings: Settings, hint: Floats | None, listener: Listener
) -> highspy.Highs:
    """A model ready to run.

    HiGHS 1.16 may presolve a problem wrongly, notice that its point breaks a row, and end with a
    solve error; without presolve it solves it. So `solve` runs such a model twice.
    """
    began = monotonic()
    highs = build(problem)
    configure(highs, settings.less_since(began))
    if hint is not None:
        start_from(highs, hint)
    _listen(highs, listener)
    return highs


def start_from(highs: highspy.Highs, point: Floats) -> None:
    """Let HiGHS begin with a point."""
    solution = highspy.HighsSolution()
    solution.col_value = point.tolist()
    require(highs.setSolution(solution), "setSolution")


def begin() -> highspy.Highs:
    """An empty HiGHS, silent, without helpers.

    HiGHS keeps these from one model of a thread to the next, and then refuses another number.
    """
    with silenced():  # it greets on standard output before it can be told not to
        highs = highspy.Highs()
    require(highs.setOptionValue("output_flag", False), "output_flag")
    highspy.Highs.resetGlobalScheduler(True)
    return highs


def build(problem: Problem) -> highspy.Highs:
    """A HiGHS model of a problem, silent."""
    highs = begin()
    for name, value in (
        ("small_matrix_value", LEAST_COEFFICIENT),
        ("presolve_rule_off", SPARSIFY),
    ):
        require(highs.setOptionValue(name, value), name)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = problem.columns, problem.rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = problem.cost, problem.lower, problem.upper
    lp.row_lower_, lp.row_upper_ = problem.row_lower, problem.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = problem.columns, problem.rows
    lp.a_matrix_.start_ = problem.matrix.starts
    lp.a_matrix_.index_ = problem.matrix.columns
    lp.a_matrix_.value_ = problem.matrix.values
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    if problem.integer.any():
        lp.integrality_ = [kinds[whole] for whole in problem.integer.tolist()]
    require(highs.passModel(lp), "passModel")
    entries = int((np.abs(problem.matrix.values) > LEAST_COEFFICIENT).sum())
    taken = (highs.getNumCol(), highs.getNumRow(), highs.getNumNz())
    if taken != (problem.columns, problem.rows, entries):
        raise SolverError("HiGHS did not take the whole model")
    return highs


def write_model(problem: Problem, path: Path) -> None:
    """Write a problem as .lp or .mps, by the ending; columns are x0, x1, ..., rows c0, ..."""
    highs = build(problem)
    for at in range(problem.columns):
        require(highs.passColName(at, f"x{at}"), "passColName")
    for at in range(problem.rows):
        require(highs.passRowName(at, f"c{at}"), "passRowName")
    require(highs.writeModel(str(path)), "writeModel")


def configure(highs: highspy.Highs, settings: Settings) -> None:
    """Set limits, gap, seed and threads."""
    options: dict[str, float | int] = {
        "mip_rel_gap": settings.gap,
        "mip_abs_gap": settings.gap,
        "random_seed": settings.seed,
    }
    if settings.time_limit is not None:
        options["time_limit"] = max(settings.time_limit, 0.0)
    if settings.threads is not None:
        options["threads"] = settings.threads
    for name, value in options.items():
        require(highs.setOptionValue(name, value), name)


def require(status: HighsStatus, what: str) -> None:
    """Raise unless HiGHS said it did it."""
    if status == HighsStatus.kError:
        raise SolverError(f"HiGHS refused: {what}")


def _listen(highs: highspy.Highs, listener: Listener) -> None:
    def on_point(event: highspy.HighsCallbackEvent) -> None:
        found = event.data_out
        listener.point(found.objective_function_value, np.asarray(found.mip_solution))

    def on_log(event: highspy.HighsCallbackEvent) -> None:
        listener.bound(event.data_out.mip_dual_bound)

    def on_interrupt(event: highspy.HighsCallbackEvent) -> None:
        if listener.stop.is_set():
            event.interrupt()

    highs.cbMipImprovingSolution.subscribe(on_point)
    highs.cbMipLogging.subscribe(on_log)
    highs.cbMipInterrupt.subscribe(on_interrupt)


def is_stale(highs: highspy.Highs, problem: Problem, values: Floats | None) -> bool:
    """Whether the point returned is not the one whose cost is told.

    HiGHS 1.16 may carry a start into its reduced problem as a better point, prove that one optimal,
    and return the start itself.
    """
    if values is None:
        return False
    told, found = highs.getInfo().objective_function_value, float(problem.cost @ values)
    return bool(found > told + STALE * max(1.0, abs(told)))


def _outcome(highs: highspy.Highs, listener: Listener) -> Outcome:
    status, info = highs.getModelStatus(), highs.getInfo()
    if status in PROVED_INFEASIBLE:
        return Outcome("infeasible", None, None, "proof")
    if status not in (HighsModelStatus.kOptimal, HighsModelStatus.kModelEmpty, *RAN_OUT):
        raise SolverError(f"HiGHS ended with {highs.modelStatusToString(status)}")
    proved = status not in RAN_OUT
    whole = info.mip_node_count >= 0
    bound = info.mip_dual_bound if whole else info.objective_function_value
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(highs.getSolution().col_value) if feasible else None
    if proved and values is None:
        raise SolverError("HiGHS claims an optimum without a solution")
    return Outcome(
        known="optimal" if proved else "unknown" if values is None else "feasible",
        values=values,
        bound=float(bound) if np.isfinite(bound) and (proved or whole) else None,
        stop="proof" if proved else stop_of(listener),
    )
