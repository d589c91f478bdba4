"""A neighborhood: some groups free, all others where they are, as a small program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpualloc.engines.decomposition.assignment import Assignment, activity_of
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.formulation.groups import Coupling, Part
from gpualloc.formulation.problem import Problem, build_matrix
from gpualloc.vectors import Bools, Floats, Ints

BROKEN = 0.05
"""What a broken row costs however little is missing, as if so much of its size were missing."""

FINEST = 1e-3
"""The unit in which it is counted what a row is broken by is at least this part of its size."""


@dataclass(frozen=True, eq=False)
class FreePart:
    """A group that is free, in those of its columns that it may use.

    Attributes
    ----------
    part : Part
    kept : (k,) int
        Columns that may be used, counted from the group's first.
    first : int
        Where they begin in the small program.
    """

    part: Part
    kept: Ints
    first: int


@dataclass(frozen=True, eq=False)
class Neighborhood:
    """A small program: plan-wide columns first, then free groups', then what rows are broken by.

    Attributes
    ----------
    problem : Problem
    parts : tuple of FreePart
    start : (n,) float
        The assignment that it was made from.
    relief : int
        Position of the first column that pays for a broken row.
    """

    problem: Problem
    parts: tuple[FreePart, ...]
    start: Floats
    relief: int


class NeighborhoodBuilder:
    """Makes neighborhoods of one instance.

    Parameters
    ----------
    pricer : Pricer
    penalty_usd : float
        What a row costs that is broken by its whole limit.
    """

    def __init__(self, pricer: Pricer, penalty_usd: float) -> None:
        self._pricer = pricer
        self._penalty_usd = penalty_usd

    def penalties(self, assignment: Assignment) -> Floats:
        """(b,) what each broken row costs, in USD."""
        broken = assignment.broken
        excess = assignment.excess[broken]
        penalties: Floats = self._rates(excess, assignment.coupling.sizes[broken]) * excess
        return penalties

    def _rates(self, excess: Floats, size: Floats) -> Floats:
        """What a unit more of broken rows costs, in USD: in all the penalty, where they stand."""
        share = np.divide(excess, size, out=np.full(len(size), BROKEN), where=excess > 0)
        rates: Floats = self._penalty_usd * (1 + BROKEN / share) / size
        return rates

    def build(
        self,
        around: Assignment,
        free: Sequence[tuple[Part, Bools]],
        lower: Floats,
        upper: Floats,
        *,
        trades: bool = False,
    ) -> Neighborhood:
        """The program in which some groups are free.

        Parameters
        ----------
        free : sequence of (Part, (n,) bool)
            The groups, each with the columns that it may use.
        lower, upper : (c,) float
            Bounds on the plan-wide columns.
        trades : bool
            Whether rows that the assignment keeps may be broken in return for those that it breaks.
        """
        coupling = around.coupling
        groups = {part.index for part, _ in free}
        fixed = tuple(column for column in around.columns if column.group not in groups)
        taken = activity_of(coupling, fixed)
        parts, first = [], coupling.columns
        for part, allowed in free:
            kept = np.flatnonzero(allowed)
            parts.append(FreePart(part, kept, first))
            first += len(kept)
        touched = _touched(coupling, parts)
        if trades and len(around.broken):
            rows = np.flatnonzero(touched | (np.diff(coupling.entries.starts) > 0))
            soft = rows
        else:
            lower, upper, rows = _tighten(coupling, taken, touched, lower, upper)
            soft = np.intersect1d(around.broken, rows)
        return self._assemble(around, tuple(parts), taken, rows, soft, lower, upper)

    def _assemble(
        self,
        around: Assignment,
        parts: tuple[FreePart, ...],
        taken: Floats,
        rows: Ints,
        soft: Ints,
        lower: Floats,
        upper: Floats,
    ) -> Neighborhood:
        coupling = around.coupling
        start, columns = self._start(around, parts)
        relief = columns
        sheet = _Sheet(columns + len(soft))
        sheet.put_coupling(coupling, rows, taken)
        for part in parts:
            sheet.put_part(part, rows)
        size, excess = coupling.sizes[soft], around.excess[soft]
        scale = np.maximum(excess, FINEST * size)
        limit = coupling.row_upper[soft]
        over = np.where(excess > 0, around.activity[soft] > limit, np.isfinite(limit))
        number = np.searchsorted(rows, soft)
        sheet.put(number, relief + np.arange(len(soft)), np.where(over, -scale, scale))
        start = np.concatenate([start, excess / scale])
        slack = np.maximum(2.0, size / scale)
        problem = sheet.problem(
            lower=np.concatenate(
                [lower, *(p.part.problem.lower[p.kept] for p in parts), 0 * slack]
            ),
            upper=np.concatenate([upper, *(p.part.problem.upper[p.kept] for p in parts), slack]),
            cost=np.concatenate(
                [
                    coupling.cost,
                    *(p.part.problem.cost[p.kept] for p in parts),
                    self._rates(excess, size) * scale,
                ]
            ),
            integer=np.concatenate(
                [
                    coupling.integer,
                    *(p.part.problem.integer[p.kept] for p in parts),
                    np.zeros(len(soft), dtype=bool),
                ]
            ),
        )
        return Neighborhood(problem, parts, start, relief)

    def _start(self, around: Assignment, parts: tuple[FreePart, ...]) -> tuple[Floats, int]:
        chunks = [around.shared]
        for part in parts:
            column = around.columns[part.part.index]
            chunks.append(self._pricer.values_of(column)[part.kept])
        start = np.concatenate(chunks)
        return start, len(start)

    def read(self, around: Assignment, place: Neighborhood, x: Floats) -> Assignment:
        """The assignment at a point of a neighborhood."""
        columns = list(around.columns)
        for part in place.parts:
            columns[part.part.index] = self._read_part(part, x)
        coupling = around.coupling
        shared = x[: coupling.columns]
        shared = np.where(coupling.integer, np.rint(shared), shared)
        return Assignment(coupling, tuple(columns), shared)

    def _read_part(self, part: FreePart, x: Floats) -> Column:
        """A free group's placement; of what follows from its shards and hubs, no rounding stays."""
        group, problem = part.part.index, part.part.problem
        values = np.zeros(problem.columns)
        values[part.kept] = x[part.first : part.first + len(part.kept)]
        values = np.where(problem.integer, np.rint(values), values)
        found = self._pricer.column_of(group, values) if self._pricer.is_exact(group) else None
        nonzero = np.flatnonzero(np.abs(values) > 1e-9)
        return found or self._pricer.column(group, nonzero, values[nonzero])


