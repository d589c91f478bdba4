"""An assignment: one placement for every group, and the plan-wide columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.planwide import hold
from gpualloc.formulation.groups import Coupling
from gpualloc.vectors import Floats, Ints, sums_by

STRICT_NEAR = 1e-9
NEAR = 9e-7
"""Limits that are not counted exactly may be passed by this, relative."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """One placement for every group, and the plan-wide columns; it may break coupling rows.

    Attributes
    ----------
    columns : tuple of Column
        One for each group.
    shared : (c,) float
        The plan-wide columns.
    """

    coupling: Coupling
    columns: tuple[Column, ...]
    shared: Floats

    @cached_property
    def cost_usd(self) -> float:
        """What it costs, without regard to broken rows."""
        placed = sum(column.cost for column in self.columns)
        return placed + float(self.coupling.cost @ self.shared)

    @cached_property
    def taken(self) -> Floats:
        """(r,) what the groups take of every coupling row."""
        return activity_of(self.coupling, self.columns)

    @cached_property
    def activity(self) -> Floats:
        """(r,) what every coupling row comes to."""
        return self.taken + self.coupling.entries.dot(self.shared)

    @cached_property
    def excess(self) -> Floats:
        """(r,) by how much each coupling row is broken, in its own unit; 0 within tolerance."""
        return find_excess(self.coupling, self.activity)

    @cached_property
    def broken(self) -> Ints:
        """The coupling rows that it breaks."""
        return np.flatnonzero(self.excess)

    @property
    def is_valid(self) -> bool:
        """Whether it keeps every row."""
        return not len(self.broken)

    def hold(self, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """Bounds on the plan-wide columns within others, with the integer ones as they are here."""
        return hold(self.coupling.integer, self.shared, lower, upper)


def activity_of(coupling: Coupling, columns: tuple[Column, ...]) -> Floats:
    """(r,) what some columns take of every coupling row."""
    if not columns:
        return np.zeros(coupling.rows)
    rows = np.concatenate([column.rows for column in columns])
    values = np.concatenate([column.coefficients for column in columns])
    return sums_by(rows, values, coupling.rows)


def find_excess(coupling: Coupling, activity: Floats) -> Floats:
    """(r,) by how much each coupling row is broken, in its own unit; 0 within tolerance."""
    over = np.maximum(0.0, activity - coupling.row_upper)
    under = np.maximum(0.0, coupling.row_lower - activity)
    near = np.where(coupling.strict, STRICT_NEAR, NEAR)
    upper = np.where(np.isfinite(coupling.row_upper), np.abs(coupling.row_upper), 0.0)
    lower = np.where(np.isfinite(coupling.row_lower), np.abs(coupling.row_lower), 0.0)
    over[over <= near * np.maximum(1.0, upper)] = 0.0
    under[under <= near * np.maximum(1.0, lower)] = 0.0
    return over + under
