"""Published problems as instances: the optimum of one is that of the other."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from published.encoding import encode
from published.problem import AssignmentProblem
from scipy.optimize import LinearConstraint, milp  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

import gpualloc
from gpualloc.errors import InstanceError
from tests.benchmarks.small_problems import best_value, draw_problem, exact


def solved(problem: AssignmentProblem) -> Fraction | None:
    """The value of the assignment in the optimal plan of the encoding; None without a plan."""
    encoding = encode(problem)
    plan = gpualloc.solve(encoding.instance, isolate=False, threads=1)
    if not plan:
        assert plan.status == "infeasible"
        return None
    assert plan.status == "optimal"
    assert plan.objective_usd is not None
    assignment = encoding.assignment(plan)
    assert problem.fits(assignment)
    # The way back from the objective and the value of the assignment are one figure.
    assert encoding.value(plan.objective_usd) == pytest.approx(float(problem.value(assignment)))
    return problem.value(assignment)


@pytest.mark.parametrize("kind", ["gap", "sscflp", "gqap"])
def test_optimum_is_that_of_enumeration(kind: str) -> None:
    """The optimal plan is the best of all assignments of the published problem.

    Among the problems are profits, negative costs, demands of 0, traffic or distances that differ
    by direction, and for two of the facility problems nothing fits.
    """
    found = []
    for seed in range(12):
        problem = draw_problem(kind, seed)
        found.append(best_value(problem))
        assert solved(problem) == found[-1], seed
    assert any(value is not None for value in found)


def test_medium_assignment_is_that_of_another_model() -> None:
    """A problem of 4 agents and 24 jobs has the optimum of its textbook model in SciPy's MILP."""
    random = np.random.default_rng(5)
    agents, jobs = 4, 24
    cost, demand = random.integers(10, 51, (jobs, agents)), random.integers(5, 26, (jobs, agents))
    capacity = (0.8 * demand.sum(axis=0) / agents).astype(int)
    problem = AssignmentProblem(
        "gap", "medium", exact(demand), exact(cost), exact(capacity[None, :])[0]
    )
    each_once = np.kron(np.eye(jobs), np.ones(agents))
    loads = (demand.ravel() * np.tile(np.eye(agents), jobs)).reshape(agents, -1)
    model = milp(
        cost.ravel(),
        integrality=np.ones(cost.size),
        bounds=(0, 1),
        constraints=[
            LinearConstraint(csr_array(each_once), 1, 1),
            LinearConstraint(csr_array(loads), -np.inf, capacity),
        ],
    )
    assert model.success
    assert solved(problem) == round(model.fun)


def test_zero_demands_fit_where_they_did() -> None:
    """Items that take nothing fit into a full site, and no other item does because of them.

    Site 1 has room for item 1 alone: items 2 and 3 take nothing and item 4 takes 1 of the 2 of
    site 2. The cheapest is 1 + 1 + 1 at site 1 and 9 at site 2.
    """
    one = Fraction(1)
    demand = tuple((one * take, one * take) for take in (3, 0, 0, 1))
    cost = ((one, 9 * one),) * 4
    problem = AssignmentProblem("sscflp", "zero", demand, cost, (3 * one, 2 * one))
    assert best_value(problem) == 12
    assert solved(problem) == 12


def test_decimals_are_exact() -> None:
    """Demands of 0.1 and 0.2 fill a capacity of 0.3 exactly."""
    demand = tuple((Fraction(take),) for take in ("0.1", "0.2"))
    cost = ((Fraction("0.5"),), (Fraction("1.25"),))
    problem = AssignmentProblem("gap", "decimals", demand, cost, (Fraction("0.3"),))
    assert solved(problem) == Fraction("1.75")


@pytest.mark.parametrize(
    ("distance", "message"),
    [([[0, 1], [2, 0]], "both differ by direction"), ([[0, 1], [1, 3]], "site 2 has a distance")],
)
def test_what_links_cannot_say_is_refused(distance: list[list[int]], message: str) -> None:
    """Two directions in both tables, and distances within a site, have no encoding."""
    problem = replace(
        draw_problem("gap", 0),
        cost=exact(np.ones((2, 2))),
        demand=exact(np.ones((2, 2))),
        capacity=(Fraction(2), Fraction(2)),
        traffic=exact(np.array([[0, 1], [0, 0]])),
        distance=exact(np.array(distance)),
    )
    with pytest.raises(InstanceError, match=message):
        encode(problem)
