"""The pool against plain sums over its columns."""

from __future__ import annotations

import numpy as np
import pytest

from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.pool import Pool

ROWS = 12


def some_columns(seed: int, count: int) -> list[Column]:
    """Columns of random groups that take of random rows, some of none."""
    random = np.random.default_rng(seed)
    columns = []
    for at in range(count):
        rows = np.sort(random.choice(ROWS, int(random.integers(0, 6)), replace=False))
        columns.append(
            Column(
                group=int(random.integers(5)),
                positions=np.array([at]),
                values=np.ones(1),
                cost=float(random.uniform(1, 9)),
                rows=rows,
                coefficients=random.integers(-3, 4, len(rows)).astype(float),
            )
        )
    return columns


@pytest.mark.parametrize("seed", range(20))
def test_what_columns_take(seed: int) -> None:
    """Activity and fit are those of the columns one by one, however they were added."""
    columns, pool = some_columns(seed, 40), Pool()
    assert pool.extend(columns[:7]) == 7
    assert pool.extend([]) == 0
    assert pool.extend(columns) == 33
    assert list(pool) == columns
    random = np.random.default_rng(seed)
    weights = random.uniform(0, 1, 40) * (random.random(40) < 0.5)
    room = random.integers(-1, 4, ROWS).astype(float)
    activity = np.zeros(ROWS)
    for column, weight in zip(columns, weights, strict=True):
        activity[column.rows] += weight * column.coefficients
    np.testing.assert_allclose(pool.activity(weights, ROWS), activity, atol=1e-12)
    fits = [bool((column.coefficients <= room[column.rows]).all()) for column in columns]
    assert pool.fits(room).tolist() == fits
    assert pool.cost.tolist() == [column.cost for column in columns]
    assert pool.group.tolist() == [column.group for column in columns]


def test_equal_columns_are_kept_once() -> None:
    """A placement that was found before is not added again."""
    pool = Pool()
    assert pool.extend([*some_columns(0, 3), *some_columns(0, 3)]) == 3
    assert pool.extend(some_columns(0, 4)) == 1


@pytest.mark.parametrize("seed", range(5))
def test_reduced_costs(seed: int) -> None:
    """They are those of the columns one by one."""
    columns, pool = some_columns(seed, 30), Pool()
    pool.extend(columns)
    duals = np.random.default_rng(seed).uniform(-4, 4, ROWS)
    alone = [column.reduced_cost(duals) for column in pool]
    assert pool.reduced_costs(duals) == pytest.approx(alone)
