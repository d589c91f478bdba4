"""Ruin and recreate: take a few placements out, and put each back at its best in the room left.

Integer plan-wide columns stay where they are, so every coupling row has a limit, and one group is
priced within the room that the others leave, which is fast. A group that would rather be elsewhere
is taken out with some of those in its way. Groups that found no place come first the next time, and
others make way for them (squeaky wheel optimization: Joslin and Clements 1999).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.effort import of_try
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.engines.decomposition.sides import narrow
from gpualloc.engines.decomposition.small import solve_small
from gpualloc.formulation.problem import Problem, build_matrix
from gpualloc.vectors import Bools, Floats, Ints

MOST, MOST_ABSENT = 6, 15
"""Groups that are taken out beside the first, and beside one that has no place."""

WAYS, WAYS_ABSENT = 3, 8
"""Rows in the way of the first from which groups are taken out, likewise."""

WARMTH = 0.02
"""How much dearer than the best a plan may get on the way, in average costs of a group."""

WARMTH_ABSENT = 1.0
"""The same while a group has no place."""

SHARE_IN_ORDER = 0.5
SOME = 3
"""Groups of which the one that loses most is taken."""

ABSENT = 20.0
"""What a group without a place costs, and a row broken by its whole size, in average costs."""

NARROWER = 3
NEAR = 1e-7
"""What rounding may take of a row, in its sizes."""


class Recreation:
    """Improves an assignment by ruin and recreate.

    Parameters
    ----------
    pricer : Pricer
    unit_usd : float
        Average cost of a group.
    seed : int

    Attributes
    ----------
    failed : (G,) int
        How often each group ended without a place.
    effort : float
        Estimated seconds so far, beside what pricing takes.
    """

    def __init__(self, pricer: Pricer, unit_usd: float, seed: int) -> None:
        self.pricer = pricer
        self.effort = 0.0
        self.unit_usd = unit_usd
        self.random = np.random.default_rng(seed)
        self.failed = np.zeros(len(pricer), dtype=np.int64)

    def improve(
        self, start: Assignment, center: Center, tries: int, stop: Callable[[], bool]
    ) -> Assignment:
        """The best assignment met on the way, with the integer plan-wide columns of the start.

        From one that breaks rows it ends with the first that does not.
        """
        site = _Site(self, start, center)
        for at in range(tries):
            if stop() or not (start.is_valid or site.is_broken):
                break
            site.try_once(WARMTH * self.unit_usd * (1 - at / tries))
            self.effort += of_try(start.coupling.rows)
        self.failed += np.array([best is None for best in site.best])
        columns = (best or own for best, own in zip(site.best, start.columns, strict=True))
        return Assignment(start.coupling, tuple(columns), start.shared)


class _Site:
    """One assignment while it is ruined and recreated; groups without a place are absent."""

    def __init__(self, parent: Recreation, start: Assignment, center: Center) -> None:
        coupling = start.coupling
        self.pricer, self.random, self.center = parent.pricer, parent.random, center
        self.declared = coupling.declared
        self.lower, self.upper, self.slope = limits_of(self.pricer, start)
        self.near = NEAR * coupling.sizes
        self.price = ABSENT * parent.unit_usd / coupling.sizes
        self.absent_usd = ABSENT * np.maximum(center.least, parent.unit_usd)
        self.unit_usd = parent.unit_usd
        self.duals = np.where(self.slope != 0, self.slope, center.duals)
        self.duals[self.declared :] = self.slope[self.declared :]
        self.endless = np.where(np.arange(coupling.rows) < self.declared, np.inf, self.upper)
        self.taken = np.zeros(coupling.rows)
        self.users: list[set[int]] = [set() for _ in range(coupling.rows)]
        self.columns: list[Column | None] = [None] * len(start.columns)
        self._arrange(start.columns, parent.failed)
        self.value = self._worth(range(len(self.columns)))
        self.value += self._penalty(np.arange(coupling.rows), self.taken)
        self.best_value = self.value
        self.best = list(self.columns)

    def _arrange(self, columns: Sequence[Column], failed: Ints) -> None:
        """Place all groups: those that fit where they are, and then the others.

        Groups that failed before come first, wherever they fit. What groups still to come give back
        to a row (a share of what all spend, a count) is there from the beginning.
        """
        for column in columns:
            self.taken[column.rows] += self._given(column)
        late: list[Column] = []
        for column in sorted(columns, key=lambda own: (-failed[own.group], -own.cost, own.group)):
            self.taken[column.rows] -= self._given(column)
            if self._fits(column):
                self._put(column.group, column)
            elif failed[column.group]:
                self._put(column.group, self._place(column.group, self.duals))
            else:
                self.taken[column.rows] += self._given(column)
                late.append(column)
        for column in late:
            self.taken[column.rows] -= self._given(column)
            self._put(column.group, self._place(column.group, self.duals))

    def _given(self, column: Column) -> Floats:
        """What a placement gives back to the rows with one limit."""
        below, above = self.lower[column.rows], self.upper[column.rows]
        least, most = np.where(np.isinf(below), below, 0.0), np.where(np.isinf(above), above, 0.0)
        given: Floats = np.clip(column.coefficients, least, most)
        return given

    @property
    def is_broken(self) -> bool:
        """Whether a group has no place, or a row has less than its least."""
        return None in self.columns or bool(self._lacks().any())

    def _lacks(self) -> Bools:
        """(r,) rows that have less than their least."""
        lacks: Bools = self.lower - self.taken > self.near
        return lacks

    def try_once(self, warmth: float) -> None:
        """Take some groups out, put them back, and keep what came of it unless it is too dear."""
        theta = float(self.random.random())
        out = self._choose(theta)
        if None in self.columns:
            warmth = WARMTH_ABSENT * self.unit_usd
        before = [self.columns[group] for group in out]
        worth, taken = self._worth(out), self.taken.copy()
        for group in out:
            self._put(group, None)
        duals = theta * self.duals + (1 - theta) * self.slope
        for group in out:
            self._put(group, self._place(group, duals))
        rows = np.flatnonzero(self.taken != taken)
        change = self._worth(out) - worth
        change += self._penalty(rows, self.taken[rows]) - self._penalty(rows, taken[rows])
        if self.value + change < self.best_value + warmth:
            self.value += change
            if self.value < self.best_value - 1e-6 * self.unit_usd:
                self.best_value, self.best = self.value, list(self.columns)
            return
        for group, column in zip(out, before, strict=True):
            self._put(group, column)
        self.taken = taken

    def _fits(self, column: Column) -> bool:
        room = self.upper[column.rows] - self.taken[column.rows] + self.near[column.rows]
        return bool((column.coefficients <= np.maximum(room, 0.0)).all())

    def _place(self, group: int, duals: Floats) -> Column | None:
        """The cheapest placement in the room that is left; None if none is found."""
        duals = np.where(self._lacks(), self.price, duals)
        room = self.upper - self.taken
        for _ in range(NARROWER):
            column = self.pricer.place_within(group, duals, room)
            if column is None or self._fits(column):
                return column
            over = column.coefficients > room[column.rows] + self.near[column.rows]
            room = room.copy()
            room[column.rows[over]] *= 0.5  # parts that fit one by one do not fit together
        return None

    def _worth(self, groups: Iterable[int]) -> float:
        usd = 0.0
        for group in groups:
            column = self.columns[group]
            absent = float(self.absent_usd[group])
            usd += absent if column is None else column.reduced_cost(self.slope)
        return usd

    def _penalty(self, rows: Ints, activity: Floats) -> float:
        over = np.maximum(activity - self.upper[rows], self.lower[rows] - activity)
        over = np.where(over > self.near[rows], over, 0.0)
        return float(over @ self.price[rows])

    def _put(self, group: int, column: Column | None) -> None:
        """Give a group another placement, or none."""
        old = self.columns[group]
        if old is not None:
            self.taken[old.rows] -= old.coefficients
            for row in old.rows.tolist():
                self.users[row].discard(group)
        if column is not None:
            self.taken[column.rows] += column.coefficients
            for row in column.rows.tolist():
                self.users[row].add(group)
        self.columns[group] = column

    def _absent(self) -> list[int]:
        return [group for group, column in enumerate(self.columns) if column is None]

    def _choose(self, theta: float) -> list[int]:
        """A group, and some of those in its way, in the order in which they are put back."""
        absent = self._absent()
        most, ways = (MOST_ABSENT, WAYS_ABSENT) if absent else (MOST, WAYS)
        if absent:
            seed = int(self.random.choice(absent))
        elif self._lacks().any():
            seed = int(self.random.integers(len(self.columns)))
        else:
            seed = self._regretful()
        others: set[int] = set()
        count = int(self.random.integers(1, most + 1))
        for row in self.random.permutation(self._in_the_way(seed, theta))[:ways].tolist():
            users = sorted(self.users[row] - {seed})
            some = self.random.permutation(users)[: max(1, count - len(others))]
            others.update(int(user) for user in some)
        rest = self.random.permutation(sorted(others)).tolist()
        if self.random.random() < SHARE_IN_ORDER:
            return [seed, *rest]
        return [int(group) for group in self.random.permutation([seed, *rest])]

    def _regretful(self) -> int:
        """A group, the likelier the more its placement costs beyond its least."""
        some = self.random.integers(0, len(self.columns), SOME).tolist()
        return int(max(some, key=self._regret_usd))

    def _regret_usd(self, group: int) -> float:
        column = self.columns[group]
        assert column is not None
        return column.reduced_cost(self.center.duals) - float(self.center.least[group])

    def _in_the_way(self, seed: int, theta: float) -> Ints:
        """Plan-wide rows that are too full for where a group would rather be."""
        own = self.columns[seed]
        duals = theta * self.duals + (1 - theta) * self.slope
        ideal = self.pricer.place_within(seed, duals, self.endless)
        if ideal is None:
            return np.empty(0, dtype=np.int64) if own is None else own.rows
        full = rows_in_the_way(ideal, own, self.taken, self.upper, self.near, self.declared)
        rows = ideal.rows if own is None else own.rows
        return full if len(full) else rows[rows < self.declared]


def rows_in_the_way(
    column: Column, own: Column | None, taken: Floats, upper: Floats, near: Floats, declared: int
) -> Ints:
    """Plan-wide rows that are too full for a placement in place of the group's own."""
    taken = taken.copy()
    if own is not None:
        taken[own.rows] -= own.coefficients
    after = taken[column.rows] + column.coefficients
    full = after > upper[column.rows] + near[column.rows]
    return column.rows[full & (column.rows < declared)]


