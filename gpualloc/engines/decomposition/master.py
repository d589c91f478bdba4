"""The restricted master: a linear program over the columns found so far, kept warm in HiGHS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from highspy import HighsModelStatus

from gpualloc.engines.backends.highs import begin, require
from gpualloc.engines.decomposition.columns import Column
from gpualloc.errors import SolverError
from gpualloc.formulation.groups import Coupling
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
    missing : float
        What no column provides: groups without a placement, and rows that are not kept.
    """

    cost_usd: float
    weights: Floats
    shared: Floats
    duals: Floats
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
        self.pool: list[Column] = []
        self._known: set[tuple[int, bytes, bytes]] = set()
        self.row_at = np.full(coupling.rows, -1)
        self._scale = 1 / coupling.sizes
        self._active: list[int] = []
        self.lower, self.upper = coupling.lower.copy(), coupling.upper.copy()
        self._penalty = 1000.0
        self._relief: list[int] = []
        self._at: list[int] = []
        self._highs = self._build()
        self.iterations = 0

    def _build(self) -> highspy.Highs:
        highs = begin()
        for name, value in (
            ("presolve", "off"),
            ("simplex_scale_strategy", 0),  # rows are scaled here
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
        self._relief.extend(range(columns, columns + groups))
        return highs

    @property
    def active(self) -> Ints:
        """The coupling rows in the master."""
        return np.array(self._active, dtype=np.int64)

    def charge(self, costs: bool) -> None:
        """Count the columns' own costs, or only what is broken."""
        coupling = self.coupling
        idents = np.concatenate([np.arange(coupling.columns), np.array(self._at, dtype=np.int64)])
        usd = np.concatenate([coupling.cost, [column.cost for column in self.pool]])
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
        idents = np.array(self._at, dtype=np.int32)
        upper = np.where(allowed, np.inf, 0.0)
        zeros = np.zeros(len(idents))
        require(self._highs.changeColsBounds(len(idents), idents, zeros, upper), "changeColsBounds")

    def add_columns(self, columns: Iterable[Column]) -> int:
        """Add columns that are new; returns how many."""
        new = []
        for column in columns:
            if column.key not in self._known:
                self._known.add(column.key)
                new.append(column)
        if not new:
            return 0
        first = self._highs.getNumCol()
        starts, index, value = [], [], []
        size = 0
        for column in new:
            at = self.row_at[column.rows]
            here = at >= 0
            starts.append(size)
            index.append(np.append(at[here], column.group))
            scaled = column.coefficients * self._scale[column.rows]
            value.append(np.append(scaled[here], 1.0))
            size += int(here.sum()) + 1
        count = len(new)
        require(
            self._highs.addCols(
                count,
                np.array([column.cost for column in new]) / self.unit_usd,
                np.zeros(count),
                np.full(count, np.inf),
                size,
                np.array(starts, dtype=np.int32),
                np.concatenate(index).astype(np.int32),
                np.concatenate(value),
            ),
            "addCols",
        )
        self._at.extend(range(first, first + count))
        self.pool.extend(new)
        return count

    def add_rows(self, rows: Sequence[int]) -> None:
        """Bring coupling rows into the master."""
        fresh = [row for row in rows if self.row_at[row] < 0]
        if not fresh:
            return
        first = self.groups + len(self._active)
        self.row_at[fresh] = first + np.arange(len(fresh))
        self._active.extend(fresh)
        by_row: list[list[tuple[int, float]]] = [[] for _ in fresh]
        wanted = np.full(self.coupling.rows, -1)
        wanted[fresh] = np.arange(len(fresh))
        entries = self.coupling.entries
        for row in fresh:
            own = slice(entries.starts[row], entries.starts[row + 1])
            values = entries.values[own] * self._scale[row]
            by_row[wanted[row]].extend(
                zip(entries.columns[own].tolist(), values.tolist(), strict=True)
            )
        for at, column in zip(self._at, self.pool, strict=True):
            here = wanted[column.rows]
            for entry in np.flatnonzero(here >= 0):
                value = column.coefficients[entry] * self._scale[column.rows[entry]]
                by_row[here[entry]].append((at, float(value)))
        lower = self.coupling.row_lower[fresh] * self._scale[fresh]
        upper = self.coupling.row_upper[fresh] * self._scale[fresh]
        starts = np.concatenate([[0], np.cumsum([len(own) for own in by_row])[:-1]])
        flat = [entry for own in by_row for entry in own]
        require(
            self._highs.addRows(
                len(fresh),
                lower,
                upper,
                len(flat),
                starts.astype(np.int32),
                np.array([entry[0] for entry in flat], dtype=np.int32),
                np.array([entry[1] for entry in flat]),
            ),
            "addRows",
        )
        self._add_relief(fresh, lower, upper)
        if self._highs.getNumRow() != self.groups + len(self._active):
            raise SolverError("HiGHS did not take the rows of the master")

    def _add_relief(self, rows: Sequence[int], lower: Floats, upper: Floats) -> None:
        """Rows that the plan-wide columns alone can break may be broken, at a price."""
        entries = self.coupling.entries
        for row, least, most in zip(rows, lower, upper, strict=True):
            has_shared = entries.starts[row] < entries.starts[row + 1]
            if np.isfinite(least) and (least > 0 or has_shared):
                self._relieve(row, 1.0)
            if np.isfinite(most) and (most < 0 or has_shared):
                self._relieve(row, -1.0)

    def _relieve(self, row: int, value: float) -> None:
        at = self._highs.getNumCol()
        index, values = np.array([self.row_at[row]], dtype=np.int32), np.array([value])
        require(self._highs.addCol(self._penalty, 0.0, np.inf, 1, index, values), "addCol")
        self._relief.append(at)

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
        signed = self._signed(dual[self.groups :], active)
        duals[active] = signed * self._scale[active] * self.unit_usd
        self.iterations += highs.getInfo().simplex_iteration_count
        relief = np.array(self._relief)
        return Relaxed(
            cost_usd=highs.getInfo().objective_function_value * self.unit_usd,
            weights=value[np.array(self._at, dtype=np.int64)],
            shared=np.clip(value[: self.coupling.columns], self.lower, self.upper),
            duals=duals,
            missing=float(value[relief].sum()),
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

    def _signed(self, dual: Floats, rows: Ints) -> Floats:
        """Duals without those of a sign for which the row has no side."""
        no_lower = np.isneginf(self.coupling.row_lower[rows]) & (dual > 0)
        no_upper = np.isposinf(self.coupling.row_upper[rows]) & (dual < 0)
        return np.where(no_lower | no_upper, 0.0, dual)

    def activity(self, weights: Floats, shared: Floats) -> Floats:
        """(r,) what every coupling row comes to."""
        entries = self.coupling.entries
        activity = entries.dot(shared)
        used = np.flatnonzero(weights)
        if len(used):
            rows = np.concatenate([self.pool[at].rows for at in used])
            values = np.concatenate([weights[at] * self.pool[at].coefficients for at in used])
            np.add.at(activity, rows, values)
        return activity

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
