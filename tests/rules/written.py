"""What the rules write for a hand-made instance, in words, and what follows from it.

The toys are those of `tests/oracle/by_hand.py`. Names are the planner's, less the option and the
phase where there is only one: ``shards[job, cheap]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.backends.highs import HighsBackend
from gpualloc.engines.exact import ExactEngine
from gpualloc.engines.handing import hand_out
from gpualloc.formulation.problem import Matrix, Problem
from gpualloc.formulation.program import Program, formulate
from gpualloc.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.vectors import Ints
from tests.oracle import optimum

Data = dict[str, Any]

ONLY = (", option 0", ", all periods")
"""What goes without saying where a job has one option and stays for all periods."""


def written(data: Data) -> Program:
    """The program of an instance."""
    return formulate(Instance.from_dict(data))


def short(name: str) -> str:
    """A name without what goes without saying."""
    for words in ONLY:
        name = name.replace(words, "")
    return name


def rows_of(data: Data, *titles: str) -> list[str]:
    """The rows of some families as text: ``power[a1, q1]: 2 shards[job, cheap] <= 7``."""
    program = written(data)
    names = [short(program.row_name(at)) for at in range(program.problem.rows)]
    return [
        f"{name}: {_left(program, at)} {_right(program.problem, at)}"
        for at, name in enumerate(names)
        if name.split("[")[0] in titles
    ]


def _left(program: Program, row: int) -> str:
    matrix = program.problem.matrix
    entries = slice(matrix.starts[row], matrix.starts[row + 1])
    terms = zip(matrix.columns[entries], matrix.values[entries], strict=True)
    text = " ".join(_term(short(program.column_name(column)), value) for column, value in terms)
    return text.removeprefix("+ ") or "0"


def _term(name: str, value: float) -> str:
    size = "" if abs(value) == 1 else f"{abs(value):.9g} "
    return f"{'-' if value < 0 else '+'} {size}{name}"


def _right(problem: Problem, row: int) -> str:
    lower, upper = problem.row_lower[row], problem.row_upper[row]
    if lower == upper:
        return f"= {lower:.9g}"
    parts = [f">= {lower:.9g}"] if np.isfinite(lower) else []
    return " ".join(parts + ([f"<= {upper:.9g}"] if np.isfinite(upper) else []))


def columns_of(data: Data, *titles: str) -> dict[str, tuple[float, float]]:
    """The columns of some families, with their bounds."""
    program = written(data)
    problem = program.problem
    names = [short(program.column_name(at)) for at in range(problem.columns)]
    return {
        name: (float(problem.lower[at]), float(problem.upper[at]))
        for at, name in enumerate(names)
        if name.split("[")[0] in titles
    }


def costs_of(data: Data, line: str) -> dict[str, float]:
    """What a unit of each column costs on a cost line."""
    program = written(data)
    usd: dict[str, float] = {}
    for title, columns, prices in program.lines:
        for column, price in zip(columns, prices, strict=True):
            if title == line:
                name = short(program.column_name(int(column)))
                usd[name] = usd.get(name, 0.0) + float(price)
    return usd


def best(data: Data) -> Plan:
    """The exact engine's plan, proven optimal, and as good as plain enumeration finds."""
    instance = Instance.from_dict(data)
    finding = ExactEngine(instance, Settings(gap=0.0), isolate=False).find()
    plan = hand_out(instance, finding, seed=0)
    expected = optimum(data)
    assert plan.status == ("infeasible" if expected is None else "optimal")
    if expected is not None:
        assert plan.objective_usd == pytest.approx(float(expected), rel=1e-6)
    return plan


def least_usd(data: Data) -> float | None:
    """What the best plan costs, to a cent; None if no plan is valid."""
    usd = best(data).objective_usd
    return None if usd is None else round(usd, 2)


def placed(data: Data) -> dict[str, dict[str, int]]:
    """Shards by job and offer in the last period of the best plan."""
    found: dict[str, dict[str, int]] = {}
    for row in best(data).layout.placements:
        found.setdefault(row.job, {})[row.offer] = row.shards
    return found


def conflict_of(data: Data) -> set[str]:
    """The families of a smallest set of rows that no plan can satisfy together.

    Rows are left out one by one; those without which there is a plan stay.
    """
    return {name.split("[")[0] for name in conflicting_rows(data)}


def conflicting_rows(data: Data) -> list[str]:
    """The rows of a smallest set that no plan can satisfy together, by name."""
    program = written(data)
    problem = program.problem
    kept = np.arange(problem.rows)
    assert not _can_hold(problem, kept), "the instance has a plan"
    for row in range(problem.rows):
        without = kept[kept != row]
        if not _can_hold(problem, without):
            kept = without
    return [short(program.row_name(int(row))) for row in kept]


def _can_hold(problem: Problem, rows: Ints) -> bool:
    """Whether some of the rows alone can be satisfied."""
    matrix = problem.matrix
    lengths = np.diff(matrix.starts)[rows]
    entries = np.isin(matrix.row_of_entry, rows)
    part = Problem(
        lower=problem.lower,
        upper=problem.upper,
        cost=np.zeros(problem.columns),
        integer=problem.integer,
        matrix=Matrix(
            np.append(0, np.cumsum(lengths)), matrix.columns[entries], matrix.values[entries]
        ),
        row_lower=problem.row_lower[rows],
        row_upper=problem.row_upper[rows],
        strict=problem.strict[rows],
    )
    return HighsBackend().solve(part, Settings(), None, Listener()).values is not None
