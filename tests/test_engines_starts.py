"""Warm starts, settings and repeatability, with every solver."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gpualloc.engines import tasks
from gpualloc.engines.backends import Listener, Outcome, Settings, make_backend
from gpualloc.errors import UsageError
from gpualloc.formulation.problem import Problem
from gpualloc.formulation.program import formulate
from gpualloc.formulation.translation import encode
from gpualloc.instance import Instance
from gpualloc.plan.checker import check
from gpualloc.plan.plan import Plan, make_no_plan
from gpualloc.progress import Progress
from gpualloc.solving import solve
from gpualloc.vectors import Floats
from tests.checker_plans import two_sites
from tests.engine_cases import SOLVERS, long_instance
from tests.tiny import tiny_instance

FOCUSES = ("flows", "moves", "spokes", "volume_discount", "commitment")
"""Instances with continuous columns, whose values a start does not give."""


def feasible(focus: str, seeds: range) -> list[tuple[Instance, Plan]]:
    """Tiny instances that have a plan, with their optima by HiGHS."""
    instances = (Instance.from_dict(tiny_instance(seed, focus)) for seed in seeds)
    solved = ((instance, solve(instance, isolate=False)) for instance in instances)
    return [(instance, plan) for instance, plan in solved if plan]


def notes_of(instance: Instance, **settings: Any) -> tuple[Plan, list[str]]:
    """The result of a solve in this process, and what it told on the way."""
    told: list[Progress] = []
    plan = solve(instance, isolate=False, on_progress=told.append, **settings)
    return plan, [event.note for event in told]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("focus", FOCUSES)
def test_optimal_start_is_kept(focus: str, solver: str) -> None:
    """From its optimum an instance solves to the same cost, and the start is told to be valid."""
    cases = feasible(focus, range(4))
    assert cases
    for instance, start in cases:
        plan, notes = notes_of(instance, solver=solver, warm_start=start)
        assert "the warm start is valid" in notes
        assert plan.objective_usd == pytest.approx(start.objective_usd, rel=1e-6)
        assert plan.status == "optimal"


@pytest.mark.parametrize("solver", SOLVERS)
def test_start_is_the_incumbent_from_the_beginning(solver: str) -> None:
    """With no time to solve, the start itself is handed out, checked, with a proven bound."""
    instance = two_sites()
    # Without `east`, in 300 h: `train` on 4 B200 at 5 USD, `chat` on 2 H100 at 3 USD.
    start = solve(two_sites(east_h100={"gpus": 0}), solver="highs", isolate=False)
    assert start.objective_usd == (4 * 5 + 2 * 3) * 300
    plan, _ = notes_of(instance, solver=solver, warm_start=start, time_limit=1e-3)
    assert plan
    assert check(instance, plan)
    assert plan.objective_usd is not None
    assert plan.objective_usd <= start.objective_usd
    # The optimum: 8 + 2 H100 in `east` at 2 USD.
    assert plan.bound_usd is not None
    assert plan.bound_usd <= (8 + 2) * 2 * 300


class Recorder:
    """A backend that keeps the hint it was given."""

    def __init__(self) -> None:
        self.hint: Floats | None = None

    def version(self) -> str:
        return "recorder"

    def solve(
        self, problem: Problem, settings: Settings, hint: Floats | None, listener: Listener
    ) -> Outcome:
        self.hint = hint
        return make_backend("highs").solve(problem, settings, hint, listener)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """A recorder in the place of SCIP."""
    found = Recorder()
    monkeypatch.setattr(
        tasks, "make_backend", lambda name: found if name == "scip" else make_backend(name)
    )
    return found


@pytest.mark.parametrize("focus", FOCUSES)
def test_solver_gets_a_point_at_the_start_s_cost(recorder: Recorder, focus: str) -> None:
    """The hint is a complete point of the program that costs what the start costs."""
    for instance, start in feasible(focus, range(10, 14)):
        solve(instance, solver="scip", warm_start=start, isolate=False)
        problem = formulate(instance).problem
        assert recorder.hint is not None
        assert problem.cost @ recorder.hint == pytest.approx(start.objective_usd, rel=1e-6)
        activity = problem.matrix.dot(recorder.hint)
        slack = 1e-6 * np.maximum(1, np.abs(activity))
        assert (activity <= problem.row_upper + slack).all()
        assert (activity >= problem.row_lower - slack).all()


@pytest.mark.parametrize("solver", SOLVERS)
def test_start_that_is_not_valid_any_more_is_told(solver: str) -> None:
    """A start that breaks a rule is told with the rule, and the optimum is found all the same."""
    start = solve(two_sites(), isolate=False)
    # `east` has room for `chat` and three shards of `train` now, or for `train` alone.
    instance = two_sites(east_h100={"gpus": 8})
    plan, notes = notes_of(instance, solver=solver, warm_start=start)
    (note,) = (note for note in notes if "not valid any more" in note)
    assert "offers" in note
    assert plan.objective_usd == solve(instance, isolate=False).objective_usd


def test_invalid_start_becomes_a_point_near_it(recorder: Recorder) -> None:
    """The hint from an invalid start is a valid point that keeps what it can of it."""
    start = solve(two_sites(), isolate=False)
    instance = two_sites(east_h100={"gpus": 8})
    solve(instance, solver="scip", warm_start=start, isolate=False)
    program = formulate(instance)
    assert recorder.hint is not None
    activity = program.problem.matrix.dot(recorder.hint)
    assert (activity <= program.problem.row_upper + 1e-6).all()
    # Both jobs still run in their first option, as in the start.
    for job in program.jobs:
        assert recorder.hint[job.on[0]] == pytest.approx(1)


@pytest.mark.parametrize("solver", SOLVERS)
def test_start_of_another_instance(solver: str) -> None:
    """A plan of an instance with other jobs and offers is no fault, and changes no optimum."""
    start = solve(Instance.from_dict(tiny_instance(3, "moves")), isolate=False)
    assert start
    instance = two_sites()
    plan, notes = notes_of(instance, solver=solver, warm_start=start)
    assert any("not valid any more" in note for note in notes)
    assert plan.objective_usd == solve(instance, isolate=False).objective_usd


def test_start_without_a_plan_is_refused() -> None:
    """A result without placements cannot be a start."""
    instance = two_sites()
    none = make_no_plan(
        instance,
        status="unknown",
        bound_usd=None,
        stopped_by="time",
        seconds=1,
        engine="exact",
        seed=0,
    )
    with pytest.raises(UsageError, match="holds no plan: its status is unknown"):
        solve(instance, warm_start=none)


def test_cutoff_keeps_points_up_to_the_cost_alone() -> None:
    """Solvers that take no start get its cost as a limit: dearer points go, the start stays."""
    instance = two_sites()
    plan = solve(instance, isolate=False)
    assert plan.objective_usd is not None
    for usd, known in ((plan.objective_usd, "optimal"), (plan.objective_usd - 1, "infeasible")):
        cut = formulate(instance).problem.with_cutoff(usd)
        assert make_backend("highs").solve(cut, Settings(), None, Listener()).known == known
    found = solve(instance, solver="pulp:HiGHS", warm_start=plan, isolate=False)
    assert (found.status, found.objective_usd) == ("optimal", plan.objective_usd)


def test_values_outside_the_columns_bounds_are_no_point() -> None:
    """A start with more shards than a column allows is completed by nothing, without an error."""
    program = formulate(two_sites())
    start = encode(program, solve(two_sites(), isolate=False).layout).values
    start[program.jobs[0].blocks[0][0].shards] = 1e6
    task = tasks.Task(solver=None, problem=program.problem, settings=Settings(), start=start)
    assert tasks.complete(task, start, Listener()) is None
    assert tasks.find_hint(task, Listener()) is not None


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1])
def test_same_settings_give_the_same_plan(solver: str, seed: int) -> None:
    """Two solves with the same settings give the same placements, hubs, flows and figures."""
    for focus in ("flows", "spokes", "first_refusal"):
        instance = Instance.from_dict(tiny_instance(5, focus))
        first, second = (
            solve(instance, solver=solver, seed=seed, threads=1, isolate=isolate)
            for isolate in (False, focus == "flows" and seed == 7)
        )
        assert replace(first, seconds=0) == replace(second, seconds=0)


def test_gap_stops_early() -> None:
    """With a wide gap a long instance stops with a plan that is within it, and says why."""
    plan = solve(long_instance(), gap=0.5)
    assert (plan.status, plan.stopped_by) == ("feasible", "gap")
    assert plan.gap is not None
    assert plan.gap <= 0.5


def test_threads_may_change_in_one_process() -> None:
    """HiGHS solves with one thread, two, and as many as it likes, one after the other."""
    instance = Instance.from_dict(tiny_instance(1, "spokes"))
    plans = [solve(instance, threads=threads, isolate=False) for threads in (1, 2, None, 1)]
    assert len({plan.objective_usd for plan in plans}) == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"time_limit": 0}, "time_limit: 0 is not"),
        ({"time_limit": float("inf")}, "time_limit: inf is not"),
        ({"time_limit": float("nan")}, "time_limit: nan is not"),
        ({"gap": -0.1}, "gap: -0.1 is not"),
        ({"gap": float("nan")}, "gap: nan is not"),
        ({"seed": 2**31}, "seed: 2147483648 is not"),
        ({"threads": 0}, "threads: 0 is not"),
        ({"engine": "exakt"}, '"exakt" is not an engine'),
        ({"solver": "higs"}, 'did you mean "highs"?'),
        ({"solver": "pulp:GUROBY"}, 'did you mean "pulp:GUROBI"?'),
        ({"solver": ""}, '"" is not a solver'),
    ],
)
def test_bad_arguments(settings: dict[str, Any], words: str) -> None:
    """An argument that is not possible is refused with what was found, before any work."""
    with pytest.raises(UsageError, match=re.escape(words)):
        solve(two_sites(), **settings)
