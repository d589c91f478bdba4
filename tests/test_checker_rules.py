"""Each rule of every plan: it holds at the limit, and is named when it is broken."""

from __future__ import annotations

from typing import Any

import pytest

from gpualloc.layout import Hub, Layout, Placement
from gpualloc.plan.checker import check_layout
from tests.checker_plans import (
    CHAT_EAST,
    CHAT_WEST,
    PERIODS,
    SOUND,
    SYNC,
    TRAIN_EAST,
    TRAIN_SPLIT,
    hubs,
    only_breach,
    paired,
    placed,
    rules_broken,
    two_sites,
    verdict_of,
)

FLOW = {"flows": [{"a": "train", "b": "chat", "gbps": 8}]}
HALVES = paired({("east", "east"): 0.5, ("east", "west"): 0.5})
CHAT_SPLIT = placed("chat", {"east-h100": 1, "west-h100": 1})


def test_sound_plan() -> None:
    """A plan that fills an offer to the last GPU breaks nothing."""
    verdict = check_layout(two_sites(), SOUND)
    assert verdict
    assert not verdict.breaches


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (placed("train", {"east-h100": 3}), "places 3 shards; the option has 4"),
        (placed("train", {"east-h100": 5}), "places 5 shards; the option has 4"),
        (placed("train", {"west-b200": 2}), 'is on "west-b200", whose GPUs are not'),
        (placed("train", {"west-h100": 2}, option=1), 'is on "west-h100", whose GPUs are not'),
        (placed("train", {"east-h100": 4}, periods=("q1",)), "has no shard in this period"),
        ((), "must be served, and has no shard"),
    ],
)
def test_placement(train: tuple[Placement, ...], message: str) -> None:
    """Shards dropped, added, of the wrong type or missing in a period break `placement`."""
    instance = two_sites(east_h100={"gpus": 100})
    verdict = verdict_of(instance, *train, *CHAT_WEST)
    assert rules_broken(verdict) == {"placement"}
    assert message in str(verdict)


@pytest.mark.parametrize("column", ["providers", "regions", "data_centers"])
def test_allowed_places(column: str) -> None:
    """A job stays within each of its own lists."""
    names = {"providers": "beta", "regions": "eu", "data_centers": "west"}
    instance = two_sites(train={column: [names[column]]})
    assert rules_broken(check_layout(instance, SOUND)) == {"placement"}
    assert verdict_of(instance, *placed("train", {"west-h100": 4}), *CHAT_EAST)


def test_still_job_moves() -> None:
    """A job without a price of moving has the same placement in all its periods."""
    train = placed("train", {"east-h100": 4}, periods=("q1",))
    train += placed("train", {"west-h100": 4}, periods=("q2",))
    breach = only_breach(verdict_of(two_sites(), *train, *CHAT_EAST))
    assert (breach.rule, breach.place) == ("placement", "train, q2")
    assert verdict_of(two_sites(train={"move_usd_per_shard": 0}), *train, *CHAT_EAST)


def test_option_changes() -> None:
    """The option is chosen once, even by a job that may move."""
    train = placed("train", {"east-h100": 4}, periods=("q1",))
    train += placed("train", {"west-b200": 2}, option=1, periods=("q2",))
    instance = two_sites(train={"move_usd_per_shard": 0})
    breach = only_breach(verdict_of(instance, *train, *CHAT_EAST))
    assert (breach.rule, breach.message) == ("placement", "runs in several options; one is allowed")


def test_outside_own_periods() -> None:
    """A job has shards in its own periods alone."""
    instance = two_sites(train={"start": "q2"})
    breach = only_breach(check_layout(instance, SOUND))
    assert (breach.rule, breach.place) == ("placement", "train, q1")
    assert verdict_of(instance, *placed("train", {"east-h100": 4}, periods=("q2",)), *CHAT_EAST)


