"""Each line of a plan's cost, by figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from gpualloc.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.rules import COST_LINES
from tests.checker_plans import (
    CHAT_EAST,
    CHAT_WEST,
    SOUND,
    SYNC,
    TRAIN_EAST,
    TRAIN_SPLIT,
    hubs,
    paired,
    placed,
    two_sites,
)


def cost(instance: Instance, line: str, *placements: Any, **tables: Any) -> float:
    """A cost line of a valid plan."""
    verdict = check_layout(instance, Layout(placements, **tables))
    assert verdict, str(verdict)
    return verdict.costs[line]


def test_all_lines() -> None:
    """All lines are there, in the order of the cost table, and sum to the objective."""
    verdict = check_layout(two_sites(), SOUND)
    assert tuple(verdict.costs) == COST_LINES
    # 10 GPUs at USD 2 for 100 + 200 hours; nothing else costs.
    assert verdict.costs["compute"] == verdict.objective_usd == 6000


def test_compute() -> None:
    """Each offer's GPUs cost its price of the period for the period's hours."""
    # Train: 4 GPUs in each site. East with chat: 6 * 2 * 300; west: 4 * (3 * 100 + 1 * 200).
    instance = two_sites(west_h100={"usd_per_gpu_hour": [3, 1]})
    assert cost(instance, "compute", *TRAIN_SPLIT, *CHAT_EAST) == 3600 + 2000


def test_compute_exact() -> None:
    """A price counts as the decimal that it is written as."""
    # 10 * 0.1 * 300 = 300 exactly, where ten binary 0.1 are not 1.
    assert cost(two_sites(east_h100={"usd_per_gpu_hour": 0.1}), "compute", *SOUND.placements) == 300


def test_fixed() -> None:
    """The fee of an offer is paid once over all jobs and periods, and not where it is unused."""
    instance = two_sites(east_h100={"fixed_usd": 70}, west_h100={"fixed_usd": 5})
    assert cost(instance, "fixed", *TRAIN_EAST, *CHAT_EAST) == 70
    assert cost(instance, "fixed", *TRAIN_SPLIT, *CHAT_EAST) == 75


def test_energy() -> None:
    """Energy counts the facility's power at the price of the period."""
    # 10 GPUs * 1.2 kW * 1.25 = 15 kW, 0.015 MW: at 50 for 100 h and at 20 for 200 h, 75 + 60.
    east = {"pue": 1.25, "usd_per_mwh": [50, 20]}
    instance = two_sites(h100={"kw": 1.2}, east=east)
    assert cost(instance, "energy", *SOUND.placements) == 135


def network(**columns: float) -> dict[str, Any]:
    """The link of the instance with some columns changed."""
    return {"links": [{"a": "east", "b": "west", "gbps": 100, "rtt_ms": 20, **columns}]}


def test_stall() -> None:
    """All GPUs of a job wait for the exposed part of its exchange."""
    # Rate min(40, 100). 16 * 10 / 40 + 0.02 - 2.02 = 2 s exposed, 2 / (8 + 2) of the time:
    # 0.2 * 8 GPUs * 300 h * USD 4 = 1,920.
    instance = two_sites(train={"sync": SYNC})
    rows = {"hubs": hubs("train", "east")}
    assert cost(instance, "stall", *TRAIN_SPLIT, *CHAT_EAST, **rows) == pytest.approx(1920)
    half = two_sites(train={"sync": SYNC}, sync_weight=0.5)
    assert cost(half, "stall", *TRAIN_SPLIT, *CHAT_EAST, **rows) == pytest.approx(960)


def test_stall_by_link() -> None:
    """A link slower than the job's rate sets the rate."""
    # 16 * 10 / 20 + 0.02 - 2.02 = 6 s exposed: 6 / 14 * 8 * 300 * 4 = 4,114.285714...
    instance = two_sites(train={"sync": SYNC}, network=network(gbps=20))
    stall = cost(instance, "stall", *TRAIN_SPLIT, *CHAT_EAST, hubs=hubs("train", "west"))
    assert stall == pytest.approx(28800 / 7)


def test_stall_hidden() -> None:
    """What overlap hides costs nothing, and neither does a job in one data center."""
    hidden = two_sites(train={"sync": SYNC | {"overlap_s": 4.02}})
    assert cost(hidden, "stall", *TRAIN_SPLIT, *CHAT_EAST, hubs=hubs("train", "east")) == 0
    assert cost(two_sites(train={"sync": SYNC}), "stall", *SOUND.placements) == 0


