"""The oracle on random tiny instances: pruned search against plain products, and the mix."""

from __future__ import annotations

import collections
import copy
import itertools
from typing import Any

import pytest

from tests.oracle import enumerate_plans, evaluate, optimum
from tests.oracle.enumeration import splits
from tests.oracle.figures import Figures
from tests.tiny import CONTRACT_TYPES, FOCI, tiny_instance

Data = dict[str, Any]

SEEDS = range(200)


def _every_layout(data: Data) -> list[Data]:
    """All layouts of an instance without flows, valid or not, by nothing but products."""
    figures = Figures(data)
    priced = [row.name for row in figures.contracts if row.buyout_usd is not None]
    bought = [
        list(names)
        for size in range(len(priced) + 1)
        for names in itertools.combinations(priced, size)
    ]
    decisions = [_every_decision(figures, row) for row in figures.jobs.values()]
    return [
        {
            "placements": [row for placements, _, _ in parts for row in placements],
            "hubs": [row for _, hubs, _ in parts for row in hubs],
            "unserved": [name for _, _, names in parts for name in names],
            "buyouts": names,
        }
        for parts in itertools.product(*decisions)
        for names in bought
    ]


def _every_decision(figures: Figures, row: Any) -> list[tuple[list[Data], list[Data], list[str]]]:
    """Placements, hubs and the unserved entry of one job: not served, or in any way served."""
    decisions: list[tuple[list[Data], list[Data], list[str]]] = [([], [], [row.name])]
    for option, configuration in enumerate(row.options):
        ways = [
            (counts, hub)
            for counts in splits(configuration.shards, len(figures.offers))
            for hub in [None, *_possible_hubs(figures, counts)]
        ]
        for chosen in itertools.product(ways, repeat=len(figures.phases(row))):
            placements, hubs = [], []
            for phase, (counts, hub) in zip(figures.phases(row), chosen, strict=True):
                for t in phase:
                    place = {"job": row.name, "period": figures.periods[t]}
                    placements += [
                        {**place, "option": option, "offer": offer, "shards": n}
                        for offer, n in zip(figures.offers, counts, strict=True)
                        if n
                    ]
                    hubs += [{**place, "data_center": hub}] if hub else []
            decisions.append((placements, hubs, []))
    return decisions


def _possible_hubs(figures: Figures, counts: tuple[int, ...]) -> list[str]:
    used = {
        offer.data_center for offer, n in zip(figures.offers.values(), counts, strict=True) if n
    }
    return sorted(used) if len(used) > 1 else []


@pytest.mark.parametrize("focus", [None, "spokes", *CONTRACT_TYPES])
def test_search_agrees_with_plain_products(focus: str | None) -> None:
    """Pruned search and `evaluate` over all products find the same optimum."""
    compared = 0
    for seed in range(60):
        data = tiny_instance(seed, focus)
        if data["flows"] or len(data["jobs"]) > 2:
            continue
        layouts = _every_layout(data) if _size(data) <= 700 else []
        if not layouts:
            continue
        compared += 1
        verdicts = [evaluate(data, layout) for layout in layouts]
        costs = [float(sum(lines.values())) for breaches, lines in verdicts if not breaches]
        found = optimum(data)
        assert (found is None) == (not costs)
        assert found is None or float(found) == pytest.approx(min(costs), rel=1e-9)
    assert compared >= 3


def _size(data: Data) -> int:
    """How many layouts the plain products hold."""
    figures = Figures(data)
    size = 1 << sum(row.buyout_usd is not None for row in figures.contracts)
    for row in figures.jobs.values():
        ways = 1
        for option in row.options:
            counts = splits(option.shards, len(figures.offers))
            hubs = sum(1 + len(_possible_hubs(figures, one)) for one in counts)
            ways += hubs ** len(figures.phases(row))
        size *= ways
    return size


@pytest.fixture(scope="module")
def outcomes() -> list[tuple[Data, Any]]:
    """Two hundred random instances with what enumeration says."""
    return [(data, enumerate_plans(data)) for data in map(tiny_instance, SEEDS)]


def test_random_status_mix(outcomes: list[tuple[Data, Any]]) -> None:
    """A tenth to a third of the random instances have no valid plan."""
    infeasible = sum(outcome.status == "infeasible" for _, outcome in outcomes)
    assert len(SEEDS) / 10 <= infeasible <= len(SEEDS) / 3


def test_random_plans_use_what_there_is(outcomes: list[tuple[Data, Any]]) -> None:
    """Optima contain hubs, flows, buyouts and unserved jobs, and costs of every line."""
    used: collections.Counter[str] = collections.Counter()
    for data, outcome in outcomes:
        if outcome.layout is not None:
            used.update(table for table, rows in outcome.layout.items() if rows)
            used.update(line for line, usd in evaluate(data, outcome.layout)[1].items() if usd)
    tables = {"placements", "hubs", "flows", "buyouts", "unserved"}
    lines = {"fixed", "energy", "egress", "stall", "latency", "moves", "staging", "commitments"}
    assert all(used[name] >= 3 for name in tables | lines | {"discounts"}), used


def test_random_instances_use_every_column() -> None:
    """Over the seeds every column with a default is given somewhere, and every contract type."""
    given: collections.Counter[str] = collections.Counter()
    for data in map(tiny_instance, SEEDS):
        for table in ("data_centers", "offers", "jobs", "flows", "contracts"):
            given.update(f"{table}.{column}" for row in data[table] for column in row)
        given.update(f"contracts.{row['type']}" for row in data["contracts"])
    wanted = {f"contracts.{kind}" for kind in CONTRACT_TYPES}
    wanted |= {f"contracts.{name}" for name in ("jobs", "start", "end", "buyout_usd", "precedence")}
    wanted |= {f"contracts.{name}" for name in ("accepts_gpus", "mode", "min", "max")}
    wanted |= {f"jobs.{name}" for name in JOB_COLUMNS}
    wanted |= {f"data_centers.{name}" for name in ("power_mw", "pue", "usd_per_mwh")}
    wanted |= {"data_centers.uplink_gbps", "data_centers.transfer_tb", "offers.fixed_usd"}
    wanted |= {"flows.usd_per_ms_hour"}
    assert {name for name in wanted if not given[name]} == set()


JOB_COLUMNS = (
    "sync",
    "providers",
    "regions",
    "data_centers",
    "max_data_centers",
    "max_rtt_ms",
    "unserved_usd",
    "current",
    "move_usd_per_shard",
    "staging_usd",
    "start",
    "end",
)


@pytest.mark.parametrize("focus", CONTRACT_TYPES)
def test_focus_binds(focus: str) -> None:
    """Dropping the contract in focus changes the optimum of at least a fifth of the instances."""
    changed = 0
    for seed in range(30):
        data = tiny_instance(seed, focus)
        without = copy.deepcopy(data)
        del without["contracts"][0]
        changed += enumerate_plans(data).objective != enumerate_plans(without).objective
    assert changed >= 6


def test_instances_are_deterministic() -> None:
    """The same seed and focus give the same instance, and another seed another."""
    for focus in (None, *FOCI):
        assert tiny_instance(7, focus) == tiny_instance(7, focus)
        assert tiny_instance(7, focus) != tiny_instance(8, focus)