def limits_of(pricer: Pricer, start: Assignment) -> tuple[Floats, Floats, Floats]:
    """(r,) least and most that the groups may take of each row, and what a unit more is worth.

    Integer plan-wide columns stay; rows with continuous ones (a shortfall, the spend in a tier)
    have the room that these can make, at what that costs at the start.
    """
    coupling = start.coupling
    entries = coupling.entries
    loose = ~coupling.integer
    entry = np.flatnonzero(loose[entries.columns])
    base = entries.dot(np.where(loose, 0.0, start.shared))
    row, column, value = entries.row_of_entry[entry], entries.columns[entry], entries.values[entry]
    least, most = _narrow(pricer, base, row, column, value)
    ends = np.stack([value * least[column], value * most[column]])
    low, high = np.zeros(coupling.rows), np.zeros(coupling.rows)
    np.add.at(low, row, ends.min(axis=0))
    np.add.at(high, row, ends.max(axis=0))
    slope = _slopes_of(start, base, row, column, value)
    return coupling.row_lower - base - high, coupling.row_upper - base - low, slope


def _narrow(
    pricer: Pricer, base: Floats, row: Ints, column: Ints, value: Floats
) -> tuple[Floats, Floats]:
    """(c,) bounds of plan-wide columns, with rows that hold one continuous column and no group."""
    coupling = pricer.coupling
    least, most = coupling.lower.copy(), coupling.upper.copy()
    alone = (np.bincount(row, minlength=coupling.rows) == 1) & ~pricer.touched
    here = alone[row]
    row, column, value = row[here], column[here], value[here]
    below, above = coupling.row_lower[row] - base[row], coupling.row_upper[row] - base[row]
    narrow(least, most, column, value, below, above)
    return least, np.maximum(least, most)


def _slopes_of(start: Assignment, base: Floats, row: Ints, column: Ints, value: Floats) -> Floats:
    """(r,) duals of the rows with continuous plan-wide columns, all else fixed."""
    coupling = start.coupling
    slope = np.zeros(coupling.rows)
    rows, row_at = np.unique(row, return_inverse=True)
    columns, column_at = np.unique(column, return_inverse=True)
    if not len(rows):
        return slope
    fixed = (start.taken + base)[rows]
    problem = Problem(
        lower=coupling.lower[columns],
        upper=coupling.upper[columns],
        cost=coupling.cost[columns],
        integer=np.zeros(len(columns), dtype=bool),
        matrix=build_matrix(row_at, column_at, value, len(rows), len(columns)),
        row_lower=coupling.row_lower[rows] - fixed,
        row_upper=coupling.row_upper[rows] - fixed,
        strict=np.zeros(len(rows), dtype=bool),
    )
    found = solve_small(problem)
    if found.duals is not None:
        slope[rows] = found.duals
    return slope
