"""What the tests of the decomposition share: instances read into groups, and a MILP to compare."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np

from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.backends.highs import HighsBackend
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.decomposer import Decomposer
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.formulation.amendment import UNAMENDED, Amendment
from gpualloc.formulation.groups import Coupling, Groups
from gpualloc.formulation.problem import Problem, build_matrix
from gpualloc.instance import Instance
from gpualloc.vectors import Floats
from tests.tiny import FOCI, tiny_instance
from tests.tiny.scale import Data

Outcome = TypeVar("Outcome")

FOCUSES = (None, *FOCI)
NEAR = 1e-6


def tiny_data(focus: str | None, seeds: range) -> Iterator[Data]:
    """Random tiny instances."""
    return (tiny_instance(seed, focus) for seed in seeds)


def finish(pieces: Generator[None, None, Outcome]) -> Outcome:
    """What work in pieces comes to."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def dived(instance: Instance) -> Decomposer:
    """A decomposition with a first plan."""
    made = Decomposer(instance, Settings(600, 1e-9, 0, None), None, Listener())
    made.relaxation.solve()
    made.root = made.generation.center
    list(made._dive_first())
    assert made.best is not None
    return made


def groups_of(data: Data, amendment: Amendment = UNAMENDED) -> Groups:
    """The groups of an instance, all of them written."""
    groups = Groups(Instance.from_dict(data), amendment)
    for at in range(len(groups)):
        groups.write(at)
    return groups


def pricer_of(data: Data) -> Pricer:
    """The groups of an instance, ready to be priced."""
    return Pricer(Groups(Instance.from_dict(data)))


def whole_of(groups: Groups) -> Problem:
    """The plan-wide columns and all groups put together: coupling rows first, then own rows."""
    coupling, parts = groups.coupling, [groups.write(at) for at in range(len(groups))]
    row, column = [coupling.entries.row_of_entry], [coupling.entries.columns]
    value, rows = [coupling.entries.values], coupling.rows
    for part in parts:
        own, shared = part.problem.matrix, part.coupling
        row += [shared.columns, own.row_of_entry + rows]
        column += [shared.row_of_entry + part.first, own.columns + part.first]
        value += [shared.values, own.values]
        rows += part.problem.rows
    pieces = [coupling, *(part.problem for part in parts)]
    columns = groups.columns

    def joined(name: str) -> Floats:
        return np.concatenate([getattr(piece, name) for piece in pieces])

    return Problem(
        lower=joined("lower"),
        upper=joined("upper"),
        cost=joined("cost"),
        integer=joined("integer"),
        matrix=build_matrix(
            np.concatenate(row), np.concatenate(column), np.concatenate(value), rows, columns
        ),
        row_lower=joined("row_lower"),
        row_upper=joined("row_upper"),
        strict=joined("strict"),
    )


def least_usd(problem: Problem) -> float:
    """What the cheapest point costs by a MILP solver; infinite if there is none."""
    outcome = HighsBackend().solve(problem, Settings(gap=0.0), None, Listener())
    if outcome.known == "infeasible":
        return np.inf
    assert outcome.values is not None
    return float(problem.cost @ outcome.values)


def least_of(pricer: Pricer, group: int) -> float:
    """What a group's cheapest placement costs at the pricer's present costs, by a MILP solver."""
    problem = pricer.groups.write(group).problem
    first = pricer.first_of(group)
    return least_usd(replace(problem, cost=pricer.cost[first : first + problem.columns]))


def draw_costs(pricer: Pricer, random: np.random.Generator, least: float = -100.0) -> None:
    """Give all groups' columns random costs in USD, a quarter of them none."""
    size = len(pricer.cost)
    pricer.cost[:] = random.uniform(least, 900, size) * (random.random(size) < 0.75)


def draw_duals(coupling: Coupling, random: np.random.Generator, usd: float) -> Floats:
    """Random duals, half of them zero, of the signs that the rows admit."""
    duals = random.uniform(-usd, usd, coupling.rows) * (random.random(coupling.rows) < 0.5)
    no_side = np.where(duals > 0, coupling.row_lower, coupling.row_upper)
    return np.where(np.isfinite(no_side), duals, 0.0)


def price(pricer: Pricer) -> Floats:
    """Least reduced cost of each group at the pricer's present costs."""
    coupling = pricer.coupling
    return pricer.price(np.zeros(coupling.rows), coupling.lower, coupling.upper).least


def keeps_rows(pricer: Pricer, column: Column) -> bool:
    """Whether a column keeps its group's own rows, bounds and whole numbers."""
    problem = pricer.groups.write(column.group).problem
    x = np.zeros(problem.columns)
    x[column.positions - pricer.first_of(column.group)] = column.values
    activity = problem.matrix.dot(x)
    scale = 1 + np.bincount(
        problem.matrix.row_of_entry, np.abs(problem.matrix.values), problem.rows
    )
    return bool(
        (x[problem.integer] == np.rint(x[problem.integer])).all()
        and (x >= problem.lower - NEAR).all()
        and (x <= problem.upper + NEAR).all()
        and (activity <= problem.row_upper + NEAR * scale).all()
        and (activity >= problem.row_lower - NEAR * scale).all()
    )


def is_same(a: float, b: float) -> bool:
    """Whether two figures in USD are equal but for a solver's tolerance."""
    return a == b or abs(a - b) <= NEAR * max(1.0, abs(a), abs(b))
