"""A small instance with figures that are easy on the head, and plans of it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from gpualloc.instance import Instance
from gpualloc.layout import FlowShare, Hub, Layout, Placement
from gpualloc.plan.checker import check_layout
from gpualloc.plan.verdict import Verdict
from gpualloc.rules.rule import Breach

Row = dict[str, Any]

HOURS = {"q1": 100, "q2": 200}
PERIODS = tuple(HOURS)

SYNC = {"gb": 10, "every_s": 8, "gbps": 40, "overlap_s": 2.02, "usd_per_gpu_hour": 4}
"""Over the 100 Gbit/s and 20 ms of the link: 16 * 10 / 40 + 0.02 - 2.02 = 2 s exposed."""

TWO_SITES: Row = {
    "name": "two sites",
    "periods": [{"name": name, "hours": hours} for name, hours in HOURS.items()],
    "gpu_types": [{"name": "h100", "kw": 1}, {"name": "b200", "kw": 2}],
    "providers": [{"name": "alpha"}, {"name": "beta"}],
    "data_centers": [
        {"name": "east", "provider": "alpha", "region": "us", "latitude": 40, "longitude": -75},
        {"name": "west", "provider": "beta", "region": "eu", "latitude": 50, "longitude": 5},
    ],
    "offers": [
        {
            "name": "east-h100",
            "data_center": "east",
            "gpu_type": "h100",
            "gpus": 10,
            "usd_per_gpu_hour": 2,
        },
        {
            "name": "west-h100",
            "data_center": "west",
            "gpu_type": "h100",
            "gpus": 10,
            "usd_per_gpu_hour": 3,
        },
        {
            "name": "west-b200",
            "data_center": "west",
            "gpu_type": "b200",
            "gpus": 4,
            "usd_per_gpu_hour": 5,
        },
    ],
    "network": {"links": [{"a": "east", "b": "west", "gbps": 100, "rtt_ms": 20}]},
    "jobs": [
        {
            "name": "train",
            "tags": ["big"],
            "options": [
                {"gpu_type": "h100", "shards": 4, "gpus_per_shard": 2},
                {"gpu_type": "b200", "shards": 2, "gpus_per_shard": 2},
            ],
        },
        {"name": "chat", "options": [{"gpu_type": "h100", "shards": 2, "gpus_per_shard": 1}]},
    ],
}
"""Alpha's `east` and beta's `west`; `train` needs 8 H100 or 4 B200, `chat` 2 H100."""


def two_sites(**changes: Any) -> Instance:
    """The instance with rows changed: ``two_sites(train={"sync": SYNC}, contracts=[...])``.

    A change by the name of a row updates its columns; any other is a table or a head column.
    """
    data = deepcopy(TWO_SITES)
    tables = (rows for rows in data.values() if isinstance(rows, list))
    rows = {row["name"]: row for table in tables for row in table}
    for name, change in changes.items():
        row = rows.get(name.replace("_", "-"), rows.get(name))
        if row is None or name in data:
            data[name] = change
        else:
            row.update(change)
    return Instance.from_dict(data)


def placed(
    job: str, shards: dict[str, int], option: int = 0, periods: tuple[str, ...] = PERIODS
) -> tuple[Placement, ...]:
    """Rows that place the same shards in each period."""
    return tuple(
        Placement(job, period, option, offer, count)
        for period in periods
        for offer, count in shards.items()
    )


def hubs(job: str, site: str, periods: tuple[str, ...] = PERIODS) -> tuple[Hub, ...]:
    """Rows that put a job's hub in one data center in each period."""
    return tuple(Hub(job, period, site) for period in periods)


def paired(
    fractions: dict[tuple[str, str], float], periods: tuple[str, ...] = PERIODS
) -> tuple[FlowShare, ...]:
    """Rows that pair the replicas of `train` and `chat` in each period."""
    return tuple(
        FlowShare("train", "chat", period, origin, target, fraction)
        for period in periods
        for (origin, target), fraction in fractions.items()
    )


TRAIN_EAST = placed("train", {"east-h100": 4})
TRAIN_SPLIT = placed("train", {"east-h100": 2, "west-h100": 2})
CHAT_EAST = placed("chat", {"east-h100": 2})
CHAT_WEST = placed("chat", {"west-h100": 2})
SOUND = Layout(TRAIN_EAST + CHAT_EAST)
"""Both jobs in `east`: 8 + 2 of its 10 GPUs."""


def verdict_of(instance: Instance, *placements: Placement, **tables: Any) -> Verdict:
    """What the checker says about these rows."""
    return check_layout(instance, Layout(placements, **tables))


def only_breach(verdict: Verdict) -> Breach:
    """The single breach of a verdict."""
    (breach,) = verdict.breaches
    return breach


def rules_broken(verdict: Verdict) -> set[str]:
    """The names of the rules that a plan breaks."""
    return {breach.rule for breach in verdict.breaches}
