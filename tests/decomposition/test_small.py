"""Small programs: what HiGHS returns is what it tells of."""

from __future__ import annotations

import numpy as np
import pytest

from gpualloc.engines.decomposition.small import solve_small
from gpualloc.formulation.problem import Problem, build_matrix

FEE_USD, REBATE_USD = 300_000.0, -570_000.0


def test_a_start_is_not_taken_for_the_optimum() -> None:
    """A fee for nothing in the start is dropped, which HiGHS 1.16 proves and does not return."""
    problem = Problem(
        lower=np.zeros(3),
        upper=np.ones(3),
        cost=np.array([FEE_USD, 0.0, REBATE_USD]),
        integer=np.array([True, True, False]),
        # a tier is reached, and what is spent in it is at most what there is
        matrix=build_matrix(
            np.array([0, 0, 1, 1, 2]),
            np.array([1, 2, 1, 2, 2]),
            np.array([-346.15384615, -365.38461538, -1.0, 1.0, 1.0]),
            3,
            3,
        ),
        row_lower=np.array([-621.5826461538462, -np.inf, 0.0]),
        row_upper=np.array([np.inf, 0.0, np.inf]),
        strict=np.zeros(3, dtype=bool),
    )
    start = np.array([1.0, 1.0, 0.75380514])
    found = solve_small(problem, start=start, gap=1e-4, nodes=50, unit_usd=8_395_929.0)
    assert found.proved
    assert found.values is not None
    assert problem.cost @ found.values == pytest.approx(found.bound, rel=1e-4)
    assert found.values[0] == 0
