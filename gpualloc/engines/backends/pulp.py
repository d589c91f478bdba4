"""Every solver that PuLP sees, CBC among them."""

from __future__ import annotations

import os
import re
import signal
import warnings
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import numpy as np
import pulp

from gpualloc.engines.backends.base import Listener, Outcome, Settings, Stop, passing_on_stop
from gpualloc.engines.backends.pulp_answer import Answer, read_answer
from gpualloc.errors import SolverError
from gpualloc.formulation.problem import Problem
from gpualloc.vectors import Floats

CBC_NAMES = ("PULP_CBC_CMD", "COIN_CMD")
"""CBC as PuLP 3 bundles it, and as PuLP 4 finds it (in `cbcbox`, or on the path)."""

CBC_CAUTION = "preprocess off"
"""CBC 2.10's preprocessing calls some programs infeasible that have points."""

CBC_SEEDS = 2**31 - 2
"""CBC takes seed 0 for the time of day, so seeds are counted from 1."""

LATE = 0.9
"""A solver that ended after this part of its time limit may have ended because of it."""

ROUGHLY = 1e-4
"""A row passed by less than this, relative, is for the checker to judge."""

CBC_BOUND = re.compile(r"^(?:Lower bound|best possible):?\s+(\S+)", re.MULTILINE)

CBC_DIGITS = 6
"""Of the bound, CBC prints three decimals in some versions, and six digits in others."""


def solver_names() -> list[str]:
    """Every solver that PuLP knows, whether it sees it here or not."""
    found: list[str] = pulp.listSolvers()
    return found


def is_available(name: str) -> bool:
    """Whether PuLP sees the solver on this machine."""
    if not hasattr(pulp, name):
        return False
    return bool(_instance(name, msg=False).available())


def _instance(name: str, **settings: Any) -> Any:
    """A solver of PuLP's, without its word on what will change in PuLP 4."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return getattr(pulp, name)(**settings)


class PulpBackend:
    """One of PuLP's solvers, by the name that PuLP gives it.

    Parameters
    ----------
    name : str
        For example ``HiGHS``, ``COIN_CMD``, ``GUROBI``.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def version(self) -> str:
        return f"{self.name} through PuLP {version('pulp')}"

    def solve(
        self, problem: Problem, settings: Settings, hint: Floats | None, listener: Listener
    ) -> Outcome:
        if hint is not None and not takes(self.name, "warmStart"):
            problem = problem.with_cutoff(float(problem.cost @ hint))
        began = monotonic()
        model, columns = build(problem)
        settings = settings.less_since(began)
        if hint is not None:
            for column, value in zip(columns, hint.tolist(), strict=True):
                column.setInitialValue(value, check=False)
        with TemporaryDirectory(prefix="gpualloc-") as folder:
            log = Path(folder) / "solver.log"
            solver = make_solver(self.name, settings, hint is not None, folder, log)
            began = monotonic()
            with passing_on_stop(listener, interrupt_children):
                returned = run(self.name, model, solver)
            text = log.read_text(errors="replace") if log.exists() else ""
        stop = _stop(settings, listener, monotonic() - began)
        answer = read_answer(self.name, model, returned)
        if answer.bound is None and self.name in CBC_NAMES:
            answer = replace(answer, bound=bound_in(text))
        values = np.array([column.value() for column in columns], dtype=float)
        return _outcome(self.name, answer, values, problem, settings, stop)


def run(name: str, model: pulp.LpProblem, solver: Any) -> Any:
    """Solve a model; where CBC crashes without its preprocessing, with it."""
    try:
        return model.solve(solver)
    except pulp.PulpSolverError as error:
        if name in CBC_NAMES and CBC_CAUTION in solver.options:
            solver.options.remove(CBC_CAUTION)
            return run(name, model, solver)
        raise SolverError(f"{name} failed: {error}") from error


def build(problem: Problem) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """A PuLP model of a problem, its columns named x0, x1, ... and its rows c0, c1, ..."""
    model = pulp.LpProblem("gpualloc", pulp.LpMinimize)
    kinds = ("Continuous", "Integer")
    columns = [
        model.add_variable(f"x{at}", low, high, kinds[whole])
        for at, (low, high, whole) in enumerate(
            zip(
                problem.lower.tolist(),
                problem.upper.tolist(),
                problem.integer.tolist(),
                strict=True,
            )
        )
    ]
    expression = expression_maker()
    model += expression(list(zip(columns, problem.cost.tolist(), strict=True)))
    number = 0
    for row in range(problem.rows):
        span = slice(problem.matrix.starts[row], problem.matrix.starts[row + 1])
        terms = zip(
            (columns[at] for at in problem.matrix.columns[span]),
            problem.matrix.values[span].tolist(),
            strict=True,
        )
        activity = expression(list(terms))
        for limited in _limits(activity, problem.row_lower[row], problem.row_upper[row]):
            model += limited, f"c{number}"
            number += 1
    return model, columns


