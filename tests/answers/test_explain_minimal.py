"""Explanations of infeasible tiny instances against plain enumeration."""

from __future__ import annotations

import pytest

from gpualloc.answers.explanation import Explanation, explain
from gpualloc.answers.relaxations import with_changes
from gpualloc.instance import Instance
from gpualloc.solving import solve
from tests.answers.explain_cases import Rule, all_rules, bare, count_plans, without
from tests.oracle import enumerate_plans
from tests.tiny import FOCI, tiny_instance
from tests.tiny.scale import Data

FOCUSES = (None, *FOCI)
BLOCKS, BLOCK = 10, 12
"""Under the slow marker 120 seeds of each focus, about 400 infeasible instances."""

MOST_PLANS = 200_000


def explained(data: Data) -> Explanation:
    """The explanation of an instance, found in this process."""
    return explain(Instance.from_dict(data), gap=1e-6, threads=1, isolate=False)


def is_possible(data: Data, kept: set[Rule]) -> bool:
    """Whether any plan keeps some of the rules, the others dropped.

    By enumeration; where the rules dropped leave too many plans for that, by another solver.
    """
    relaxed = without(data, set(all_rules(data)) - kept)
    if not any(kind == "contract" for kind, _ in kept):
        tried = bare(relaxed)
        return tried is None or enumerate_plans(tried).status == "optimal"
    if count_plans(relaxed) > MOST_PLANS:
        return bool(solve(Instance.from_dict(relaxed), solver="cbc", isolate=False))
    return enumerate_plans(relaxed).status == "optimal"


def hold_to_enumeration(data: Data) -> None:
    """Assert that the conflict clashes and is minimal, and that each way out solves as told."""
    found = explained(data)
    assert found.status == "infeasible"
    conflict = {(row.kind, row.place) for row in found.rows}
    assert conflict <= set(all_rules(data))
    assert not is_possible(data, conflict)
    for rule in conflict:
        assert is_possible(data, conflict - {rule}), rule
    assert found.ways
    for way in found.ways:
        changed = with_changes(Instance.from_dict(data), way.changes)
        proof = enumerate_plans(changed.to_dict())
        assert proof.objective is not None, way.text
        assert way.plan.objective_usd == pytest.approx(float(proof.objective), rel=1e-6, abs=1e-6)


def infeasible_seeds(focus: str | None, seeds: range) -> list[Data]:
    """The infeasible ones among some tiny instances."""
    instances = (tiny_instance(seed, focus) for seed in seeds)
    return [data for data in instances if enumerate_plans(data).status == "infeasible"]


@pytest.mark.parametrize("focus", FOCUSES)
def test_conflicts_are_minimal_and_ways_out_lead_out(focus: str | None) -> None:
    """On infeasible tiny instances enumeration finds what the explanation claims."""
    for data in infeasible_seeds(focus, range(4)):
        hold_to_enumeration(data)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
@pytest.mark.parametrize("focus", FOCUSES)
def test_conflicts_are_minimal_at_length(focus: str | None, block: int) -> None:
    """The same on many more instances."""
    first = 100 + block * BLOCK
    for data in infeasible_seeds(focus, range(first, first + BLOCK)):
        hold_to_enumeration(data)
