"""Pricing against a MILP solver that is given a group's own rows, at random reduced costs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.engines.decomposition.spreading import LARGEST_TABLE
from tests.decomposition.cases import (
    FOCUSES,
    draw_costs,
    is_same,
    keeps_rows,
    least_of,
    price,
    pricer_of,
    tiny_data,
)
from tests.oracle.by_hand import LINK, SYNC, Data, contract, job, offer, site, two_sites
from tests.tiny import tiny_instance

SEEDS = range(8000, 8006)
DRAWS = 2


def compare(pricer: Pricer, seed: int, draws: int) -> Counter[tuple[bool, bool]]:
    """Compare all groups at random costs; counts (exact, equal)."""
    random = np.random.default_rng(seed)
    seen: Counter[tuple[bool, bool]] = Counter()
    for _ in range(draws):
        draw_costs(pricer, random)
        for group, least in enumerate(price(pricer)):
            wanted = least_of(pricer, group)
            same = is_same(float(least), wanted)
            assert same or least < wanted, f"group {group}: {least} USD above {wanted} USD"
            seen[pricer.is_exact(group), same] += 1
    return seen


@pytest.mark.parametrize("focus", FOCUSES)
def test_random_costs(focus: str | None) -> None:
    """The least reduced cost is the MILP's where all rows are understood, and never above it."""
    seen: Counter[tuple[bool, bool]] = Counter()
    for seed, data in zip(SEEDS, tiny_data(focus, SEEDS), strict=True):
        seen += compare(pricer_of(data), seed, DRAWS)
    assert seen[True, True] + seen[False, True] + seen[False, False] >= len(SEEDS)
    assert not seen[True, False]


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_thousands_of_random_costs(block: int) -> None:
    """Pricing agrees with the MILP on thousands of instances."""
    for seed in range(20_000 + 300 * block, 20_300 + 300 * block):
        data = tiny_instance(seed, FOCUSES[seed % len(FOCUSES)])
        assert not compare(pricer_of(data), seed, 4)[True, False]


def four_sites(**columns: Any) -> Data:
    """One job of 6 shards with everything that a block can have, over four linked sites.

    Site a1 has two offers, a shard is held at b1, two contracts give a holder the first refusal,
    and every pair has a round trip of its own.
    """
    sync = {**SYNC, "overlap_s": 0.05}
    moving = {"current": {"dear": 2}, "move_usd_per_shard": 7, "max_data_centers": 3}
    refusals = [contract("first_refusal", holder=holder) for holder in "AB"]
    for at, refusal in enumerate(refusals):
        refusal["name"] = f"refusal {at}"
    data = two_sites(job(shards=6, sync=sync, **moving, **columns), contracts=tuple(refusals))
    for name in ("c1", "d1"):
        data["data_centers"].append(site(name, "B" if name == "c1" else "A"))
        data["offers"].append(offer(f"at {name}", name, 2.5))
    data["offers"].append(offer("more", "a1", 2.2))
    names = [row["name"] for row in data["data_centers"]]
    pairs = [(a, b) for at, a in enumerate(names) for b in names[at + 1 :]]
    links = [{**LINK, "a": a, "b": b, "rtt_ms": 20 * at} for at, (a, b) in enumerate(pairs)]
    data["network"] = {"links": links[:-1]}
    return data


def test_a_block_with_everything() -> None:
    """Hub, stall, set-ups, moves, held shards and a limit on sites, together, at 60 costs."""
    pricer = pricer_of(four_sites())
    shape = pricer._kept[0].shape
    block = shape.blocks[0]
    assert shape.exact
    assert (block.hub >= 0).all()
    assert (block.stall >= 0).any()
    assert block.most_sites == 3
    assert (block.moved >= 0).all()
    assert sorted(block.held.tolist()) == [0, 0, 0, 0, 2]
    assert len(block.setups) == 2
    assert compare(pricer, 1, 60) == {(True, True): 60}


def test_options_and_unserved() -> None:
    """A job takes its cheapest option, or is left out where that is cheaper."""
    data = two_sites(job(unserved_usd=1))
    data["jobs"][0]["options"].append({"gpu_type": "H100", "shards": 2, "gpus_per_shard": 20})
    pricer = pricer_of(data)
    assert compare(pricer, 2, 20) == {(True, True): 20}
    pricer.cost[:] = 0
    shape = pricer._kept[0].shape
    pricer.cost[shape.on[0]] = [50, 30]
    pricer.cost[shape.unserved[0]] = 40
    # The second option costs 30 USD, the first 50, and leaving it out 40.
    assert price(pricer).tolist() == [30]


def crowd_of_holders(contracts: int) -> Data:
    """One job under many contracts of first refusal, with as many holders."""
    data = two_sites(job(shards=3))
    for at in range(contracts):
        name = f"p{at}"
        data["providers"].append({"name": name})
        data["data_centers"].append(site(f"s{at}", name))
        data["offers"].append(offer(f"o{at}", f"s{at}", 2))
        refusal = contract("first_refusal", holder=name)
        data["contracts"].append({**refusal, "name": f"refusal {at}"})
    return data


def test_more_set_ups_than_are_tried() -> None:
    """With more set-ups than are tried open and closed, the value is at most the MILP's."""
    pricer = pricer_of(crowd_of_holders(7))
    assert len(pricer._kept[0].shape.blocks[0].setups) == 7
    compare(pricer, 3, 20)


SPREADS: tuple[Data, ...] = (
    {},
    {"sync": SYNC},
    {"max_data_centers": 2},
    {"sync": SYNC, "max_data_centers": 2},
)


def crowd_of_shards(shards: int, columns: Data) -> Pricer:
    """One job of many shards of a GPU, over three sites with room for 5/6, 5/6 and 2/15 of them."""
    data = two_sites(job(shards=shards, gpus=1, **columns), network={"links": [LINK]})
    data["data_centers"].append(site("c1", "B"))
    data["offers"].append(offer("small", "c1", 1))
    for row, room in zip(data["offers"], (5 / 6, 5 / 6, 2 / 15), strict=True):
        row["gpus"] = int(shards * room)
    return pricer_of(data)


@pytest.mark.parametrize("columns", SPREADS, ids=str)
@pytest.mark.parametrize("shards", [60, 3000])
def test_many_shards(shards: int, columns: Data) -> None:
    """The search between neighbors finds the best of many numbers of shards."""
    assert compare(crowd_of_shards(shards, columns), shards, 6) == {(True, True): 6}


@pytest.mark.parametrize("columns", SPREADS, ids=str)
def test_more_shards_than_a_table_holds(columns: Data) -> None:
    """Blocks too large for a table are priced by averages: never too high, and placed validly."""
    shards = 1 + LARGEST_TABLE // 3
    pricer = crowd_of_shards(shards, columns)
    compare(pricer, 4, 3)
    found = list(pricer.columns([0], np.zeros(pricer.coupling.rows)))
    assert found
    assert all(keeps_rows(pricer, column) for column in found)


def test_impossible_blocks() -> None:
    """A job that fits nowhere has an infinite least cost; one that may be left out has not."""
    without = two_sites(job(gpus=50), job("free", gpus=50, unserved_usd=100))
    pricer = pricer_of(without)
    least = price(pricer)
    assert np.isinf(least[0])
    assert least[1] == 100
