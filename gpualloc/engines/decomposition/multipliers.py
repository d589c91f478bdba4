r"""Multipliers of the rows that compiled pricing leaves out.

Pricing knows some placements X of a group, and not the rows :math:`\underline{b} \le B x \le
\bar b` that flows or moves add to it. Leaving these out makes each job of a flow choose as if it
were alone. At any multipliers :math:`\mu`, with b the side that each one's sign points to,

.. math:: \min_{x \in X,\; \underline{b} \le B x \le \bar b} c x \;\ge\;
          \mu^\top b + \min_{x \in X} (c - B^\top \mu) x

so pricing at costs shifted by :math:`-B^\top \mu` is a relaxation still. With those of the group's
own linear relaxation it is at least as sharp as that.
"""

from __future__ import annotations

from collections.abc import Set
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import highspy
import numpy as np
from highspy import HighsModelStatus

from gpualloc.engines.backends.highs import build, require
from gpualloc.engines.decomposition.effort import SECONDS_PER_HARD_GROUP, of_simplex
from gpualloc.engines.decomposition.left_out import LeftOut
from gpualloc.engines.decomposition.sides import keep_signed, sum_pressed
from gpualloc.formulation.groups import Part
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats

MOST_LINES = 10_000
"""Groups with more rows and columns together have no multipliers."""


@dataclass(frozen=True, eq=False)
class Shift:
    """What multipliers do to pricing.

    Attributes
    ----------
    firsts : dict of int
        Position of the first column of each group that has multipliers.
    usd : dict of (n,) float
        What the reduced costs of its columns change by.
    constant_usd : (G,) float
        What the least reduced cost of each group changes by.
    """

    firsts: dict[int, int]
    usd: dict[int, Floats]
    constant_usd: Floats

    def apply(self, reduced: Floats) -> None:
        """Shift the reduced costs of all groups' columns."""
        for group, first in self.firsts.items():
            usd = self.usd[group]
            reduced[first : first + len(usd)] += usd

    def apply_to(self, group: int, reduced: Floats) -> None:
        """Shift the reduced costs of one group's columns."""
        if group in self.usd:
            reduced += self.usd[group]

    def only(self, groups: Set[int]) -> Shift:
        """The shift of some groups alone."""
        firsts = {group: first for group, first in self.firsts.items() if group in groups}
        return Shift(firsts, {group: self.usd[group] for group in firsts}, self.constant_usd)


class Multipliers:
    """The multipliers of all groups with rows that pricing leaves out.

    Parameters
    ----------
    groups : int
        All of them, hard or not.

    Attributes
    ----------
    shift : Shift
        Made anew by each update; an earlier one stays as it is.
    effort : float
        Estimated seconds of all updates.
    """

    def __init__(self, groups: int) -> None:
        self._hard: list[HardRelaxation] = []
        self.effort = 0.0
        self.shift = Shift({}, {}, np.zeros(groups))

    def add(self, part: Part, left_out: LeftOut, first: int) -> None:
        """Take a group whose rows pricing does not all know; `first` is its first column."""
        if part.problem.rows + part.problem.columns <= MOST_LINES:
            self._hard.append(HardRelaxation(part, left_out, first))

    def update(self, reduced: Floats, pool: Executor) -> None:
        """Find multipliers at some reduced costs of all groups' columns, not shifted yet."""
        found = list(pool.map(lambda hard: hard.solve(reduced), self._hard))
        constant = np.zeros_like(self.shift.constant_usd)
        for hard, (_, usd, iterations) in zip(self._hard, found, strict=True):
            constant[hard.group] = usd
            simplex = of_simplex(iterations, hard.lines, hard.entries)
            self.effort += SECONDS_PER_HARD_GROUP + simplex
        groups = [hard.group for hard in self._hard]
        self.shift = Shift(
            dict(zip(groups, (hard.first for hard in self._hard), strict=True)),
            dict(zip(groups, (usd for usd, _, _ in found), strict=True)),
            constant,
        )


class HardRelaxation:
    """The linear relaxation of one group, kept warm in HiGHS from one update to the next.

    Attributes
    ----------
    group : int
    first : int
        Position of its first column among those of all groups.
    lines, entries : int
        Its rows and columns, and coefficients.
    """

    def __init__(self, part: Part, left_out: LeftOut, first: int) -> None:
        problem = part.problem
        self.group = part.index
        self.first = first
        self.lines = problem.rows + problem.columns
        self.entries = len(problem.matrix.values)
        self._left_out = left_out
        self._problem: Problem = replace(problem, integer=np.zeros(problem.columns, dtype=bool))
        self._factors: Floats = np.empty(0)
        self._highs: highspy.Highs | None = None

    def solve(self, reduced: Floats) -> tuple[Floats, float, int]:
        """The shift of its reduced costs, of its least reduced cost, and simplex iterations."""
        own = reduced[self.first : self.first + self._problem.columns]
        unit = max(1.0, float(np.abs(own).max()))
        highs = self._model()
        idents = np.arange(len(own), dtype=np.int32)
        require(highs.changeColsCost(len(own), idents, own / unit), "changeColsCost")
        require(highs.run(), "run")
        iterations = max(0, highs.getInfo().simplex_iteration_count)
        if highs.getModelStatus() != HighsModelStatus.kOptimal:
            return np.zeros(len(own)), 0.0, iterations
        dual = np.array(highs.getSolution().row_dual) * self._factors * unit
        rows = self._left_out
        multiplier = keep_signed(dual[rows.rows], rows.lower, rows.upper)
        usd = multiplier[rows.row] * rows.value
        taken: Floats = np.bincount(rows.column, usd, len(own)).astype(float)
        return -taken, sum_pressed(multiplier, rows.lower, rows.upper), iterations

    def _model(self) -> highspy.Highs:
        if self._highs is None:
            scaled, self._factors = self._problem.with_small_rows()
            self._highs = build(scaled)
            require(self._highs.setOptionValue("presolve", "off"), "presolve")
        return self._highs