@pytest.mark.parametrize(
    ("placements", "unserved", "message"),
    [
        (CHAT_EAST, (), "has no shard and is not listed as unserved"),
        (TRAIN_EAST + CHAT_EAST, ("train",), "is listed as unserved, and has shards"),
    ],
)
def test_unserved_list(
    placements: tuple[Placement, ...], unserved: tuple[str, ...], message: str
) -> None:
    """The list of unserved jobs says what the placements say."""
    instance = two_sites(train={"unserved_usd": 7})
    breach = only_breach(verdict_of(instance, *placements, unserved=unserved))
    assert (breach.rule, breach.place, breach.message) == ("placement", "train", message)


def test_unserved_not_offered() -> None:
    """Only a job with `unserved_usd` may be left unserved."""
    assert verdict_of(two_sites(train={"unserved_usd": 7}), *CHAT_EAST, unserved=("train",))
    breach = only_breach(verdict_of(two_sites(), *CHAT_EAST, unserved=("train",)))
    assert (breach.rule, breach.message) == ("placement", "must be served, and has no shard")


def test_offers() -> None:
    """One GPU more than offered, in one period, is a breach there with figure and limit."""
    instance = two_sites(east_h100={"gpus": [10, 9]})
    breach = only_breach(check_layout(instance, SOUND))
    assert (breach.rule, breach.place) == ("offers", "east-h100, q2")
    assert (breach.figure, breach.limit) == (10, 9)


def test_power_exact() -> None:
    """A site may be filled to the last watt as the figures are written, and not a watt beyond."""
    # 10 GPUs * 1.275 kW * 1.15 = 14.6625 kW; as binary floats the product is not exact.
    full = {"pue": 1.15, "power_mw": 0.0146625}
    assert check_layout(two_sites(h100={"kw": 1.275}, east=full), SOUND)
    short = {"pue": 1.15, "power_mw": [0.0146625, 0.0146624]}
    breach = only_breach(check_layout(two_sites(h100={"kw": 1.275}, east=short), SOUND))
    assert (breach.rule, breach.place) == ("power", "east, q2")
    assert (breach.figure, breach.limit) == (0.0146625, 0.0146624)


def test_max_data_centers() -> None:
    """A job spreads over no more data centers than it may."""
    assert verdict_of(two_sites(train={"max_data_centers": 2}), *TRAIN_SPLIT, *CHAT_EAST)
    instance = two_sites(train={"max_data_centers": 1})
    verdict = verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST)
    assert rules_broken(verdict) == {"max_data_centers"}
    assert [(row.place, row.figure, row.limit) for row in verdict.breaches] == [
        ("train, q1", 2, 1),
        ("train, q2", 2, 1),
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "uses 2 data centers and has no hub"),
        (hubs("train", "east", ("q1",)), "uses 2 data centers and has no hub"),
        (
            (Hub("train", "q1", "east"), Hub("train", "q2", "west")),
            "changes its hub, and may not move",
        ),
        (hubs("train", "east") + hubs("chat", "east"), "has a hub and does not synchronize"),
    ],
)
def test_hubs(rows: tuple[Hub, ...], message: str) -> None:
    """A hub that is missing, changing or needless breaks `spokes`."""
    instance = two_sites(train={"sync": SYNC})
    assert verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST, hubs=hubs("train", "east"))
    verdict = verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST, hubs=rows)
    assert rules_broken(verdict) == {"spokes"}
    assert message in str(verdict)


def test_hub_elsewhere() -> None:
    """The hub is one of the data centers that the job uses."""
    north = {
        "name": "north",
        "provider": "alpha",
        "region": "us",
        "latitude": 45,
        "longitude": -75,
    }
    sites = [*two_sites().model_dump()["data_centers"], north]
    instance = two_sites(train={"sync": SYNC}, data_centers=sites)
    verdict = verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST, hubs=hubs("train", "north"))
    assert rules_broken(verdict) == {"spokes"}
    assert 'has its hub in "north", where it has no shard' in str(verdict)


