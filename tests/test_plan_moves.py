"""A move that one contract alone forbids or makes dear proves that the contract bites."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gpualloc import read
from gpualloc.layout import Hub, Layout, Placement
from gpualloc.plan.checker import check_layout
from gpualloc.plan.moves import Move, after, cheaper_moves
from gpualloc.plan.moves_kept import find_kept
from gpualloc.plan.usage import Usage
from gpualloc.rules import contract_rules
from tests.small_plan import small_instance, small_layout, small_tables

TEACHING = Path(__file__).parents[1] / "instances" / "teaching"

OPTIMA = {
    "commitment": {"training": {"atlanta": 5, "plano": 3}},
    "count": {"training": {"abilene": 3, "atlanta": 3}},
    "dedicated": {"training": {"abilene": 6}, "inference": {"plano": 6}},
    "exclusivity": {"training": {"atlanta": 8}, "inference": {"plano": 4}},
    "minimum_use": {"training": {"abilene": 4, "plano": 4}},
    "separation": {"replica west": {"plano": 4}, "replica east": {"abilene": 3, "atlanta": 1}},
    "share": {
        "training": {"plano": 4},
        "search": {"plano": 3},
        "chat": {"mantsala": 3, "plano": 1},
    },
}
"""Shards by job and data center in the plans that the instances' descriptions derive."""


def optimum(name: str) -> Usage:
    """The best plan of a teaching instance, which the checker accepts."""
    instance = read(TEACHING / f"{name}.json")
    placements = tuple(
        Placement(job, "horizon", 0, f"{site} H100", shards)
        for job, at in OPTIMA[name].items()
        for site, shards in at.items()
    )
    assert check_layout(instance, Layout(placements))
    return Usage(instance, Layout(placements))


def kept_from(usage: Usage) -> Move:
    """The move that the only contract keeps the plan from."""
    (move,) = find_kept(usage, list(contract_rules(usage.instance))).values()
    return move


def worth_of(name: str) -> float:
    """What the contract of a teaching instance costs, as its description derives by hand."""
    told = read(TEACHING / f"{name}.json").description
    kept, ended = re.findall(r"(?:Optimum|Without the contract): ([\d,]+) USD", told)
    return float(kept.replace(",", "")) - float(ended.replace(",", ""))


@pytest.mark.parametrize(
    ("name", "saved_musd"),
    [
        # Nothing is short: five shards go from atlanta (3.0 M USD each) to plano (2.5): 5 x 0.5.
        ("commitment", 2.5),
        # Two shards go from atlanta (3.0) to plano (2.5), which holds two: 2 x 0.5.
        ("count", 1.0),
        # 4,000 GPUs at abilene (2.4) stand idle; inference is at plano (2.8): 4 x 0.4.
        ("dedicated", 1.6),
        # 6,000 GPUs of plano (2.5) are free; training is at atlanta (3.0): 6 x 0.5.
        ("exclusivity", 3.0),
        # Two more shards fit plano (2.5), from abilene (2.6): 2 x 0.1.
        ("minimum_use", 0.2),
        # The shard of 500 GPUs at atlanta (3.0) goes to plano (2.5): 0.5 x 0.5.
        ("separation", 0.25),
        # Three shards of 800 GPUs go from mantsala (2.95) to plano (2.5): 2.4 x 0.45.
        ("share", 1.08),
    ],
)
def test_a_move_saves_what_prices_tell(name: str, saved_musd: float) -> None:
    """The move that a contract keeps away saves the difference of two prices."""
    assert kept_from(optimum(name)).saves_usd == pytest.approx(1e6 * saved_musd)


@pytest.mark.parametrize("name", OPTIMA)
def test_no_move_saves_more_than_the_contract_costs(name: str) -> None:
    """At the optimum, what a move would save is a lower bound on what the contract costs."""
    assert 0 < kept_from(optimum(name)).saves_usd <= worth_of(name) + 1e-6


@pytest.mark.parametrize("name", OPTIMA)
def test_after_the_move_only_the_contract_is_broken_or_charges(name: str) -> None:
    """The checker finds the plan after the move valid and cheaper once the contract is gone."""
    usage = optimum(name)
    moved = after(usage, kept_from(usage))
    bare = usage.instance.replace(contracts=[])
    with_it, without_it = check_layout(usage.instance, moved), check_layout(bare, moved)
    before = check_layout(usage.instance, usage.layout)
    assert without_it.objective_usd < before.objective_usd
    assert without_it
    assert not with_it or with_it.objective_usd >= before.objective_usd


def test_what_another_rule_forbids_is_no_contracts_doing() -> None:
    """A contract is not blamed for a move that the grid forbids as well."""
    # Without power at plano inference's rows there would be over the limit after any move.
    tables = read(TEACHING / "exclusivity.json").to_dict()
    usage = optimum("exclusivity")
    sites = [
        # Inference's 4,000 GPUs use all of it: 4,000 x kW x PUE.
        {**site, "power_mw": float(usage.ledger.power_kw_used["plano", 0]) / 1000}
        if site["name"] == "plano"
        else site
        for site in tables["data_centers"]
    ]
    full = usage.instance.replace(data_centers=sites)
    assert find_kept(Usage(full, usage.layout), list(contract_rules(full))) == {}


def small_usage(**changes: object) -> Usage:
    """The small plan's use, with other tables."""
    return Usage(small_instance(**changes), small_layout())


def test_a_cheaper_offer_without_room_is_no_move() -> None:
    """Moves go where GPUs and power are left: abilene is cheaper for `llama`, and full."""
    # 600 of 600 GPUs are used there; fairwater is dearer than abilene.
    assert list(cheaper_moves(small_usage())) == []


def test_a_move_takes_what_fits_and_counts_energy() -> None:
    """With 300 GPUs and power more at abilene, three of the four shards at fairwater could go."""
    tables = small_tables()
    offers = [
        {**row, "gpus": 900} if row["name"] == "abilene H100" else row for row in tables["offers"]
    ]
    sites = [{**tables["data_centers"][0], "power_mw": 2}, tables["data_centers"][1]]
    usage = small_usage(offers=offers, data_centers=sites)
    # 3 USD less 2 USD and 1 kW x 1.25 x 40 USD/MWh = 0.05 USD, for 300 GPUs and 300 h.
    (move,) = cheaper_moves(usage)
    assert (move.shards, move.saves_usd) == (3, pytest.approx(0.95 * 300 * 300))


def test_the_hub_goes_along_when_its_data_center_is_left() -> None:
    """A job that leaves its hub has the hub where its shards went, or none in one place."""
    usage = small_usage()
    whole = Move("llama", range(2), "abilene H100", "fairwater H100", 6, 0.0)
    assert after(usage, whole).hubs == ()
    part = whole._replace(phase=range(1), shards=2)
    moved = after(usage, part)
    assert set(moved.hubs) == set(small_layout().hubs)
    assert {row.shards for row in moved.placements if row.period == "Q1"} == {4, 6}
    assert Hub("llama", "Q2", "abilene") in moved.hubs
