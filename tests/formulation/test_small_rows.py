"""Rows with small figures are the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from gpualloc.formulation.problem import LEAST_SCALED, Problem, build_matrix

ROWS, COLUMNS = 30, 20


def some_problem(seed: int) -> Problem:
    """Rows with coefficients from thousandths to hundreds of millions."""
    random = np.random.default_rng(seed)
    row = random.integers(0, ROWS - 1, 200)
    column = random.integers(0, COLUMNS, 200)
    value = random.choice([-1, 1], 200) * 10 ** random.uniform(-3, 8, 200)
    return Problem(
        lower=np.zeros(COLUMNS),
        upper=np.full(COLUMNS, 9.0),
        cost=random.uniform(-1, 1, COLUMNS),
        integer=random.random(COLUMNS) < 0.5,
        matrix=build_matrix(row, column, value, ROWS, COLUMNS),
        row_lower=np.where(random.random(ROWS) < 0.5, -np.inf, random.uniform(-9, 9, ROWS)),
        row_upper=np.where(random.random(ROWS) < 0.5, np.inf, random.uniform(9, 1e9, ROWS)),
        strict=np.zeros(ROWS, dtype=bool),
    )


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_rounded(seed: int) -> None:
    """Each row is multiplied by one power of two, exactly."""
    problem = some_problem(seed)
    scaled, factors = problem.with_small_rows()
    mantissas, _ = np.frexp(factors)
    assert (mantissas == 0.5).all()
    assert (factors <= 1).all()
    rows = problem.matrix.row_of_entry
    assert (scaled.matrix.values / factors[rows] == problem.matrix.values).all()
    assert (scaled.row_lower / factors == problem.row_lower).all()
    assert (scaled.row_upper / factors == problem.row_upper).all()


@pytest.mark.parametrize("seed", range(20))
def test_figures_are_small_but_not_lost(seed: int) -> None:
    """The largest is below two, unless the least would get lost."""
    scaled, factors = some_problem(seed).with_small_rows()
    sizes, rows = np.abs(scaled.matrix.values), scaled.matrix.row_of_entry
    for row in np.unique(rows):
        own = sizes[rows == row]
        assert own.max() < 2 or own.min() < 2 * LEAST_SCALED
        assert own.min() >= LEAST_SCALED or factors[row] == 1
