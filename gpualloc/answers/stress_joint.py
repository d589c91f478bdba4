r"""One program over all scenarios, in which what is decided here and now is decided once.

With :math:`y` the choices made here and now and :math:`x_s` all other columns of scenario s, whose
rows and costs are those of its own instance:

.. math:: \min \sum_s p_s \, c_s(y, x_s) \quad \text{or} \quad
          \min \omega, \;\; \omega \ge c_s(y, x_s) \; \forall s,
          \qquad (y, x_s) \text{ valid in } s

with :math:`p_s` the probability of scenario s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpualloc.answers.stress_choices import Choices
from gpualloc.answers.stress_epigraph import with_cost, with_largest
from gpualloc.engines.subject import Candidate
from gpualloc.formulation.problem import Matrix, Problem
from gpualloc.formulation.program import Program, formulate
from gpualloc.formulation.translation import decode, encode
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.vectors import Floats, Ints

OPENED = "opened"
"""The family of columns that open offers with a fixed fee."""


@dataclass(frozen=True)
class Weighing:
    """How the scenarios' costs make one figure.

    Parameters
    ----------
    probabilities : tuple of float
    worst : bool
        The largest cost instead of the expected one.
    """

    probabilities: tuple[float, ...]
    worst: bool

    def value(self, costs: Sequence[float]) -> float:
        """The figure of the scenarios' costs in USD."""
        if self.worst:
            return max(costs)
        pairs = zip(self.probabilities, costs, strict=True)
        return sum(probability * cost for probability, cost in pairs)


class JointSubject:
    """The plans of several scenarios, with one set of choices made here and now.

    Parameters
    ----------
    instances : sequence of Instance
        One a scenario.
    weighing : Weighing
    """

    def __init__(self, instances: Sequence[Instance], weighing: Weighing) -> None:
        self.instances = tuple(instances)
        self.weighing = weighing
        self._programs = [formulate(instance) for instance in instances]
        self._columns = share_columns(
            [choice_columns(program) for program in self._programs],
            [program.problem.columns for program in self._programs],
        )
        self.problem = self._join()
        self.has_flows = any(program.flows for program in self._programs)

    def judge(self, values: Floats) -> Candidate:
        """Read a point as one plan a scenario, and check them all."""
        pairs = zip(self._programs, self._columns, strict=True)
        return self.weigh([decode(program, values[own]) for program, own in pairs])

    def encode(self, layouts: Sequence[Layout]) -> Floats:
        """Plans, one a scenario, as values of columns, NaN where they decide nothing."""
        values = np.full(self.problem.columns, np.nan)
        for program, own, layout in zip(self._programs, self._columns, layouts, strict=True):
            values[own] = encode(program, layout).values
        return values

    def weigh(self, layouts: Sequence[Layout]) -> Candidate:
        """Check plans, one a scenario, that were made with the same choices."""
        each = list(zip(self.instances, layouts, strict=True))
        verdicts = tuple(check_layout(instance, layout) for instance, layout in each)
        choices = Choices.of(each)
        costs = [
            verdict.objective_usd
            + float(choices.idle_fees_usd(instance, {row.offer for row in layout.placements}))
            for verdict, (instance, layout) in zip(verdicts, each, strict=True)
        ]
        return Candidate(tuple(layouts), verdicts, self.weighing.value(costs))

    def _join(self) -> Problem:
        problems = [program.problem for program in self._programs]
        size = 1 + max(int(own.max(initial=-1)) for own in self._columns)
        joined = Problem(
            lower=_spread(self._columns, [one.lower for one in problems], size),
            upper=_spread(self._columns, [one.upper for one in problems], size),
            cost=np.zeros(size),
            integer=_spread(self._columns, [one.integer.astype(float) for one in problems], size)
            > 0,
            matrix=_stack([one.matrix for one in problems], self._columns),
            row_lower=np.concatenate([one.row_lower for one in problems]),
            row_upper=np.concatenate([one.row_upper for one in problems]),
            strict=np.concatenate([one.strict for one in problems]),
        )
        costs = np.zeros((len(problems), size))
        for scenario, own in enumerate(self._columns):
            costs[scenario, own] = problems[scenario].cost
        if self.weighing.worst:
            return with_largest(joined, costs)
        return with_cost(joined, np.array(self.weighing.probabilities) @ costs)


def choice_columns(program: Program) -> dict[tuple[str, str], int]:
    """The columns that are decided here and now, by what they mean."""
    found = {("bought out", name): column for name, column in program.bought.items()}
    for family in program.column_families:
        if family.title == OPENED:
            for at, member in enumerate(family.members):
                found[OPENED, family.axes[0][int(member)]] = family.first + at
    return found


def share_columns(
    choices: Sequence[dict[tuple[str, str], int]], sizes: Sequence[int]
) -> list[Ints]:
    """Where each scenario's columns are in the joint program; equal choices are one column."""
    names = {name: None for found in choices for name in found}
    place = {name: at for at, name in enumerate(names)}
    taken = len(place)
    columns = []
    for found, size in zip(choices, sizes, strict=True):
        own = np.full(size, -1, dtype=np.int64)
        for name, column in found.items():
            own[column] = place[name]
        free = own < 0
        own[free] = taken + np.arange(free.sum())
        taken += int(free.sum())
        columns.append(own)
    return columns


def _spread(columns: Sequence[Ints], figures: Sequence[Floats], size: int) -> Floats:
    spread = np.zeros(size)
    for own, figure in zip(columns, figures, strict=True):
        spread[own] = figure
    return spread


def _stack(matrices: Sequence[Matrix], columns: Sequence[Ints]) -> Matrix:
    """The rows of all scenarios below each other."""
    lengths = np.concatenate([np.diff(matrix.starts) for matrix in matrices])
    return Matrix(
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(matrices[0].starts.dtype),
        columns=np.concatenate(
            [own[matrix.columns] for matrix, own in zip(matrices, columns, strict=True)]
        ),
        values=np.concatenate([matrix.values for matrix in matrices]),
    )
