"""Solvers that lie, die or hang: what the exact engine makes of each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gpualloc.engines import process, tasks
from gpualloc.engines.backends import Listener, Outcome, Settings, make_backend
from gpualloc.errors import InternalError, SolverError
from gpualloc.formulation.problem import Problem
from gpualloc.formulation.program import Program, formulate
from gpualloc.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.solving import solve
from gpualloc.vectors import Floats
from tests.checker_plans import SYNC, two_sites

Change = Callable[[Program, Floats], None]


class Liar:
    """A backend that solves with HiGHS and then tells what a test wants."""

    def __init__(self, change: Callable[[Outcome], Outcome]) -> None:
        self._change = change

    def version(self) -> str:
        return "liar"

    def solve(
        self, problem: Problem, settings: Settings, hint: Floats | None, listener: Listener
    ) -> Outcome:
        return self._change(make_backend("highs").solve(problem, settings, hint, Listener()))


def solve_with(
    monkeypatch: pytest.MonkeyPatch,
    instance: Instance,
    change: Callable[[Outcome], Outcome],
    **settings: Any,
) -> Plan:
    """Solve an instance with a solver whose outcomes are changed."""
    monkeypatch.setattr(
        tasks, "make_backend", lambda name: Liar(change) if name == "scip" else make_backend(name)
    )
    return solve(instance, solver="scip", isolate=False, **settings)


def corrupted(instance: Instance, change: Change) -> Callable[[Outcome], Outcome]:
    """Outcomes in which some columns of the point have other values."""
    program = formulate(instance)

    def corrupt(outcome: Outcome) -> Outcome:
        assert outcome.values is not None
        values = outcome.values.copy()
        change(program, values)
        return replace(outcome, values=values)

    return corrupt


def shards_of(program: Program, job: str, offer: str) -> int:
    """The column of a job's shards on an offer, in its first option."""
    block = next(found for found in program.jobs if found.data.name == job).blocks[0][0]
    offers = [program.arrays.offer_names[at] for at in block.offers]
    return int(block.shards[offers.index(offer)])


def drop_shard(program: Program, values: Floats) -> None:
    values[shards_of(program, "train", "east-h100")] -= 1


def double_shards(program: Program, values: Floats) -> None:
    values[shards_of(program, "train", "east-h100")] *= 2


def move_shards(program: Program, values: Floats) -> None:
    values[shards_of(program, "train", "east-h100")] -= 2
    values[shards_of(program, "train", "west-h100")] += 2


def serve_nobody(program: Program, values: Floats) -> None:
    for job in program.jobs:
        values[job.on] = 0


@pytest.mark.parametrize(
    ("change", "changes", "rules"),
    [
        (drop_shard, {}, ["placement"]),
        # 8 shards of 2 GPUs beside the 2 of `chat`, where `east` has 10
        (double_shards, {}, ["placement", "offers"]),
        (serve_nobody, {}, ["placement"]),
        # 2 shards of 2 GPUs of 1 kW in `west`, where there are 3 kW
        (move_shards, {"west": {"power_mw": 0.003}}, ["power"]),
        (move_shards, {"train": {"max_data_centers": 1}}, ["max_data_centers"]),
        (move_shards, {"train": {"sync": SYNC}, "network": {}}, ["spokes"]),
        (
            move_shards,
            {"contracts": [{"name": "deal", "type": "exclusivity", "providers": ["alpha"]}]},
            ["exclusivity"],
        ),
    ],
)
def test_plan_that_breaks_a_rule_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch, change: Change, changes: dict[str, Any], rules: list[str]
) -> None:
    """A solver's plan that breaks a rule is never handed out, and the rule is named."""
    instance = two_sites(**changes)
    with pytest.raises(InternalError) as error:
        solve_with(monkeypatch, instance, corrupted(instance, change))
    named = {line.split("[")[0].strip() for line in str(error.value).splitlines()[2:]}
    assert named == set(rules), str(error.value)


