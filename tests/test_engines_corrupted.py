"""Plans of the exact engine: untouched they are accepted, corrupted they are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from gpualloc.instance import Instance
from gpualloc.layout import Layout, Placement
from gpualloc.plan.checker import check
from gpualloc.plan.plan import Plan
from gpualloc.solving import solve
from tests.checker_plans import SYNC, TWO_SITES
from tests.engine_cases import tables_of
from tests.oracle import evaluate
from tests.tiny import FOCI, tiny_instance

Change = Callable[[Layout], Layout]

NORTH = {"name": "north", "provider": "beta", "region": "eu", "latitude": 60, "longitude": 5}
LINKS = [
    {"a": a, "b": b, "gbps": 100, "rtt_ms": 20}
    for a, b in (("east", "west"), ("east", "north"), ("west", "north"))
]


def three_sites(*contracts: dict[str, Any]) -> Instance:
    """`train` synchronizes, and fits no site: 3 of its 4 shards in `east`, one elsewhere.

    `east` and `west` have 6 and 10 H100 at 2 and 3 USD, `north` 10 at 4; `chat`, 2 H100, may run
    in `west` alone. Over a spoke 2 of 10 s are stall, worth 0.2 * 8 GPUs * 1 USD * 300 h = 480;
    all of `train` in `west` costs 6 GPUs * 1 USD * 300 h = 1,800 more.
    """
    tables = deepcopy(TWO_SITES)
    east, west, _ = tables["offers"]
    train, chat = tables["jobs"]
    tables["data_centers"].append(NORTH)
    tables["offers"] = [
        {**east, "gpus": 6},
        west,
        {**west, "name": "north-h100", "data_center": "north", "usd_per_gpu_hour": 4},
    ]
    tables["network"] = {"links": LINKS}
    train.update(sync={**SYNC, "usd_per_gpu_hour": 1}, options=train["options"][:1])
    chat.update(data_centers=["west"], tags=["small"])
    tables["contracts"] = [{"name": "deal", **row} for row in contracts]
    return Instance.from_dict(tables)


def move(row: Placement, offer: str) -> Placement:
    return row._replace(offer=offer)


def with_placements(layout: Layout, change: Callable[[Placement], list[Placement]]) -> Layout:
    """The layout with other rows in the place of each placement."""
    return layout._replace(
        placements=tuple(found for row in layout.placements for found in change(row))
    )


def move_train(layout: Layout, origin: str, target: str) -> Layout:
    """What `train` has on one offer goes to another; its hub is in `east`."""
    moved = with_placements(
        layout,
        lambda row: [move(row, target) if (row.job, row.offer) == ("train", origin) else row],
    )
    return moved._replace(hubs=tuple(row._replace(data_center="east") for row in moved.hubs))


def move_to_north(layout: Layout) -> Layout:
    """Valid, and dearer."""
    return move_train(layout, "west-h100", "north-h100")


def move_chat(layout: Layout) -> Layout:
    """`chat` goes where it may not be."""
    return with_placements(
        layout, lambda row: [move(row, "north-h100") if row.job == "chat" else row]
    )


def drop_shard(layout: Layout) -> Layout:
    return with_placements(
        layout,
        lambda row: [row._replace(shards=2) if (row.job, row.shards) == ("train", 3) else row],
    )


def drop_row(layout: Layout) -> Layout:
    return with_placements(layout, lambda row: [] if row.job == "chat" else [row])


def double_row(layout: Layout) -> Layout:
    return with_placements(layout, lambda row: [row, row] if row.job == "chat" else [row])


def double_shards(layout: Layout) -> Layout:
    return with_placements(layout, lambda row: [row._replace(shards=2 * row.shards)])


def fill_east(layout: Layout) -> Layout:
    """All of `train` in `east`: 8 GPUs where there are 6."""
    east = with_placements(
        layout,
        lambda row: [
            *([row._replace(shards=4)] if row.offer == "east-h100" else []),
            *([row] if row.job == "chat" else []),
        ],
    )
    return east._replace(hubs=())


def hub_elsewhere(layout: Layout) -> Layout:
    """A hub in a data center that the job does not use."""
    return layout._replace(hubs=tuple(row._replace(data_center="north") for row in layout.hubs))


def drop_hub(layout: Layout) -> Layout:
    return layout._replace(hubs=layout.hubs[:1])


def leave_unserved(layout: Layout) -> Layout:
    return drop_row(layout)._replace(unserved=("chat",))


def buy_out(layout: Layout) -> Layout:
    return layout._replace(buyouts=("none",))


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (move_chat, {"placement", "costs"}),
        (drop_shard, {"placement", "costs"}),
        (drop_row, {"placement", "costs"}),
        (double_row, {"placement"}),
        # 6 of 4 shards in `east`: 12 GPUs where there are 6
        (double_shards, {"placement", "offers", "costs"}),
        (fill_east, {"offers", "costs"}),
        (hub_elsewhere, {"spokes", "costs"}),
        (drop_hub, {"spokes", "costs"}),
        (leave_unserved, {"placement", "costs"}),
        (buy_out, {"buyouts"}),
        # a valid plan, whose stated costs are those of another
        (move_to_north, {"costs"}),
    ],
)
def test_corrupted_plans_are_refused_by_name(change: Change, rules: set[str]) -> None:
    """Each corruption of an engine's plan breaks exactly the rules that it should."""
    instance = three_sites()
    plan = solve(instance, isolate=False)
    assert check(instance, plan)
    found = check(instance, replace(plan, decisions=change(plan.layout)))
    assert {breach.rule for breach in found.breaches} == rules, str(found)