def test_stall_by_slowest_spoke() -> None:
    """The slowest spoke alone sets the stall, and both spokes move data."""
    # North is joined by 20 Gbit/s: 6 s exposed, 6 / 14 of the time for all 8 GPUs.
    data = two_sites().model_dump()
    north = {
        "name": "north",
        "provider": "alpha",
        "region": "us",
        "latitude": 45,
        "longitude": -75,
    }
    offer = {
        "name": "north-h100",
        "data_center": "north",
        "gpu_type": "h100",
        "gpus": 4,
        "usd_per_gpu_hour": 2,
    }
    links = [*network(usd_per_gb=0.01)["links"]]
    links.append({"a": "north", "b": "east", "gbps": 20, "rtt_ms": 20, "usd_per_gb": 0.07})
    instance = two_sites(
        train={"sync": SYNC},
        data_centers=[*data["data_centers"], north],
        offers=[*data["offers"], offer],
        network={"links": links},
    )
    train = placed("train", {"east-h100": 2, "west-h100": 1, "north-h100": 1})
    rows = {"hubs": hubs("train", "east")}
    stall = cost(instance, "stall", *train, *CHAT_EAST, **rows)
    assert stall == pytest.approx(6 / 14 * 8 * 300 * 4)
    # GB per hour: 20 * 3600 / (8 + 2) west and 20 * 3600 / (8 + 6) north, at 0.01 and 0.07.
    egress = cost(instance, "egress", *train, *CHAT_EAST, **rows)
    assert egress == pytest.approx(300 * (7200 * 0.01 + 72000 / 14 * 0.07))


def test_rtt_by_distance() -> None:
    """Without its own figure, the round trip of a pair follows from the great circle."""
    # A quarter of the globe: 6371 * pi / 2 km, 1 + 3.6 * 10007.543 / 204 = 177.6037 ms. With no
    # data to send the exchange takes just that; 0.1776037 / (8 + 0.1776037) * 9600 = 208.4957.
    east, west = {"latitude": 0, "longitude": 170}, {"latitude": 0, "longitude": -100}
    instance = two_sites(
        train={"sync": SYNC | {"gb": 0, "overlap_s": 0}},
        network={"cross_provider": {"gbps": 1}},
        east=east,
        west=west,
    )
    stall = cost(instance, "stall", *TRAIN_SPLIT, *CHAT_EAST, hubs=hubs("train", "east"))
    assert stall == pytest.approx(208.4957, abs=1e-3)


def test_egress() -> None:
    """Data that a spoke or a flow moves costs its link's price."""
    # Spoke: 2 * 10 GB each 10 s, 7,200 GB/h * 300 h * 0.01. Flow: half of 8 Gbit/s is
    # 4 * 450 = 1,800 GB/h * 300 h * 0.01. It is the same in both directions of the link.
    instance = two_sites(
        train={"sync": SYNC},
        flows=[{"a": "train", "b": "chat", "gbps": 8}],
        network=network(usd_per_gb=0.01),
    )
    rows = {
        "hubs": hubs("train", "west"),
        "flows": paired({("east", "east"): 0.5, ("west", "east"): 0.5}),
    }
    egress = cost(instance, "egress", *TRAIN_SPLIT, *CHAT_EAST, **rows)
    assert egress == pytest.approx(21_600 + 5_400)


def test_latency() -> None:
    """Each ms of round trip between paired replicas costs, by the weight of synchronization."""
    # All of the flow crosses 20 ms: 0.5 USD * 20 ms * 300 h = 3,000, times the weight 2.
    flow = {"a": "train", "b": "chat", "gbps": 8, "usd_per_ms_hour": 0.5}
    instance = two_sites(flows=[flow], sync_weight=2)
    rows = {"flows": paired({("east", "west"): 1})}
    assert cost(instance, "latency", *TRAIN_EAST, *CHAT_WEST, **rows) == pytest.approx(6000)
    rows = {"flows": paired({("east", "east"): 1})}
    assert cost(instance, "latency", *SOUND.placements, **rows) == 0


MOVED = placed("train", {"east-h100": 3, "west-h100": 1}, periods=("q1",))
MOVED += placed("train", {"east-h100": 1, "west-h100": 3}, periods=("q2",))


def test_moves() -> None:
    """Each shard that an offer gains has moved; the first placement of a new job is free."""
    # Two shards go from east to west between q1 and q2.
    assert cost(two_sites(train={"move_usd_per_shard": 5}), "moves", *MOVED, *CHAT_EAST) == 10


def test_moves_from_current() -> None:
    """With `current` the first phase moves too."""
    # From 4 shards on the B200 of west: 3 + 1 shards are new in q1, 2 more in q2.
    train = {"move_usd_per_shard": 5, "current": {"west-b200": 4}}
    assert cost(two_sites(train=train), "moves", *MOVED, *CHAT_EAST) == 30
    train = {"move_usd_per_shard": 5, "current": {"east-h100": 2, "west-h100": 2}}
    # One shard to east in q1, two to west in q2.
    assert cost(two_sites(train=train), "moves", *MOVED, *CHAT_EAST) == 15


def test_moves_free_of_charge() -> None:
    """A job with `current` and no price of moving moves free of charge."""
    instance = two_sites(train={"current": {"west-h100": 4}})
    assert cost(instance, "moves", *SOUND.placements) == 0


