"""A program as plain arrays: activities, bounds, cutoff, and limits drawn in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.backends.highs import HighsBackend
from gpualloc.formulation.problem import Matrix, Problem
from gpualloc.vectors import Floats


def sparse(dense: Floats) -> Matrix:
    """The matrix of a dense table."""
    rows, columns = np.nonzero(dense)
    starts = np.searchsorted(rows, np.arange(len(dense) + 1))
    return Matrix(starts, columns, dense[rows, columns])


def knapsack(**changes: object) -> Problem:
    """Three things that cost -5, -4 and 3 USD and weigh 2, 3 and 1; at most 4 may be taken.

    At least one of the last two is taken. The cheapest is the first and the last: -2 USD.
    """
    problem = Problem(
        lower=np.zeros(3),
        upper=np.ones(3),
        cost=np.array([-5.0, -4.0, 3.0]),
        integer=np.ones(3, dtype=bool),
        matrix=sparse(np.array([[2.0, 3.0, 1.0], [0.0, 1.0, 1.0]])),
        row_lower=np.array([-np.inf, 1.0]),
        row_upper=np.array([4.0, np.inf]),
        strict=np.array([True, False]),
    )
    return replace(problem, **changes)  # type: ignore[arg-type]


def solve(problem: Problem) -> float | None:
    """The least cost; None if no point holds."""
    found = HighsBackend().solve(problem, Settings(gap=0.0), None, Listener()).values
    return None if found is None else float(problem.cost @ found)


FIGURES = st.sampled_from([0.0, 0.0, 1.0, -2.5, 1e6])


@settings(max_examples=50, derandomize=True, deadline=None)
@given(arrays.arrays(float, st.tuples(st.integers(0, 4), st.integers(1, 5)), elements=FIGURES))
def test_dot(dense: Floats) -> None:
    """Row activities are those of the dense table, rows without entries included."""
    x = np.arange(1.0, dense.shape[1] + 1)
    assert sparse(dense).dot(x) == pytest.approx(dense @ x)


def test_row_of_entry() -> None:
    """Each entry knows its row, also past an empty one."""
    matrix = sparse(np.array([[1.0, 2.0], [0.0, 0.0], [0.0, 3.0]]))
    assert matrix.row_of_entry.tolist() == [0, 0, 2]


def test_size_and_least_cost() -> None:
    """The bounds alone prove the sum of each column's cheaper end: -5 - 4 + 0."""
    problem = knapsack()
    assert (problem.rows, problem.columns) == (2, 3)
    assert problem.least_cost == -9
    assert problem.with_bounds(np.array([0.0, 0, 1]), np.ones(3)).least_cost == -6


def test_with_bounds() -> None:
    """Other bounds leave rows and costs: without the first thing the second alone costs -4."""
    assert solve(knapsack()) == -4
    # the second weighs 3 of 4: with the last one it costs -1; without the second -5 + 3
    assert solve(knapsack().with_bounds(np.zeros(3), np.array([1.0, 0, 1]))) == -2


@pytest.mark.parametrize(("usd", "expected"), [(-3.9, -4), (-4, -4), (-4.1, None)])
def test_with_cutoff(usd: float, expected: float | None) -> None:
    """A cutoff keeps the points that cost no more, the optimum itself included."""
    assert solve(knapsack().with_cutoff(usd)) == expected


def test_cutoff_is_scaled() -> None:
    """The cutoff's row has figures of at most 1, so that large costs keep their digits."""
    problem = knapsack(cost=np.array([-5e9, -4e9, 3e9])).with_cutoff(-4e9)
    row = problem.matrix.values[problem.matrix.starts[-2] :]
    assert row == pytest.approx([-1, -0.8, 0.6])
    assert problem.row_upper[-1] == pytest.approx(-0.8, abs=1e-6)
    assert solve(problem) == -4e9


def test_cutoff_of_a_free_problem() -> None:
    """A problem without costs keeps all points at a cutoff of zero, and none below."""
    free = knapsack(cost=np.zeros(3))
    assert solve(free.with_cutoff(0)) == 0
    assert solve(free.with_cutoff(-1)) is None


def test_tightened() -> None:
    """Limits counted exactly are drawn in by a fraction, all else stays as it is."""
    tight = knapsack().tightened(0.01)
    assert tight.row_upper.tolist() == [4 - 0.04, np.inf]
    assert tight.row_lower.tolist() == [-np.inf, 1]
    assert tight.matrix.values.tolist() == [2, 3, 1, 1, 1]


def test_tightened_below_one() -> None:
    """A limit of less than 1 is drawn in by the fraction itself."""
    tight = knapsack(row_upper=np.array([0.5, np.inf])).tightened(0.01)
    assert tight.row_upper[0] == pytest.approx(0.49)


def test_tightened_least() -> None:
    """Where an exact row has a least, what it asks for grows: `load >= 4 short`."""
    problem = knapsack(
        matrix=sparse(np.array([[1.0, 0.0, -4.0], [0.0, 1.0, -4.0]])),
        row_lower=np.zeros(2),
        row_upper=np.full(2, np.inf),
        strict=np.array([True, False]),
    )
    tight = problem.tightened(0.01)
    assert tight.matrix.values.tolist() == [1, -4.04, 1, -4]
    assert tight.row_upper.tolist() == [np.inf, np.inf]