def move_to_west(layout: Layout) -> Layout:
    """To where `chat` is."""
    return move_train(layout, "north-h100", "west-h100")


def shift_shard(layout: Layout) -> Layout:
    """One shard of `train` more in `west` and one less in `east`, which then has room."""

    def shift(row: Placement) -> list[Placement]:
        change = {"east-h100": -1, "west-h100": 1}[row.offer] if row.job == "train" else 0
        return [row._replace(shards=row.shards + change)]

    return with_placements(layout, shift)


EAST_WEST = {"data_centers": ["east", "west"], "jobs": ["big"]}


@pytest.mark.parametrize(
    ("contract", "change"),
    [
        ({"type": "exclusivity", **EAST_WEST}, move_to_north),
        ({"type": "dedicated", "data_centers": ["north"], "jobs": ["small"]}, move_to_north),
        # spend at `beta` in 300 h: 2 + 2 GPUs at 3 USD, 3,600; in `north` 2 at 4 USD, so 4,200
        ({"type": "spend_cap", "providers": ["beta"], "usd": 4000}, move_to_north),
        ({"type": "share", "data_centers": ["north"], "max": 0.1}, move_to_north),
        ({"type": "count", "of": "data_center", "max": 2}, move_to_north),
        # 2 GPUs in 300 h: 600 GPU-hours
        ({"type": "minimum_use", "data_centers": ["north"], "gpu_hours": 601}, move_to_north),
        ({"type": "first_refusal", "holder": "alpha", "jobs": ["big"]}, shift_shard),
        ({"type": "separation", "within": "data_center"}, move_to_west),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_broken_contracts_are_refused_by_name(contract: dict[str, Any], change: Change) -> None:
    """The engine's plan keeps the contract; with a shard moved it breaks that contract alone."""
    instance = three_sites(contract)
    plan = solve(instance, isolate=False)
    assert check(instance, plan)
    found = check(instance, replace(plan, decisions=change(plan.layout)))
    assert {breach.rule for breach in found.breaches} - {"costs"} == {contract["type"]}, str(found)


@pytest.mark.parametrize("line", ["objective_usd", "compute"])
@pytest.mark.parametrize("usd", [0.01, -0.01])
def test_a_cent_off_is_refused(line: str, usd: float) -> None:
    """A cost stated a cent too high or too low breaks `costs`, at that line."""
    instance = three_sites()
    plan = solve(instance, isolate=False)
    assert plan.objective_usd is not None
    assert plan.costs is not None
    if line == "objective_usd":
        wrong = replace(plan, objective_usd=plan.objective_usd + usd)
    else:
        wrong = replace(plan, costs={**plan.costs, line: plan.costs[line] + usd})
    (breach,) = check(instance, wrong).breaches
    assert (breach.rule, breach.place) == ("costs", line)


def every_move(instance: Instance, plan: Plan) -> list[Layout]:
    """Each layout in which one row of the plan stands on another offer."""
    rows = plan.layout.placements
    return [
        plan.layout._replace(placements=(*rows[:at], move(row, offer.name), *rows[at + 1 :]))
        for at, row in enumerate(rows)
        for offer in instance.offers
        if offer.name != row.offer
    ]


@pytest.mark.parametrize("focus", [None, *FOCI])
def test_moved_rows_are_judged_like_the_oracle_does(focus: str | None) -> None:
    """Of an optimum with one row moved, checker and oracle say alike whether it is valid."""
    judged = 0
    for seed in range(30, 38):
        data = tiny_instance(seed, focus)
        instance = Instance.from_dict(data)
        plan = solve(instance, isolate=False)
        if not plan:
            continue
        assert check(instance, plan)
        for layout in every_move(instance, plan):
            moved = replace(plan, decisions=layout, costs=None, objective_usd=None)
            rules = {breach.rule for breach in check(instance, moved).breaches} - {"costs"}
            breaches, costs = evaluate(data, tables_of(moved))
            assert bool(rules) == bool(breaches)
            # What is valid beside the optimum costs no less.
            if not rules:
                assert float(sum(costs.values())) >= (plan.objective_usd or 0) * (1 - 1e-6) - 1e-6
            judged += 1
    assert judged > 10
