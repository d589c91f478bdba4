"""Completing a placement: the columns that compiled pricing does not know."""

from __future__ import annotations

import numpy as np

from gpualloc.engines.backends.base import Listener, Settings
from gpualloc.engines.backends.highs import HighsBackend
from gpualloc.engines.decomposition.effort import SECONDS_PER_CHECK, SECONDS_PER_COMPLETION
from gpualloc.engines.decomposition.left_out import LeftOut
from gpualloc.engines.decomposition.shape import Shape
from gpualloc.engines.decomposition.sides import narrow
from gpualloc.formulation.groups import Part
from gpualloc.formulation.problem import Matrix, Problem, build_matrix
from gpualloc.vectors import Bools, Floats, Ints

NEAR = 1e-9


class Completion:
    """What of a group's rows pricing leaves out, and the columns that only those have.

    Parameters
    ----------
    part : Part
    shape : Shape
    left_out : LeftOut
    """

    def __init__(self, part: Part, shape: Shape, left_out: LeftOut) -> None:
        problem = part.problem
        self.columns = problem.columns
        self.problem = problem
        self._lower, self._upper = left_out.lower, left_out.upper
        self._row, self._column, self._value = left_out.row, left_out.column, left_out.value
        self._loose = np.zeros(problem.columns, dtype=bool)
        self._loose[left_out.column] = True
        self._loose[shape.core] = False
        self._loose[problem.matrix.columns[shape.known[problem.matrix.row_of_entry]]] = False

    def complete(
        self, core: dict[int, float], reduced: Floats
    ) -> tuple[dict[int, float] | None, float]:
        """The cheapest values of the loose columns at some reduced costs; None if there are none.

        Parameters
        ----------
        core : dict
            Column to value, counted from the group's first, for all other columns.

        Returns
        -------
        dict or None
            Column to value, for all columns.
        float
            Effort.
        """
        x = np.zeros(self.columns)
        x[list(core)] = list(core.values())
        rows = len(self._lower)
        fixed = ~self._loose[self._column]
        activity = np.bincount(self._row[fixed], self._value[fixed] * x[self._column[fixed]], rows)
        lower, upper = self._lower - activity, self._upper - activity
        alive = self._alive(upper, fixed)
        keep = alive[self._column] & ~fixed
        columns = np.flatnonzero(alive)
        loose = np.bincount(self._row[keep], minlength=rows)
        used = loose > 0
        if (lower[~used] > NEAR).any() or (upper[~used] < -NEAR).any():
            return None, SECONDS_PER_CHECK
        if not len(columns):
            return core, SECONDS_PER_CHECK
        if loose.max() > 1:
            values = self._solve(columns, keep, lower, upper, used, reduced)
            effort = SECONDS_PER_COMPLETION
        else:
            values = self._choose_each(columns, keep, lower, upper, reduced)
            effort = SECONDS_PER_CHECK
        if values is None:
            return None, effort
        nonzero = np.flatnonzero(np.abs(values) > NEAR)
        return {**core, **{int(columns[at]): float(values[at]) for at in nonzero}}, effort

    def _alive(self, upper: Floats, fixed: Bools) -> Bools:
        """Loose columns that no row holds at zero."""
        alive = self._loose.copy()
        positive = np.bincount(
            self._row[~fixed], self._value[~fixed] > 0, len(upper)
        ) == np.bincount(self._row[~fixed], minlength=len(upper))
        shut = (upper <= NEAR) & positive
        alive[self._column[~fixed & shut[self._row]]] = False
        return alive

    def _choose_each(
        self, columns: Ints, keep: Bools, lower: Floats, upper: Floats, reduced: Floats
    ) -> Floats | None:
        """Values of loose columns that share no row: each at its cheaper end."""
        problem = self.problem
        least, most = problem.lower.copy(), problem.upper.copy()
        row, column, value = self._row[keep], self._column[keep], self._value[keep]
        narrow(least, most, column, value, lower[row], upper[row])
        least, most, whole = least[columns], most[columns], problem.integer[columns]
        least = np.where(whole, np.ceil(least - NEAR), least)
        most = np.where(whole, np.floor(most + NEAR), most)
        values: Floats = np.where(reduced[columns] >= 0, least, most)
        near = NEAR * np.maximum(1.0, np.abs(values))
        return values if ((least <= most + near) & np.isfinite(values)).all() else None

    def _solve(
        self,
        columns: Ints,
        keep: Bools,
        lower: Floats,
        upper: Floats,
        used: Bools,
        reduced: Floats,
    ) -> Floats | None:
        problem = self.problem
        number = np.full(self.columns, -1)
        number[columns] = np.arange(len(columns))
        rows = np.cumsum(used) - 1
        matrix: Matrix = build_matrix(
            rows[self._row[keep]],
            number[self._column[keep]],
            self._value[keep],
            int(used.sum()),
            len(columns),
        )
        small = Problem(
            lower=problem.lower[columns],
            upper=problem.upper[columns],
            cost=reduced[columns],
            integer=problem.integer[columns],
            matrix=matrix,
            row_lower=lower[used],
            row_upper=upper[used],
            strict=np.zeros(int(used.sum()), dtype=bool),
        )
        outcome = HighsBackend().solve(small, Settings(threads=1), None, Listener())
        return outcome.values