def test_bound_above_the_cost_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that a checked plan contradicts is a fault of the engine, not a proof."""
    # The optimum: 8 + 2 H100 in `east` at 2 USD for 300 h, 6,000 USD.
    with pytest.raises(InternalError, match="proved a bound of"):
        solve_with(monkeypatch, two_sites(), lambda outcome: replace(outcome, bound=6001.0))


def test_infeasible_against_a_valid_start_is_a_solver_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A solver that claims there is no plan while a checked one is at hand is not believed."""
    start = solve(two_sites(), isolate=False)
    none = Outcome("infeasible", None, None, "proof")
    with pytest.raises(SolverError, match="claims that no plan is valid, against a checked plan"):
        solve_with(monkeypatch, two_sites(), lambda _: none, warm_start=start)


def test_no_plan_in_time_keeps_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of time without a plan the result is `unknown`, with the bound that was proven."""
    late = Outcome("unknown", None, 1234.5, "time")
    plan = solve_with(monkeypatch, two_sites(), lambda _: late)
    assert (plan.status, plan.stopped_by, plan.bound_usd) == ("unknown", "time", 1234.5)
    assert (plan.objective_usd, plan.gap, plan.costs) == (None, None, None)


def test_no_bound_at_all_leaves_the_least_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that proved nothing leaves the bound that the columns' bounds prove alone."""
    late = Outcome("unknown", None, None, "time")
    plan = solve_with(monkeypatch, two_sites(), lambda _: late)
    assert plan.bound_usd == formulate(two_sites()).problem.least_cost


def test_gap_reached_is_told_as_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan within the gap asked for, and no closer, is `feasible` and stopped by `gap`."""

    def loosen(outcome: Outcome) -> Outcome:
        assert outcome.bound is not None
        return replace(outcome, bound=outcome.bound * 0.9)

    plan = solve_with(monkeypatch, two_sites(), loosen, gap=0.2)
    assert (plan.status, plan.stopped_by) == ("feasible", "gap")
    assert plan.gap == pytest.approx(0.1)


def test_figures_that_are_no_numbers_reach_no_solver() -> None:
    """A program with NaN is refused before any solver can drop it without a word."""
    problem = formulate(two_sites()).problem
    cost = problem.cost.copy()
    cost[0] = np.nan
    task = tasks.Task(solver=None, problem=replace(problem, cost=cost), settings=Settings())
    with pytest.raises(InternalError, match="no number"):
        tasks.execute(task, Listener())


def run_script(monkeypatch: pytest.MonkeyPatch, script: str, deadline: float | None) -> Outcome:
    """Run a task with a script in the place of the worker."""
    monkeypatch.setattr(process, "WORKER", ("-c", script))
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.3)
    problem = formulate(two_sites()).problem
    task = tasks.Task(solver=None, problem=problem, settings=Settings(), deadline=deadline)
    return process.run_apart(task, process.Reports(lambda *_: None))


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise SystemExit(3)", "the solver's process died$"),
        ("raise MemoryError('no room')", "the solver's process died: MemoryError: no room$"),
        ("import os; os.kill(os.getpid(), 9)", "the solver's process was ended by SIGKILL$"),
        ("import os; os.abort()", "the solver's process was ended by SIGABRT$"),
        ("print('hello')", "the solver's process died$"),
        ("import os, time; os.close(1); time.sleep(60)", "closed its output and did not end$"),
    ],
)
def test_worker_that_dies_is_a_solver_error(
    monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    """However the solver's process ends without an outcome, the message says so plainly."""
    with pytest.raises(SolverError, match=message):
        run_script(monkeypatch, script, None)


def test_worker_that_never_begins_is_a_solver_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that does not even take its task is given up at the time limit."""
    with pytest.raises(SolverError, match="does not answer"):
        run_script(monkeypatch, "import time; time.sleep(60)", time.time())


def test_solver_that_hangs_keeps_what_it_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that overruns its time limit is ended; its last bound and point are kept."""
    script = (
        "import pickle, sys, time, numpy\n"
        "for message in (('begun',), ('bound', 5.0), ('point', 7.0, numpy.zeros(2))):\n"
        "    pickle.dump(message, sys.stdout.buffer)\n"
        "sys.stdout.flush(); time.sleep(60)"
    )
    outcome = run_script(monkeypatch, script, time.time() + 3)
    assert (outcome.known, outcome.bound, outcome.stop) == ("feasible", 5.0, "time")
