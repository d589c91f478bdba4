"""The two statements of every rule agree: on random plans, rows and reading, and both costs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gpualloc.errors import InstanceError
from gpualloc.formulation.program import Program, formulate
from gpualloc.instance import Instance
from gpualloc.layout import Layout
from tests.random_plans import PlanMaker, tiny, to_layout
from tests.rules.conformance import ByRule, compare_whole, encoded
from tests.rules.spoiling import spoiled
from tests.tiny import FOCI, tiny_instances
from tests.tiny.scale import Data

FORBIDDING = {
    "placement",
    "offers",
    "power",
    "max_data_centers",
    "spokes",
    "flows",
    "links",
    "uplinks",
    "transfer",
    "exclusivity",
    "dedicated",
    "first_refusal",
    "spend_cap",
    "share",
    "count",
    "minimum_use",
    "separation",
}
"""The rules that forbid something; all others only cost something."""

COSTING = {
    "compute",
    "fixed",
    "energy",
    "egress",
    "stall",
    "latency",
    "moves",
    "staging",
    "buyouts",
    "commitment",
    "volume_discount",
}

TRIES = 6

Seen = Counter[tuple[str, bool | str]]


def random_layouts(program: Program, rng: random.Random, plans: int) -> Iterator[Layout]:
    """Random plans, some of them spoiled, most of them such that the columns can say them."""
    instance = program.arrays.instance
    maker = PlanMaker(instance.model_dump(), rng)
    for _ in range(plans):
        for _ in range(TRIES):
            tables = maker.make()
            if rng.random() < 0.35:
                tables = spoiled(tables, instance, rng)
            layout = to_layout(tables)
            if encoded(program, layout) is not None or rng.random() < 0.1:
                break
        yield layout


def compare_plans(instance: Instance, seed: int, plans: int) -> Seen:
    """Compare random plans of an instance; counts what was seen of each rule."""
    program, by_rule = formulate(instance), ByRule(instance)
    seen: Seen = Counter()
    for layout in random_layouts(program, random.Random(seed), plans):
        kind = compare_whole(instance, program, layout)
        seen["plan", kind] += 1
        if kind != "unsaid":
            seen.update(by_rule.compare(layout))
    return seen


def compare_many(focus: str | None, seeds: range, plans: int) -> Seen:
    """Compare random plans of many tiny instances."""
    seen: Seen = Counter()
    for seed, _, instance in tiny(focus, seeds):
        seen += compare_plans(instance, seed, plans)
    return seen


@pytest.mark.parametrize("focus", [None, *FOCI])
def test_rows_and_reading_agree(focus: str | None) -> None:
    """The rows can be satisfied exactly when the checker finds no breach, at the same costs."""
    instances = 60 if focus == "first_refusal" else 20
    seen = compare_many(focus, range(1000, 1000 + instances), 4)
    assert seen["plan", "accepted"]
    assert seen["plan", "refused"]
    if focus is not None and focus in FORBIDDING:
        assert seen[focus, True], f"no plan keeps {focus}"
        assert seen[focus, False], f"no plan breaks {focus}"


@settings(max_examples=40, derandomize=True, deadline=None)
@given(tiny_instances(), st.integers(0, 2**32))
def test_any_instance(data: Data, seed: int) -> None:
    """Rows and reading agree on plans of any tiny instance; a failure shrinks to small seeds."""
    try:
        instance = Instance.from_dict(data)
    except InstanceError:
        assume(False)
    assert sum(compare_plans(instance, seed, 3).values()) >= 3


@pytest.mark.slow
def test_ten_thousand_plans() -> None:
    """Rows and reading agree on 10,000 plans, which between them break and keep every rule."""
    seen: Seen = Counter()
    for focus in (None, *FOCI):
        seen += compare_many(focus, range(10_000, 10_160), 4)
    assert sum(seen["plan", kind] for kind in ("accepted", "refused", "unsaid")) >= 10_000
    assert {title for title in FORBIDDING if not seen[title, False]} == set()
    assert {title for title in FORBIDDING | COSTING if not seen[title, True]} == set()