def test_moving_job_changes_hub() -> None:
    """A job that may move chooses its hub in each period anew."""
    instance = two_sites(train={"sync": SYNC, "move_usd_per_shard": 1})
    rows = (Hub("train", "q1", "east"), Hub("train", "q2", "west"))
    assert verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST, hubs=rows)


@pytest.mark.parametrize(
    "network",
    [
        {},
        {"same_provider": {"gbps": 100}},
        {"cross_provider": {"gbps": 0}},
        {"cross_provider": {"gbps": 9}, "links": [{"a": "west", "b": "east", "gbps": 0}]},
    ],
)
def test_spoke_without_path(network: dict[str, Any]) -> None:
    """A spoke needs a link of its own, or that of its kind of pair, with bandwidth."""
    rows = {"hubs": hubs("train", "east")}
    talks = two_sites(train={"sync": SYNC}, network={"cross_provider": {"gbps": 100}})
    assert verdict_of(talks, *TRAIN_SPLIT, *CHAT_EAST, **rows)
    instance = two_sites(train={"sync": SYNC}, network=network)
    verdict = verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST, **rows)
    assert rules_broken(verdict) == {"spokes"}
    assert '"west" and hub "east" cannot talk' in str(verdict)


def test_max_rtt_ms() -> None:
    """A spoke of 20 ms fits a limit of 20 ms and breaks one of 19.99."""
    rows = {"hubs": hubs("train", "west")}
    fits = two_sites(train={"sync": SYNC, "max_rtt_ms": 20})
    assert verdict_of(fits, *TRAIN_SPLIT, *CHAT_EAST, **rows)
    tight = two_sites(train={"sync": SYNC, "max_rtt_ms": 19.99})
    verdict = verdict_of(tight, *TRAIN_SPLIT, *CHAT_EAST, **rows)
    assert rules_broken(verdict) == {"spokes"}
    assert (verdict.breaches[0].figure, verdict.breaches[0].limit) == (20, 19.99)


def test_max_rtt_ms_without_sync() -> None:
    """A job that does not synchronize has no spokes, so its `max_rtt_ms` means nothing."""
    assert verdict_of(two_sites(train={"max_rtt_ms": 0}), *TRAIN_SPLIT, *CHAT_EAST)


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ({("east", "east"): 1}, "and 0 of the flow is there"),
        ({("east", "east"): 0.5, ("east", "west"): 0.499}, "and 0.499 of the flow is there"),
        ({("west", "east"): 0.5, ("east", "west"): 0.5}, "and 0.5 of the flow is there"),
        ({}, "and 0 of the flow is there"),
    ],
)
def test_flow_pairing(fractions: dict[tuple[str, str], float], message: str) -> None:
    """The fractions of a flow add up to the shares of both jobs' shards in each data center."""
    instance = two_sites(**FLOW)
    assert verdict_of(instance, *TRAIN_EAST, *CHAT_SPLIT, flows=HALVES)
    verdict = verdict_of(instance, *TRAIN_EAST, *CHAT_SPLIT, flows=paired(fractions))
    assert rules_broken(verdict) == {"flows"}
    assert message in str(verdict)


def test_flow_without_path() -> None:
    """No part of a flow runs between data centers that cannot talk."""
    verdict = verdict_of(two_sites(**FLOW, network={}), *TRAIN_EAST, *CHAT_SPLIT, flows=HALVES)
    assert rules_broken(verdict) == {"flows"}
    assert '0.5 is between "east" and "west", which cannot talk' in str(verdict)


def test_flow_of_unserved_job() -> None:
    """A flow of an unserved job is void: it needs no fractions, and may not have any."""
    instance = two_sites(**FLOW, chat={"unserved_usd": 1})
    rows = {"unserved": ("chat",)}
    assert verdict_of(instance, *TRAIN_EAST, **rows)
    verdict = verdict_of(instance, *TRAIN_EAST, flows=paired({("east", "east"): 1}), **rows)
    assert rules_broken(verdict) == {"flows"}


