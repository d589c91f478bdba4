"""Both engines, one after the other: the second starts from the first, the better bound counts."""

from __future__ import annotations

from itertools import pairwise

import pytest

import gpualloc
from gpualloc import solving
from gpualloc.errors import InternalError
from gpualloc.instance import Instance
from gpualloc.progress import Progress
from gpualloc.solving import solve
from tests.oracle.by_hand import two_sites

pytestmark = pytest.mark.usefixtures("compiled")

SECONDS = 12.0


@pytest.fixture(scope="module")
def fleet(compiled: None) -> Instance:
    """100,000 GPUs in 16 data centers for 32 jobs: small, and not solved in a second or two."""
    return gpualloc.generate(gpus=100_000, data_centers=16, jobs=32, seed=5)


def test_both_within_a_limit(fleet: Instance) -> None:
    """What is shown goes on where the first engine ended, and the result is the best of both."""
    shown: list[Progress] = []
    plan = solve(fleet, time_limit=SECONDS, isolate=False, on_progress=shown.append)
    first, second = plan.engine.split(", then ")
    assert first.startswith("decomposition")
    assert second.startswith("exact")
    assert gpualloc.check(fleet, plan)
    seconds = [step.seconds for step in shown]
    assert seconds == sorted(seconds)
    bounds = [step.bound_usd for step in shown if step.bound_usd is not None]
    assert bounds == sorted(bounds)
    plans = [step.incumbent_usd for step in shown if step.incumbent_usd is not None]
    assert all(after <= before * (1 + 1e-9) for before, after in pairwise(plans))
    assert plan.bound_usd == pytest.approx(bounds[-1])
    assert plan.objective_usd == pytest.approx(plans[-1])


def test_without_a_limit_the_smaller_are_solved_whole() -> None:
    """A share of no limit is no limit: the solver takes the program at once."""
    plan = solve(Instance.from_dict(two_sites()), isolate=False)
    assert plan.engine.startswith("exact")
    assert plan.status == "optimal"


def test_engines_that_contradict_each_other_are_told(
    fleet: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bound of one engine above a checked plan of the other is an error, and no plan."""
    find = solving.DecompositionEngine.find

    def wrong(engine: solving.DecompositionEngine, start: object) -> object:
        found = find(engine, None)
        return solving.replace(found, bound=2e9)

    monkeypatch.setattr(solving.DecompositionEngine, "find", wrong)
    with pytest.raises(InternalError, match="proved a bound"):
        solve(fleet, time_limit=SECONDS, isolate=False)
