"""The decomposition engine on instances too large to enumerate: what it hands out, and when."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

import gpualloc
from gpualloc.generator import generate
from gpualloc.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.progress import Progress
from gpualloc.solving import solve
from tests.decomposition.cases import NEAR
from tests.test_engines_interrupts import PATIENCE_SECONDS, PROC, Command

pytestmark = pytest.mark.usefixtures("compiled")

SECONDS = 6.0


def solved(instance: Instance, seconds: float | None = SECONDS, **settings: object) -> Plan:
    """The result of the decomposition engine in this process."""
    return solve(
        instance,
        engine="decomposition",
        isolate=False,
        time_limit=seconds,
        **settings,  # type: ignore[arg-type]
    )


def hold(instance: Instance, plan: Plan) -> None:
    """Assert that there is a plan, that the checker accepts it, and that its bound is below it."""
    assert plan.status in ("feasible", "optimal")
    assert gpualloc.check(instance, plan)
    assert plan.objective_usd is not None
    assert plan.bound_usd is not None
    assert plan.bound_usd <= plan.objective_usd
    assert plan.gap is not None


@pytest.fixture(scope="module")
def fleet(compiled: None) -> tuple[Instance, Plan, list[Progress]]:
    """100,000 GPUs in 12 data centers for 20 jobs, solved, with the progress that was shown."""
    instance, shown = generate(gpus=100_000, data_centers=12, jobs=20, seed=3), []
    plan = solved(instance, on_progress=shown.append)
    return instance, plan, shown


def test_a_fleet(fleet: tuple[Instance, Plan, list[Progress]]) -> None:
    """Twelve data centers with all contract types: a checked plan, and a bound below it."""
    instance, plan, _ = fleet
    assert {contract.type for contract in instance.contracts} >= {"first_refusal", "share"}
    hold(instance, plan)


def test_progress(fleet: tuple[Instance, Plan, list[Progress]]) -> None:
    """Plans shown get cheaper, bounds rise, and the last ones are those of the result."""
    _, plan, shown = fleet
    plans = [step.incumbent_usd for step in shown if step.incumbent_usd is not None]
    bounds = [step.bound_usd for step in shown if step.bound_usd is not None]
    assert plans == sorted(plans, reverse=True)
    assert bounds == sorted(bounds)
    assert plans[-1] == pytest.approx(plan.objective_usd)
    assert bounds[-1] <= plan.bound_usd * (1 + NEAR)


def test_warm_start(fleet: tuple[Instance, Plan, list[Progress]]) -> None:
    """A start is never lost, however short the time, and the bound stays below it."""
    instance, first, _ = fleet
    plan = solved(instance, 0.2, warm_start=first)
    hold(instance, plan)
    assert plan.objective_usd is not None
    assert first.objective_usd is not None
    assert plan.objective_usd <= first.objective_usd * (1 + 1e-12)


def test_the_same_again() -> None:
    """Two solves that end by themselves with one seed give the same plan and bound."""
    instance = generate(gpus=40_000, data_centers=8, jobs=14, seed=4)
    plans = [solved(instance, None, gap=0.1, seed=5) for _ in range(2)]
    hold(instance, plans[0])
    assert {plan.stopped_by for plan in plans} <= {"proof", "gap"}
    assert plans[0].layout == plans[1].layout
    assert plans[0].bound_usd == plans[1].bound_usd


@pytest.mark.skipif(not PROC.is_dir(), reason="processes are found in /proc")
def test_ctrl_c(fleet: tuple[Instance, Plan, list[Progress]], tmp_path: Path) -> None:
    """Ctrl-C gives a checked plan no dearer than the start, exit code 0, and leaves nothing."""
    instance, first, _ = fleet
    instance.write(tmp_path / "fleet.json")
    first.write(tmp_path / "start.json")
    command = Command(
        tmp_path,
        tmp_path / "fleet.json",
        *("--engine", "decomposition", "--gap", "0", "--warm-start", tmp_path / "start.json"),
    )
    command.solving(2)
    command.process.send_signal(signal.SIGINT)
    _, errors = command.process.communicate(timeout=PATIENCE_SECONDS)
    assert (command.process.returncode, errors) == (0, "")
    plan = gpualloc.read_plan(command.out)
    assert plan.stopped_by == "interrupt"
    assert gpualloc.check(instance, plan)
    assert plan.objective_usd is not None
    assert first.objective_usd is not None
    assert plan.objective_usd <= first.objective_usd * (1 + 1e-12)
    command.vanished()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "size",
    [
        {"gpus": 100_000, "data_centers": 12, "jobs": 20},
        {"gpus": 100_000, "data_centers": 20, "jobs": 40},
        {"gpus": 100_000, "data_centers": 12, "jobs": 20, "periods": 4},
        {"gpus": 1_000_000, "data_centers": 40, "jobs": 120},
        {"gpus": 1_000_000, "data_centers": 40, "jobs": 120, "periods": 4},
    ],
    ids=lambda size: "-".join(map(str, size.values())),
)
def test_sizes(size: dict[str, int], seed: int) -> None:
    """From a hundred thousand GPUs to a million, over one period and four, a plan is found."""
    instance = generate(**size, seed=seed)
    hold(instance, solved(instance, 60.0))
