"""The checker against the oracle, which was written from the specification alone."""

from __future__ import annotations

import random
from typing import Any

import pytest

from gpualloc.plan.checker import check_layout
from gpualloc.plan.verdict import Verdict
from tests.oracle import enumerate_plans, evaluate, refusal_remarks
from tests.random_plans import FOCUSES, PlanMaker, tiny, to_layout

STRUCTURE = {"placement", "spokes", "flows", "buyouts"}
"""Rules about rows. Where one is broken, the two may count the other rules differently."""

PLANS_EACH = 8


def compare(data: dict[str, Any], tables: dict[str, Any], verdict: Verdict) -> set[str]:
    """Hold a verdict to the oracle's; returns the rules that both find broken."""
    breaches, costs = evaluate(data, tables)
    found, theirs = {breach.rule for breach in verdict.breaches}, {rule for rule, _ in breaches}
    assert found & STRUCTURE == theirs & STRUCTURE
    if not found & STRUCTURE:
        assert found == theirs
        assert verdict.costs == pytest.approx(
            {line: float(costs.get(line, 0)) for line in verdict.costs}
        )
        assert len(verdict.remarks) == len(refusal_remarks(data, tables))
    return found


@pytest.mark.parametrize("focus", FOCUSES)
def test_random_plans(focus: str | None) -> None:
    """On random plans checker and oracle find the same rules broken, and the same costs."""
    found: set[str] = set()
    for seed, data, instance in tiny(focus, range(30)):
        maker = PlanMaker(instance.model_dump(), random.Random(seed))
        for _ in range(PLANS_EACH):
            tables = maker.make()
            found |= compare(data, tables, check_layout(instance, to_layout(tables)))
    binding = {"exclusivity", "dedicated", "first_refusal", "spend_cap", "share", "count"}
    assert {"offers", *({focus} & (binding | {"separation", "minimum_use", "spokes"}))} <= found


@pytest.mark.parametrize("focus", FOCUSES)
def test_optimal_plans(focus: str | None) -> None:
    """The checker accepts every optimal plan of the oracle, at the oracle's cost."""
    checked = 0
    for _, data, instance in tiny(focus, range(100, 108)):
        outcome = enumerate_plans(data)
        if outcome.layout is not None and outcome.objective is not None:
            verdict = check_layout(instance, to_layout(outcome.layout))
            assert verdict, str(verdict)
            assert verdict.objective_usd == pytest.approx(float(outcome.objective))
            checked += 1
    assert checked


@pytest.mark.parametrize(
    ("table", "focus"),
    [("placements", None), ("hubs", "spokes"), ("flows", "flows"), ("unserved", "unserved")],
)
def test_dropped_rows(table: str, focus: str | None) -> None:
    """A plan from which any one row is taken away is refused."""
    dropped = 0
    for seed, _, instance in tiny(focus, range(200, 230)):
        tables = PlanMaker(instance.model_dump(), random.Random(seed)).make()
        for at in range(len(tables[table])):
            less = tables | {table: tables[table][:at] + tables[table][at + 1 :]}
            broken = {breach.rule for breach in check_layout(instance, to_layout(less)).breaches}
            assert broken & STRUCTURE
            dropped += 1
    assert dropped
