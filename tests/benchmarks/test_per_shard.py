"""The per-shard model means what gpualloc's formulation means."""

from __future__ import annotations

import pytest
from per_shard import missing_features, solve_per_shard

import gpualloc
from gpualloc import Instance
from gpualloc.plan.checker import check_layout
from tests.tiny import FOCI, tiny_instance

PULP_GAP = 1.1e-4
"""PuLP's HiGHS stops at a gap of 1e-4."""


@pytest.mark.parametrize("focus", [None, *FOCI])
def test_it_agrees_with_the_exact_engine(focus: str | None) -> None:
    """Without flows and contracts it has the same optimum, in a plan that the checker accepts."""
    for seed in range(2):
        data = dict(tiny_instance(seed, focus))
        instance = Instance.from_dict({**data, "flows": [], "contracts": []})
        plan = gpualloc.solve(instance, engine="exact", isolate=False, threads=1)
        answer = solve_per_shard(instance, time_limit=60)
        if not plan:
            assert (answer.layout, answer.infeasible) == (None, True), seed
            continue
        assert answer.layout is not None, seed
        verdict = check_layout(instance, answer.layout)
        assert verdict, (seed, verdict)
        assert verdict.objective_usd == pytest.approx(plan.objective_usd, rel=PULP_GAP), seed


def test_it_says_what_it_does_not_cover() -> None:
    """An instance with flows and contracts is named as such and not solved."""
    instance = gpualloc.generate(gpus=1000, data_centers=4, jobs=6)
    assert missing_features(instance) == ("flows", "contracts")
    answer = solve_per_shard(instance, time_limit=60)
    assert (answer.layout, answer.bound_usd) == (None, None)
    assert answer.note == "the model has no flows and no contracts"
