"""What PuLP says of a solve, read alike from PuLP 3 and 4.

PuLP 3 keeps it in the model, and calls a solver `Optimal` that ran out of time with a plan in hand:
`sol_status` knows better. PuLP 4 returns it, and tells the reason of the end from the solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pulp


@dataclass(frozen=True)
class Answer:
    """What PuLP says of a solve.

    Attributes
    ----------
    infeasible : bool
        Whether the solver found that no point is feasible.
    found : bool
        Whether the columns hold a point of the solver.
    proved : bool
        Whether that point is proved to be within the asked gap of the optimum.
    bound : float or None
        The bound that the solver itself proved, where it tells it.
    """

    infeasible: bool
    found: bool
    proved: bool
    bound: float | None


def read_answer(name: str, model: pulp.LpProblem, returned: Any) -> Answer:
    """Read the answer of a solve.

    Parameters
    ----------
    name : str
        PuLP's name of the solver.
    model
        The model that was solved.
    returned
        What its `solve` returned.
    """
    if hasattr(returned, "has_solution"):
        return _read_returned(returned)
    proved = model.sol_status == pulp.LpSolutionOptimal
    return Answer(
        infeasible=model.status == pulp.LpStatusInfeasible,
        found=proved or model.sol_status == pulp.LpSolutionIntegerFeasible,
        proved=proved,
        bound=_finite(_bound_in(name, model)),
    )


def _read_returned(stats: Any) -> Answer:
    status = pulp.LpSolveStatus
    return Answer(
        infeasible=stats.status == status.Infeasible,
        found=bool(stats.has_solution),
        proved=bool(stats.has_solution) and stats.status in (status.Optimal, status.GapLimit),
        bound=_finite(stats.best_bound),
    )


def _bound_in(name: str, model: pulp.LpProblem) -> float | None:
    """The bound that the solver's own model holds, where that is known how."""
    solved = getattr(model, "solverModel", None)
    if name == "HiGHS" and solved is not None:
        return float(solved.getInfo().mip_dual_bound)
    if name == "GUROBI" and solved is not None:
        return float(solved.ObjBound)
    return None


def _finite(bound: float | None) -> float | None:
    return None if bound is None or not np.isfinite(bound) else float(bound)