def with_link(**columns: float) -> dict[str, Any]:
    """A network of one link, 40 Gbit/s unless told otherwise."""
    return {"links": [{"a": "east", "b": "west", "gbps": 40, "rtt_ms": 20, **columns}]}


def test_links() -> None:
    """A spoke's 40 Gbit/s and a flow's 8 * 0.5 fill a link of 44, and break one of 43.9."""
    tables = {"hubs": hubs("train", "east"), "flows": paired({("east", "east"): 0.5})}
    tables["flows"] += paired({("west", "east"): 0.5})
    changes = {"train": {"sync": SYNC}, **FLOW}
    fits = two_sites(**changes, network=with_link(gbps=44))
    assert verdict_of(fits, *TRAIN_SPLIT, *CHAT_EAST, **tables)
    tight = two_sites(**changes, network=with_link(gbps=43.9))
    verdict = verdict_of(tight, *TRAIN_SPLIT, *CHAT_EAST, **tables)
    assert rules_broken(verdict) == {"links"}
    assert [row.place for row in verdict.breaches] == ["east, west, q1", "east, west, q2"]
    assert (verdict.breaches[0].figure, verdict.breaches[0].limit) == (44, 43.9)


def test_spoke_takes_what_the_link_has() -> None:
    """A spoke reserves no more than its link: 40 Gbit/s wanted on a link of 30 break nothing."""
    instance = two_sites(train={"sync": SYNC}, network=with_link(gbps=30))
    assert verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST, hubs=hubs("train", "east"))


def test_uplinks() -> None:
    """A spoke's 40 Gbit/s fill an uplink of 40 at either end, and break one of 39.9."""
    rows = {"hubs": hubs("train", "east")}
    fits = two_sites(train={"sync": SYNC}, east={"uplink_gbps": 40}, west={"uplink_gbps": 40})
    assert verdict_of(fits, *TRAIN_SPLIT, *CHAT_EAST, **rows)
    tight = two_sites(train={"sync": SYNC}, west={"uplink_gbps": 39.9})
    verdict = verdict_of(tight, *TRAIN_SPLIT, *CHAT_EAST, **rows)
    assert rules_broken(verdict) == {"uplinks"}
    assert [row.place for row in verdict.breaches] == ["west, q1", "west, q2"]


def test_transfer() -> None:
    """Data moved counts by the period: the longer one breaks an allowance that the other keeps."""
    # An exchange each 8 + 2 s moves 2 * 10 GB: 7,200 GB per hour, 720 TB in q1 and 1,440 in q2.
    rows = {"hubs": hubs("train", "east")}
    fits = two_sites(train={"sync": SYNC}, east={"transfer_tb": 1440})
    assert verdict_of(fits, *TRAIN_SPLIT, *CHAT_EAST, **rows)
    tight = two_sites(train={"sync": SYNC}, east={"transfer_tb": 1439})
    breach = only_breach(verdict_of(tight, *TRAIN_SPLIT, *CHAT_EAST, **rows))
    assert (breach.rule, breach.place) == ("transfer", "east, q2")
    assert breach.figure == pytest.approx(1440)


def test_transfer_of_flow() -> None:
    """A flow of 4 Gbit/s moves 1,800 GB per hour: 360 TB in q2."""
    rows = {"flows": HALVES}
    assert verdict_of(
        two_sites(**FLOW, west={"transfer_tb": 360}), *TRAIN_EAST, *CHAT_SPLIT, **rows
    )
    tight = two_sites(**FLOW, west={"transfer_tb": 359})
    breach = only_breach(verdict_of(tight, *TRAIN_EAST, *CHAT_SPLIT, **rows))
    assert (breach.rule, breach.place) == ("transfer", "west, q2")


def test_job_ends_early() -> None:
    """What ends before a period loads nothing in it."""
    instance = two_sites(train={"end": "q1"}, east_h100={"gpus": [10, 2]})
    train = placed("train", {"east-h100": 4}, periods=PERIODS[:1])
    assert check_layout(instance, Layout(train + CHAT_EAST))
