"""The solvers by name: which there are, which are refused, and that each solves a small program."""

from __future__ import annotations

import numpy as np
import pytest

from gpualloc.engines.backends import Listener, Outcome, Settings, list_solvers, make_backend
from gpualloc.engines.backends.pulp import bound_in
from gpualloc.errors import SolverError, UsageError
from gpualloc.formulation.problem import Matrix, Problem

AVAILABLE = [info.name for info in list_solvers() if info.available]


def small_problem(least: float) -> Problem:
    """Minimize 2 x + y with x + y / 2 >= `least` and 0 <= x, y <= 3, x whole."""
    return Problem(
        lower=np.zeros(2),
        upper=np.full(2, 3.0),
        cost=np.array([2.0, 1.0]),
        integer=np.array([True, False]),
        matrix=Matrix(np.array([0, 2]), np.array([0, 1]), np.array([1.0, 0.5])),
        row_lower=np.array([least]),
        row_upper=np.array([np.inf]),
        strict=np.array([False]),
    )


def solve(name: str, problem: Problem) -> Outcome:
    """What a solver makes of a problem."""
    return make_backend(name).solve(problem, Settings(), None, Listener())


def test_the_usual_solvers_are_there() -> None:
    """The tests' extra brings every solver family, on every Python."""
    assert {"highs", "cbc", "scip", "cp-sat", "pulp:HiGHS"} <= set(AVAILABLE)


@pytest.mark.parametrize("name", AVAILABLE)
def test_every_solver_finds_the_optimum_and_its_bound(name: str) -> None:
    """A solver that is listed as available proves a mixed optimum, with a bound that holds."""
    # Per unit of the row, x and y both cost 2, so 1.7 of it costs 3.4; y is not whole: it is
    # 1.4 with x = 1, and would be 3.4 with x = 0 and -0.6 with x = 2.
    outcome = solve(name, small_problem(1.7))
    assert outcome.known == "optimal"
    assert outcome.values is not None
    assert outcome.values.tolist() == pytest.approx([1, 1.4], abs=1e-4)
    assert outcome.bound == pytest.approx(3.4, abs=1e-4)


@pytest.mark.parametrize("name", AVAILABLE)
def test_every_solver_proves_that_there_is_none(name: str) -> None:
    """A program without a feasible point is infeasible to each solver, by proof."""
    # x + y / 2 is at most 3 + 1.5 = 4.5.
    outcome = solve(name, small_problem(4.6))
    assert (outcome.known, outcome.values, outcome.stop) == ("infeasible", None, "proof")


@pytest.mark.parametrize(
    ("printed", "least"),
    [("157307", 157306.5), ("157306.800", 157306.7995), ("3e+06", 2999995), ("42630", 42629.95)],
)
def test_a_rounded_bound_is_still_a_bound(printed: str, least: float) -> None:
    """A bound from CBC's log is lowered by half of its last place, or of its sixth digit."""
    log = f"Objective value:     157306.8\nLower bound:         {printed}\nNodes: 0\n"
    assert bound_in(log) == pytest.approx(least, abs=1e-6)


def test_no_bound_in_the_log_is_none() -> None:
    """A log without a bound, or with an infinite one, gives none."""
    assert bound_in("Result - Stopped on time limit\n") is None
    assert bound_in("Lower bound:     -inf\n") is None


def test_pulps_way_to_cp_sat_is_refused() -> None:
    """PuLP 4 sees CP-SAT but rounds continuous columns, and PuLP 3 does not know it."""
    assert "pulp:CPSAT" not in AVAILABLE
    with pytest.raises((SolverError, UsageError), match="CPSAT"):
        make_backend("pulp:CPSAT")


@pytest.mark.parametrize(
    ("name", "hint"), [("hihgs", '"highs"'), ("pulp:GUROBY", '"pulp:GUROBI"'), ("none", "cp-sat")]
)
def test_an_unknown_solver_is_a_usage_error(name: str, hint: str) -> None:
    """A solver that does not exist is refused, and what may have been meant is told."""
    with pytest.raises(UsageError, match=hint):
        make_backend(name)