def _touched(coupling: Coupling, parts: Sequence[FreePart]) -> Bools:
    """(r,) coupling rows in which a free group has a column that it may use."""
    touched = np.zeros(coupling.rows, dtype=bool)
    for part in parts:
        matrix = part.part.coupling
        mask = np.zeros(part.part.problem.columns, dtype=bool)
        mask[part.kept] = True
        touched[matrix.columns[mask[matrix.row_of_entry]]] = True
    return touched


def _tighten(
    coupling: Coupling, taken: Floats, touched: Bools, lower: Floats, upper: Floats
) -> tuple[Floats, Floats, Ints]:
    """Rows with one plan-wide column alone become its bounds; returns the rows that remain."""
    entries = coupling.entries
    count = np.diff(entries.starts)
    single = np.flatnonzero((count == 1) & ~touched)
    at, value = entries.columns[entries.starts[single]], entries.values[entries.starts[single]]
    least = (coupling.row_lower[single] - taken[single]) / value
    most = (coupling.row_upper[single] - taken[single]) / value
    least, most = np.where(value > 0, least, most), np.where(value > 0, most, least)
    whole = coupling.integer[at]
    least = np.where(whole, np.ceil(least - 1e-7), least)
    most = np.where(whole, np.floor(most + 1e-7), most)
    lower, upper = lower.copy(), upper.copy()
    fits = (least <= upper[at]) & (most >= lower[at])
    np.maximum.at(lower, at[fits], least[fits])
    np.minimum.at(upper, at[fits], most[fits])
    crossed = lower > upper
    lower[crossed] = upper[crossed] = np.minimum(lower, upper)[crossed]
    keep = touched | (count > 1)
    return lower, upper, np.flatnonzero(keep)


class _Sheet:
    """Rows of a small program, gathered."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._row: list[Ints] = []
        self._column: list[Ints] = []
        self._value: list[Floats] = []
        self._lower: list[Floats] = []
        self._upper: list[Floats] = []
        self._strict: list[Bools] = []
        self._rows = 0

    def put(self, row: Ints, column: Ints, value: Floats) -> None:
        """Add coefficients."""
        self._row.append(row)
        self._column.append(column)
        self._value.append(value)

    def add_rows(self, lower: Floats, upper: Floats, strict: Bools) -> None:
        """Add rows."""
        self._lower.append(lower)
        self._upper.append(upper)
        self._strict.append(strict)
        self._rows += len(lower)

    def put_coupling(self, coupling: Coupling, rows: Ints, taken: Floats) -> None:
        """Add coupling rows, less what fixed groups take of them."""
        self.add_rows(
            coupling.row_lower[rows] - taken[rows],
            coupling.row_upper[rows] - taken[rows],
            coupling.strict[rows],
        )
        number = np.full(coupling.rows, -1)
        number[rows] = np.arange(len(rows))
        row = number[coupling.entries.row_of_entry]
        here = row >= 0
        self.put(row[here], coupling.entries.columns[here], coupling.entries.values[here])

    def put_part(self, free: FreePart, rows: Ints) -> None:
        """Add a group's own rows, and its coefficients in coupling rows."""
        part, problem = free.part, free.part.problem
        number = np.full(problem.columns, -1)
        number[free.kept] = free.first + np.arange(len(free.kept))
        column = number[part.coupling.row_of_entry]
        here = column >= 0
        row = np.searchsorted(rows, part.coupling.columns[here])
        self.put(row, column[here], part.coupling.values[here])
        matrix = problem.matrix
        column = number[matrix.columns]
        here = column >= 0
        row = matrix.row_of_entry[here]
        alive = np.bincount(row, minlength=problem.rows) > 0
        place = self._rows + np.cumsum(alive) - 1
        self.put(place[row], column[here], matrix.values[here])
        self.add_rows(problem.row_lower[alive], problem.row_upper[alive], problem.strict[alive])

    def problem(self, lower: Floats, upper: Floats, cost: Floats, integer: Bools) -> Problem:
        """The program with these columns."""
        return Problem(
            lower=lower,
            upper=upper,
            cost=cost,
            integer=integer,
            matrix=build_matrix(
                np.concatenate(self._row),
                np.concatenate(self._column),
                np.concatenate(self._value),
                self._rows,
                self._columns,
            ),
            row_lower=np.concatenate(self._lower),
            row_upper=np.concatenate(self._upper),
            strict=np.concatenate(self._strict),
        )