def expression_maker() -> Callable[[list[tuple[Any, float]]], Any]:
    """PuLP 4's way to make an expression from terms, or PuLP 3's."""
    kind = pulp.LpAffineExpression
    found: Callable[[list[tuple[Any, float]]], Any] = getattr(kind, "from_list", kind)
    return found


def _limits(activity: Any, low: float, high: float) -> list[Any]:
    if low == high:
        return [activity == float(low)]
    limited = [activity <= float(high)] if np.isfinite(high) else []
    return [*limited, activity >= float(low)] if np.isfinite(low) else limited


def takes(name: str, setting: str) -> bool:
    """Whether PuLP's solver of that name takes a setting."""
    return setting in signature(getattr(pulp, name).__init__).parameters


def interrupt_children() -> None:
    """Ask a solver that runs as a process of its own to stop and write what it has.

    Only where this process leads a group of its own, as the engines' worker does: elsewhere the
    signal would reach strangers.
    """
    if hasattr(os, "getpgid") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGINT)


def make_solver(name: str, settings: Settings, warm: bool, folder: str, log: Path) -> Any:
    """PuLP's solver of that name, with the settings that it takes."""
    cbc = name in CBC_NAMES
    gap = settings.gap / 2 if cbc else settings.gap
    seed = 1 + settings.seed % CBC_SEEDS
    wanted: dict[str, Any] = {
        "msg": False,
        "timeLimit": settings.time_limit,
        "gapRel": gap,
        "threads": settings.threads,
        "warmStart": warm,
        "logPath": str(log) if cbc else None,
        "options": [CBC_CAUTION, f"randomSeed {seed}", f"randomCbcSeed {seed}"] if cbc else None,
    }
    given = {key: value for key, value in wanted.items() if value is not None and takes(name, key)}
    solver = _instance(name, **given)
    solver.tmpDir = folder
    return solver


def _outcome(
    name: str,
    answer: Answer,
    values: Floats,
    problem: Problem,
    settings: Settings,
    stop: Stop,
) -> Outcome:
    bound = answer.bound
    if answer.infeasible:
        return Outcome("infeasible" if stop == "proof" else "unknown", None, bound, stop)
    held = holds(problem, values)
    if answer.proved and not held:
        raise SolverError(f"{name} claims an optimum that breaks the program's rows")
    if not held or not answer.found:
        return Outcome("unknown", None, bound, "time" if stop == "proof" else stop)
    cost = float(problem.cost @ values)
    if answer.proved:
        proven = cost - settings.gap * max(1.0, abs(cost))
        return Outcome("optimal", values, proven if bound is None else max(bound, proven), "proof")
    return Outcome("feasible", values, bound, "time" if stop == "proof" else stop)


def _stop(settings: Settings, listener: Listener, seconds: float) -> Stop:
    """Why a solver ended, by the clock: CBC calls a program infeasible that it had no time for."""
    limit = settings.time_limit
    if listener.stop.is_set():
        return "interrupt"
    return "proof" if limit is None or seconds < LATE * limit else "time"


def holds(problem: Problem, values: Floats) -> bool:
    """Whether a point fits the rows, roughly: PuLP gives zeros where a solver has no point."""
    matrix = problem.matrix
    activity = matrix.dot(values)
    reach = replace(matrix, values=np.abs(matrix.values)).dot(np.abs(values))
    slack = ROUGHLY * np.maximum(1.0, reach)
    return bool(
        (activity >= problem.row_lower - slack).all()
        and (activity <= problem.row_upper + slack).all()
    )


def bound_in(log: str) -> float | None:
    """The bound that CBC's log tells, less what the printed figure may have been rounded up."""
    found = CBC_BOUND.findall(log)
    if not found or not np.isfinite(float(found[-1])):
        return None
    printed = Decimal(found[-1])
    last_place = min(int(printed.as_tuple().exponent), printed.adjusted() - CBC_DIGITS + 1)
    return float(printed) - 0.5 * 10.0**last_place
