"""The search in its own thread goes on where it got to, and its outcome knows no clock."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

import gpualloc
from gpualloc.engines.backends.base import Listener, Settings
from gpualloc.engines.decomposition import background
from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.background import LAG, Background, Slice
from gpualloc.engines.decomposition.decomposer import Decomposer
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.rounds import Rounds
from tests.decomposition.cases import dived


@pytest.fixture(scope="module")
def decomposer() -> Decomposer:
    """A decomposition with a first plan."""
    return dived(gpualloc.generate(gpus=40_000, data_centers=8, jobs=24, seed=2))


def slice_of(decomposer: Decomposer, start: Assignment, effort: float = 0.1) -> Slice:
    """A slice without news of the relaxation."""
    return Slice(start, decomposer.root, None, decomposer.pricer.shift_within, effort)


def found_from(decomposer: Decomposer, *starts: Assignment) -> list[Assignment]:
    """What slices with these starts find, one after another."""
    with Background(decomposer.rounds) as search:
        for start in starts:
            search.submit(slice_of(decomposer, start))
        return [found.assignment for found in search.collect(0)]


def cheaper(plan: Assignment, usd: float) -> Assignment:
    """The same plan at another cost, as if something had made it cheaper."""
    made = replace(plan)
    made.__dict__["cost_usd"] = plan.cost_usd - usd
    return made


@pytest.fixture
def starts(decomposer: Decomposer, monkeypatch: pytest.MonkeyPatch) -> list[Assignment]:
    """Where each slice starts from; each makes the plan one dollar cheaper, in its own time."""
    seen: list[Assignment] = []

    def improve(_: Rounds, best: Assignment, center: Center, effort: float) -> Assignment:
        assert center is decomposer.root
        assert effort > 0
        time.sleep(0.02 * (len(seen) % 2))
        seen.append(best)
        return cheaper(best, 1.0)

    monkeypatch.setattr(Rounds, "improve", improve)
    return seen


def test_it_goes_on_where_it_got_to(decomposer: Decomposer, starts: list[Assignment]) -> None:
    """It is given the same plan several times, since what it finds is taken up later."""
    best = decomposer.best
    assert best is not None
    with Background(decomposer.rounds) as search:
        for _ in range(LAG + 2):
            search.submit(slice_of(decomposer, best))
        early = list(search.collect(LAG))
        late = list(search.collect(0))
    assert [len(early), len(late)] == [2, LAG]
    costs = [found.assignment.cost_usd for found in (*early, *late)]
    assert costs == [best.cost_usd - at for at in range(1, LAG + 3)]
    assert starts[1] is early[0].assignment


def test_a_better_plan_is_news(decomposer: Decomposer, starts: list[Assignment]) -> None:
    """A cheaper plan from elsewhere is gone on with; one that is dearer than its own is not."""
    best = decomposer.best
    assert best is not None
    much, little = cheaper(best, 50.0), cheaper(best, 10.0)
    found = found_from(decomposer, best, much, little)
    assert starts[1] is much
    assert starts[2] is found[1]


def test_a_plan_is_not_given_up_for_what_breaks_rows(
    decomposer: Decomposer, starts: list[Assignment]
) -> None:
    """Once it has mended what was broken, it goes on with the plan."""
    best = decomposer.best
    assert best is not None
    rough = cheaper(best, 500.0)
    rough.__dict__["broken"] = np.array([0])
    found = found_from(decomposer, rough, best, rough)
    assert starts[0] is rough
    assert starts[2] is found[1]


def test_effort_done_ahead_is_not_done_again(decomposer: Decomposer) -> None:
    """A try takes more than a small slice: those after it have nothing left to do."""
    best = decomposer.best
    assert best is not None
    with Background(decomposer.rounds) as search:
        for _ in range(4):
            search.submit(slice_of(decomposer, best, 1e-6))
        tries = [found.tries for found in search.collect(0)]
    assert decomposer.rounds.search.effort > 4e-6
    assert all(count == 0 for count in tries[1:])


def test_the_outcome_does_not_depend_on_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is slowed down ends with the same plan and the same bound."""
    instance = gpualloc.generate(gpus=12_000, data_centers=6, jobs=12, seed=4)
    settings = Settings(600, 1e-4, 0, None)
    plain = Decomposer(instance, settings, None, Listener()).run()
    swift = background.Background._search

    def slow(self: Background, given: Slice) -> background.Found:
        time.sleep(0.05)
        return swift(self, given)

    monkeypatch.setattr(background.Background, "_search", slow)
    slowed = Decomposer(instance, settings, None, Listener()).run()
    assert slowed.layout == plain.layout
    assert slowed.bound_usd == plain.bound_usd
