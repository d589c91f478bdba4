"""The restricted master: a linear program over the columns found so far, kept warm in HiGHS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from highspy import HighsModelStatus

from gpualloc.engines.backends.highs import begin, require
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.effort import of_simplex
from gpualloc.engines.decomposition.pool import Pool
from gpualloc.engines.decomposition.sides import keep_signed
from gpualloc.errors import SolverError
from gpualloc.formulation.groups import Coupling
from gpualloc.formulation.problem import build_matrix
from gpualloc.vectors import Bools, Floats, Ints

NEAR = 1e-6


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A solution of the master.

    Attributes
    ----------
    cost_usd : float
        With what is paid for breaking rows.
    weights : (k,) float
        Of the columns, in the order of the pool.
    shared : (c,) float
        The plan-wide columns.
    duals : (r,) float
        Of all coupling rows, USD per unit; zero for rows that are not in the master.
    unplaced : (G,) float
        What each group lacks of a placement.
    missing : float
        What no column provides: groups without a placement, and rows that are not kept.
    """

    cost_usd: float
    weights: Floats
    shared: Floats
    duals: Floats
    unplaced: Floats
    missing: float


class Master:
    r"""One placement per group, in fractions, within the coupling rows.

    .. math:: \min \sum_c c_c z_c + \sum_k c_k \lambda_k \quad \text{with} \quad
              \sum_{k \in K_g} \lambda_k = 1 \;\; \forall g, \qquad
              b \le A z + \sum_k a_k \lambda_k \le \bar b

    Coupling rows enter when a solution breaks them. A group without enough columns, and a row that
    zero does not keep, may be broken at a price of `penalty_usd`.

    Parameters
    ----------
    coupling : Coupling
    groups : int
    unit_usd : float
        The unit of cost in the linear program, so that its figures stay near one.
    """

    def __init__(self, coupling: Coupling, groups: int, unit_usd: float) -> None:
        self.coupling = coupling
        self.groups = groups
        self.unit_usd = unit_usd
        self.pool = Pool()
        self.row_at = np.full(coupling.rows, -1)
        self._scale = 1 / coupling.sizes
        self.active: Ints = np.empty(0, dtype=np.int64)
        self.lower, self.upper = coupling.lower.copy(), coupling.upper.copy()
        self._penalty = 1000.0
        self._relief = coupling.columns + np.arange(groups)
        self._at: Ints = np.empty(0, dtype=np.int64)
        self._highs = self._build()
        self.iterations = 0
        self.effort = 0.0

    def _build(self) -> highspy.Highs:
        highs = begin()
        for name, value in (
            ("presolve", "off"),
            ("simplex_scale_strategy", 0),  # rows are scaled here
            ("threads", 1),
        ):
            require(highs.setOptionValue(name, value), name)
        coupling, groups = self.coupling, self.groups
        ones = np.ones(groups)
        empty, none = np.empty(0, dtype=np.int32), np.empty(0)
        require(highs.addRows(groups, ones, ones, 0, empty, empty, none), "addRows")
        columns = coupling.columns
        starts = np.zeros(columns, dtype=np.int32)
        cost = coupling.cost / self.unit_usd
        require(
            highs.addCols(columns, cost, self.lower, self.upper, 0, starts, empty, none), "addCols"
        )
        each = np.arange(groups, dtype=np.int32)
        require(
            highs.addCols(
                groups,
                np.full(groups, self._penalty),
                np.zeros(groups),
                ones,
                groups,
                each,
                each,
                ones,
            ),
            "addCols",
        )
        return highs

    def charge(self, costs: bool) -> None:
        """Count the columns' own costs, or only what is broken."""
        coupling = self.coupling
        idents = np.concatenate([np.arange(coupling.columns), self._at])
        usd = np.concatenate([coupling.cost, self.pool.cost])
        figures = usd / self.unit_usd * costs
        require(
            self._highs.changeColsCost(len(idents), idents.astype(np.int32), figures),
            "changeColsCost",
        )

    def set_bounds(self, lower: Floats, upper: Floats) -> None:
        """Bound the plan-wide columns."""
        self.lower, self.upper = lower.copy(), upper.copy()
        idents = np.arange(len(lower), dtype=np.int32)
        require(self._highs.changeColsBounds(len(lower), idents, lower, upper), "changeColsBounds")

    def allow(self, allowed: Bools) -> None:
        """Let only some columns of the pool be used."""
        idents = self._at.astype(np.int32)
        upper = np.where(allowed, np.inf, 0.0)
        zeros = np.zeros(len(idents))
        require(self._highs.changeColsBounds(len(idents), idents, zeros, upper), "changeColsBounds")

    def add_columns(self, columns: Iterable[Column]) -> int:
        """Add columns that are new; returns how many."""
        pool, known = self.pool, len(self.pool)
        count = pool.extend(columns)
        if not count:
            return 0
        first = self._highs.getNumCol()
        entries = slice(pool.starts[known], None)
        rows = pool.rows[entries]
        here = self.row_at[rows] >= 0
        index = np.concatenate([self.row_at[rows][here], pool.group[known:]])
        value = np.concatenate(
            [(pool.coefficients[entries] * self._scale[rows])[here], np.ones(count)]
        )
        column = np.concatenate([pool.column_of_entry(known)[here] - known, np.arange(count)])
        order = np.argsort(column, kind="stable")
        starts = np.searchsorted(column[order], np.arange(count))
        require(
            self._highs.addCols(
                count,
                pool.cost[known:] / self.unit_usd,
                np.zeros(count),
                np.full(count, np.inf),
                len(index),
                starts.astype(np.int32),
                index[order].astype(np.int32),
                value[order],
            ),
            "addCols",
        )
        self._at = np.append(self._at, np.arange(first, first + count))
        return count

    def add_rows(self, rows: Sequence[int]) -> None:
        """Bring coupling rows into the master."""
        fresh = np.array([row for row in rows if self.row_at[row] < 0], dtype=np.int64)
        count = len(fresh)
        if not count:
            return
        first = self.groups + len(self.active)
        self.row_at[fresh] = first + np.arange(count)
        self.active = np.append(self.active, fresh)
        scale = self._scale[fresh]
        lower = self.coupling.row_lower[fresh] * scale
        upper = self.coupling.row_upper[fresh] * scale
        row, column, value = self._entries_of(fresh)
        by_row = build_matrix(row, column, value * scale[row], count, self._highs.getNumCol())
        require(
            self._highs.addRows(
                count,
                lower,
                upper,
                len(row),
                by_row.starts[:-1].astype(np.int32),
                by_row.columns.astype(np.int32),
                by_row.values,
            ),
            "addRows",
        )
        self._add_relief(fresh, lower, upper)
        if self._highs.getNumRow() != first + count:
            raise SolverError("HiGHS did not take the rows of the master")

    def _entries_of(self, fresh: Ints) -> tuple[Ints, Ints, Floats]:
        """Row, column of the linear program and coefficient of what is in some rows."""
        entries, pool = self.coupling.entries, self.pool
        wanted = np.full(self.coupling.rows, -1)
        wanted[fresh] = np.arange(len(fresh))
        shared_row, pool_row = wanted[entries.row_of_entry], wanted[pool.rows]
        shared, pooled = shared_row >= 0, pool_row >= 0
        return (
            np.concatenate([shared_row[shared], pool_row[pooled]]),
            np.concatenate([entries.columns[shared], self._at[pool.column_of_entry()[pooled]]]),
            np.concatenate([entries.values[shared], pool.coefficients[pooled]]),
        )

    def _add_relief(self, rows: Ints, lower: Floats, upper: Floats) -> None:
        """Rows that the plan-wide columns alone can break may be broken, at a price."""
        starts = self.coupling.entries.starts
        has_shared = starts[rows] < starts[rows + 1]
        under = np.isfinite(lower) & ((lower > 0) | has_shared)
        over = np.isfinite(upper) & ((upper < 0) | has_shared)
        index = np.concatenate([self.row_at[rows[under]], self.row_at[rows[over]]])
        count = len(index)
        at = self._highs.getNumCol() + np.arange(count)
        sign = np.where(np.arange(count) < under.sum(), 1.0, -1.0)
        require(
            self._highs.addCols(
                count,
                np.full(count, self._penalty),
                np.zeros(count),
                np.full(count, np.inf),
                count,
                np.arange(count, dtype=np.int32),
                index.astype(np.int32),
                sign,
            ),
            "addCols",
        )
        self._relief = np.append(self._relief, at)

    def basis(self) -> highspy.HighsBasis:
        """The basis at hand."""
        return self._highs.getBasis()

    def restore(self, basis: highspy.HighsBasis) -> None:
        """Go back to an earlier basis; what is new since is out of it."""
        status = highspy.HighsBasisStatus
        columns, rows = list(basis.col_status), list(basis.row_status)
        columns += [status.kLower] * (self._highs.getNumCol() - len(columns))
        rows += [status.kBasic] * (self._highs.getNumRow() - len(rows))
        basis.col_status, basis.row_status = columns, rows
        require(self._highs.setBasis(basis), "setBasis")

    def solve(self) -> Relaxed:
        """Solve over the columns and rows at hand.

        Raises
        ------
        SolverError
            HiGHS cannot solve it.
        """
        highs = self._highs
        self._run()
        solution = highs.getSolution()
        value, dual = np.array(solution.col_value), np.array(solution.row_dual)
        duals = np.zeros(self.coupling.rows)
        active = self.active
        lower, upper = self.coupling.row_lower[active], self.coupling.row_upper[active]
        signed = keep_signed(dual[self.groups :], lower, upper)
        duals[active] = signed * self._scale[active] * self.unit_usd
        iterations = highs.getInfo().simplex_iteration_count
        self.iterations += iterations
        lines = highs.getNumRow() + highs.getNumCol()
        self.effort += of_simplex(iterations, lines, highs.getNumNz())
        return Relaxed(
            cost_usd=highs.getInfo().objective_function_value * self.unit_usd,
            weights=value[self._at],
            shared=np.clip(value[: self.coupling.columns], self.lower, self.upper),
            duals=duals,
            unplaced=value[self._relief[: self.groups]],
            missing=float(value[self._relief].sum()),
        )

    def _run(self) -> None:
        """Solve from the last basis; from nothing, and otherwise perturbed, where that fails."""
        highs = self._highs
        for perturbation in (0.0, 0.0, 1.0, 10.0):
            name = "dual_simplex_cost_perturbation_multiplier"
            require(highs.setOptionValue(name, perturbation), name)
            failed = highs.run() == highspy.HighsStatus.kError
            if not failed and highs.getModelStatus() == HighsModelStatus.kOptimal:
                return
            require(highs.clearSolver(), "clearSolver")
        name = highs.modelStatusToString(highs.getModelStatus())
        raise SolverError(f"the master ended with {name}")

    def activity(self, weights: Floats, shared: Floats) -> Floats:
        """(r,) what every coupling row comes to."""
        coupling = self.coupling
        return coupling.entries.dot(shared) + self.pool.activity(weights, coupling.rows)

    def broken_rows(self, relaxed: Relaxed, most: int) -> list[int]:
        """Coupling rows outside the master that a solution breaks, the worst first."""
        activity = self.activity(relaxed.weights, relaxed.shared)
        excess = excess_of(self.coupling, activity)
        excess[self.row_at >= 0] = 0
        worst = np.argsort(-excess, kind="stable")[:most]
        return [int(row) for row in worst if excess[row] > NEAR]


def excess_of(coupling: Coupling, activity: Floats) -> Floats:
    """(r,) by how much each coupling row is broken, relative to its limit."""
    scale = np.maximum(
        1.0, np.abs(np.where(np.isfinite(coupling.row_upper), coupling.row_upper, 0))
    )
    over = (activity - coupling.row_upper) / scale
    under = (coupling.row_lower - activity) / np.maximum(
        1.0, np.abs(np.where(np.isfinite(coupling.row_lower), coupling.row_lower, 0))
    )
    excess: Floats = np.maximum(0.0, np.maximum(over, under))
    return excess
