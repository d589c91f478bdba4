"""Plans to the values of columns and back."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from gpualloc.formulation.program import formulate
from gpualloc.formulation.translation import decode, encode
from gpualloc.instance import Instance
from gpualloc.layout import FlowShare, Hub, Layout, Placement
from gpualloc.plan.order import ordered
from tests.oracle import enumerate_plans
from tests.oracle.by_hand import SYNC, Data, contract, job, linked, narrow, offer, site, two_sites
from tests.random_plans import PlanMaker, tiny, to_layout
from tests.rules.toys import apart, roaming
from tests.rules.written import short
from tests.tiny import FOCI


def values_of(data: Data, layout: Layout) -> dict[str, float]:
    """The columns that a plan decides, by name, those of 0 left out."""
    program = formulate(Instance.from_dict(data))
    found = encode(program, layout)
    assert found.unknown == ()
    return {
        short(program.column_name(at)): float(value)
        for at, value in enumerate(found.values)
        if value != 0 and not np.isnan(value)
    }


def place(
    name: str, shards: dict[str, int], period: str = "q1", option: int = 0
) -> list[Placement]:
    """Rows of one job in one period."""
    return [Placement(name, period, option, at, count) for at, count in shards.items()]


@pytest.mark.parametrize("focus", [None, *FOCI])
def test_round_trip_of_optimal_plans(focus: str | None) -> None:
    """A valid plan, written as columns and read again, is the same plan."""
    translated = 0
    for _, data, instance in tiny(focus, range(4000, 4004)):
        outcome = enumerate_plans(data)
        if outcome.layout is not None:
            translated += _round_trip(instance, to_layout(outcome.layout))
    assert translated


@pytest.mark.parametrize("focus", [None, "flows", "moves", "spokes"])
def test_round_trip_of_random_plans(focus: str | None) -> None:
    """So is any plan that has a column for all its shards, whether it is valid or not."""
    translated = 0
    for seed, _, instance in tiny(focus, range(4100, 4120)):
        maker = PlanMaker(instance.model_dump(), random.Random(seed))
        for _ in range(3):
            layout = to_layout(maker.make())
            if not encode(formulate(instance), layout).unknown:
                translated += _round_trip(instance, layout)
    assert translated >= 10


def _round_trip(instance: Instance, layout: Layout) -> bool:
    program = formulate(instance)
    found = encode(program, layout)
    assert found.unknown == ()
    again = decode(program, np.nan_to_num(found.values))
    if _has_hub_columns(instance, layout):
        assert ordered(again, instance) == ordered(layout, instance)
    return True


def _has_hub_columns(instance: Instance, layout: Layout) -> bool:
    """Whether no job that keeps to one data center is given a hub, for which it has no column."""
    single = {row.name for row in instance.jobs if row.max_data_centers == 1}
    return not single & {row.job for row in layout.hubs}


def test_encode_by_hand() -> None:
    """Shards, data centers in use, hub and spoke of a split job."""
    layout = Layout(tuple(place("job", {"cheap": 1, "dear": 3})), (Hub("job", "q1", "b1"),))
    assert values_of(linked(), layout) == {
        "on[job]": 1,
        "shards[job, cheap]": 1,
        "shards[job, dear]": 3,
        "used[job, a1]": 1,
        "used[job, b1]": 1,
        "hub[job, b1]": 1,
        "spoke[job, a1, b1]": 1,
    }


def test_encode_one_data_center() -> None:
    """The one data center in use is the hub, which the plan does not say."""
    found = values_of(linked(), Layout(tuple(place("job", {"dear": 4}))))
    assert found.keys() == {"on[job]", "shards[job, dear]", "used[job, b1]", "hub[job, b1]"}


def test_encode_phases_flows_and_buyouts() -> None:
    """Each phase has its own columns; fractions, buyouts and unserved jobs have theirs."""
    moved = Layout((*place("job", {"cheap": 1}), *place("job", {"dear": 1}, "q2")))
    assert values_of(roaming(), moved) == {
        "on[job]": 1,
        "shards[job, q1, cheap]": 1,
        "used[job, q1, a1]": 1,
        "shards[job, q2, dear]": 1,
        "used[job, q2, b1]": 1,
    }
    flow = Layout(
        (*place("one", {"cheap": 2}), *place("two", {"dear": 2})),
        flows=(FlowShare("one", "two", "q1", "a1", "b1", 1.0),),
    )
    assert values_of(apart(), flow)["flow[one, two, q1, a1, b1]"] == 1
    rule = contract("exclusivity", providers=["B"], buyout_usd=1)
    data = two_sites(job(unserved_usd=1), contracts=(rule,))
    left = Layout(unserved=("job",), buyouts=("exclusivity",))
    assert values_of(data, left) == {"unserved[job]": 1, "bought out[exclusivity]": 1}


def test_auxiliary_columns_are_left_open() -> None:
    """What follows from the decisions, such as a shortfall, is not a number yet."""
    data = two_sites(contracts=(contract("commitment", provider="B", usd=1),))
    program = formulate(Instance.from_dict(data))
    found = encode(program, Layout(tuple(place("job", {"cheap": 4}))))
    unknown = [program.column_name(at) for at in np.flatnonzero(np.isnan(found.values)).tolist()]
    assert unknown == ["shortfall[commitment]"]


@pytest.mark.parametrize(
    ("change", "unknown"),
    [
        ({"placements": place("job", {"new": 4})}, "shards of job on new"),
        ({"buyouts": ("firm",)}, "buyout of firm"),
        ({"placements": place("ghost", {"cheap": 4})}, "job ghost"),
    ],
)
def test_unknown(change: dict[str, Any], unknown: str) -> None:
    """What the program has no column for is named: a place, a contract, a job."""
    data = two_sites(contracts=(contract("exclusivity", name="firm", regions=["east"]),))
    data["data_centers"].append(site("c1", "B"))
    data["offers"].append({**offer("new", "c1", 1), "gpus": 0})
    program = formulate(Instance.from_dict(data))
    layout = Layout(**{"placements": place("job", {"cheap": 4}), **change})
    assert encode(program, layout).unknown == (unknown,)


def test_unknown_flow() -> None:
    """A fraction between data centers that cannot talk has no column."""
    program = formulate(Instance.from_dict({**apart(), "network": {}}))
    layout = Layout(
        (*place("one", {"cheap": 2}), *place("two", {"dear": 2})),
        flows=(FlowShare("one", "two", "q1", "a1", "b1", 1.0),),
    )
    (unknown,) = encode(program, layout).unknown
    assert unknown.startswith("flow ")
    assert "a1" in unknown


def test_decode_rounds() -> None:
    """Integers a solver gives as 1.9999999 are 2, fractions of 1e-10 nothing."""
    data = apart()
    for row in data["jobs"]:
        row["data_centers"] = None
    instance = Instance.from_dict(data)
    program = formulate(instance)
    layout = Layout(
        (*place("one", {"cheap": 2}), *place("two", {"dear": 2})),
        flows=(FlowShare("one", "two", "q1", "a1", "b1", 1.0),),
    )
    values = encode(program, layout).values
    hair = np.where(program.problem.integer, 1e-7, np.where(values == 0, 1e-10, 0))
    assert decode(program, values + hair) == decode(program, values)
    whole = np.where(program.problem.integer, -1e-7, 0)
    assert decode(program, values + whole) == layout


def test_decode_names_the_hub_of_a_split_job_alone() -> None:
    """A job in one data center, or without `sync`, has no hub in its plan."""
    together = Layout(tuple(place("job", {"dear": 4})))
    for data in (linked(), narrow(job())):
        program = formulate(Instance.from_dict(data))
        assert decode(program, np.nan_to_num(encode(program, together).values)).hubs == ()
    split = Layout(tuple(place("job", {"cheap": 2, "dear": 2})))
    program = formulate(Instance.from_dict(narrow(job(sync=SYNC, max_data_centers=1))))
    assert decode(program, np.nan_to_num(encode(program, split).values)).hubs == ()