def test_staging() -> None:
    """Data is brought to each data center that the phase before did not use."""
    staging = {"east": 100, "west": 30}
    # A job that stays enters both sites once; one that is in east already enters west.
    new = two_sites(train={"staging_usd": staging})
    assert cost(new, "staging", *TRAIN_SPLIT, *CHAT_EAST) == 130
    old = two_sites(train={"staging_usd": staging, "current": {"east-h100": 1, "west-b200": 0}})
    assert cost(old, "staging", *TRAIN_SPLIT, *CHAT_EAST) == 30


def test_staging_again() -> None:
    """A job that leaves a data center and comes back brings its data again."""
    # East in q1, west in q2, east in q3: 100 + 30 + 100; shards that stay cost nothing.
    periods = [{"name": name, "hours": 1} for name in ("q1", "q2", "q3")]
    train = {"staging_usd": {"east": 100, "west": 30}, "move_usd_per_shard": 0}
    instance = two_sites(periods=periods, train=train, chat={"end": "q1"})
    rows = placed("train", {"east-h100": 4}, periods=("q1", "q3"))
    rows += placed("train", {"west-h100": 4}, periods=("q2",))
    rows += placed("chat", {"east-h100": 2}, periods=("q1",))
    assert cost(instance, "staging", *rows) == 230


def test_unserved() -> None:
    """A job that is not served costs its price, and nothing else."""
    instance = two_sites(train={"unserved_usd": 1234.5, "staging_usd": {"east": 9}})
    rows = {"unserved": ("train",)}
    assert cost(instance, "unserved", *CHAT_EAST, **rows) == 1234.5
    assert cost(instance, "staging", *CHAT_EAST, **rows) == 0
    assert cost(instance, "unserved", *SOUND.placements) == 0


def with_contract(**columns: Any) -> Instance:
    """The instance with one contract."""
    return two_sites(contracts=[{"name": "deal", **columns}])


def test_commitment() -> None:
    """The plan pays what its spend falls short of the commitment."""

    # Train in east: 8 GPUs * 2 * 300 h = 4,800; with chat 10 GPUs, 6,000.
    def shortfall(**columns: Any) -> float:
        instance = with_contract(type="commitment", provider="alpha", **columns)
        return cost(instance, "commitments", *SOUND.placements)

    assert shortfall(usd=6000) == 0
    assert shortfall(usd=6000.25) == 0.25
    assert shortfall(usd=5000) == 0
    assert shortfall(usd=5000, jobs=["big"]) == 200
    # Only q2 counts: 10 GPUs * 2 * 200 h = 4,000.
    assert shortfall(usd=5000, start="q2") == 1000


def test_commitment_elsewhere() -> None:
    """Spend at another provider, energy and fees do not count."""
    commitment = {"name": "deal", "type": "commitment", "provider": "beta", "usd": 100}
    instance = two_sites(contracts=[commitment], east={"usd_per_mwh": 9})
    assert cost(instance, "commitments", *SOUND.placements) == 100


TIERS = [{"above_usd": 1000, "discount": 0.1}, {"above_usd": 4800, "discount": 0.3}]


@pytest.mark.parametrize(
    ("mode", "jobs", "discounts"),
    [
        # Spend 6,000: 0.1 * (4,800 - 1,000) + 0.3 * (6,000 - 4,800) = 380 + 360.
        ("incremental", None, -740),
        ("all_units", None, -1800),
        # Spend 4,800, that of train: exactly at the second tier.
        ("incremental", ["big"], -380),
        ("all_units", ["big"], -1440),
    ],
)
def test_volume_discount(mode: str, jobs: list[str] | None, discounts: float) -> None:
    """A tier discounts the spend above it, or all spend once it is reached."""
    columns = {"type": "volume_discount", "provider": "alpha", "tiers": TIERS}
    instance = with_contract(**columns, mode=mode, jobs=jobs)
    assert cost(instance, "discounts", *SOUND.placements) == discounts


@pytest.mark.parametrize("mode", ["incremental", "all_units"])
def test_volume_discount_below_all_tiers(mode: str) -> None:
    """Spend below the first tier earns nothing."""
    tiers = [{"above_usd": 6000.01, "discount": 1}]
    columns = {"type": "volume_discount", "provider": "alpha", "tiers": tiers}
    assert cost(with_contract(**columns, mode=mode), "discounts", *SOUND.placements) == 0


def test_buyouts() -> None:
    """A contract that is bought out costs its price and pays nothing."""
    columns = {"type": "commitment", "provider": "beta", "usd": 100, "buyout_usd": 40}
    instance = with_contract(**columns)
    assert cost(instance, "commitments", *SOUND.placements) == 100
    assert cost(instance, "buyouts", *SOUND.placements) == 0
    assert cost(instance, "commitments", *SOUND.placements, buyouts=("deal",)) == 0
    assert cost(instance, "buyouts", *SOUND.placements, buyouts=("deal",)) == 40
