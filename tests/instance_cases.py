"""Instances as dicts, for tests of the instance layer."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from gpualloc.errors import InstanceError
from gpualloc.instance import Instance

TWO_SITES: dict[str, Any] = {
    "name": "two sites",
    "periods": [{"name": "Q1", "hours": 2190}, {"name": "Q2", "hours": 2190}],
    "gpu_types": [{"name": "H100", "kw": 1.3}, {"name": "GB200", "kw": 1.8}],
    "providers": [{"name": "Azure"}, {"name": "Oracle"}],
    "data_centers": [
        {
            "name": "atlanta",
            "provider": "Azure",
            "region": "us-south",
            "latitude": 33.4,
            "longitude": -84.5,
            "power_mw": [100, 300.5],
        },
        {
            "name": "abilene",
            "provider": "Oracle",
            "region": "texas",
            "latitude": 32.5,
            "longitude": -99.8,
            "pue": 1.2,
        },
    ],
    "offers": [
        {
            "name": "atlanta H100",
            "data_center": "atlanta",
            "gpu_type": "H100",
            "gpus": 60000,
            "usd_per_gpu_hour": 2.5,
        },
        {
            "name": "abilene GB200",
            "data_center": "abilene",
            "gpu_type": "GB200",
            "gpus": [0, 90000],
            "usd_per_gpu_hour": [3.5, 3.25],
            "fixed_usd": 1e6,
        },
    ],
    "network": {
        "cross_provider": {"gbps": 100, "usd_per_gb": 0.05},
        "links": [{"a": "atlanta", "b": "abilene", "gbps": 800, "rtt_ms": 25}],
    },
    "jobs": [
        {
            "name": "pretraining",
            "tags": ["training", "new"],
            "options": [
                {"gpu_type": "H100", "shards": 8, "gpus_per_shard": 4096},
                {"gpu_type": "GB200", "shards": 4, "gpus_per_shard": 4096},
            ],
            "sync": {"gb": 810, "every_s": 622, "gbps": 400, "usd_per_gpu_hour": 2.5},
            "move_usd_per_shard": 1000,
            "current": {"atlanta H100": 3},
            "staging_usd": {"abilene": 5000},
        },
        {
            "name": "chat",
            "tags": ["inference"],
            "start": "Q2",
            "options": [{"gpu_type": "H100", "shards": 2, "gpus_per_shard": 1000}],
            "regions": ["us-south"],
            "unserved_usd": 9e6,
        },
        {
            "name": "search",
            "start": "Q2",
            "end": "Q2",
            "options": [{"gpu_type": "H100", "shards": 1, "gpus_per_shard": 1000}],
        },
    ],
    "flows": [{"a": "chat", "b": "search", "gbps": 20}],
    "contracts": [
        {
            "name": "refusal",
            "type": "first_refusal",
            "jobs": ["training"],
            "holder": "Azure",
            "accepts_gpus": [20000, 40000],
            "end": "Q1",
        },
        {
            "name": "rebate",
            "type": "volume_discount",
            "provider": "Oracle",
            "tiers": [
                {"above_usd": 1000000, "discount": 0.05},
                {"above_usd": 2000000, "discount": 0.1},
            ],
            "mode": "incremental",
        },
    ],
}
"""Every table is used; two of almost everything."""


def two_sites() -> dict[str, Any]:
    """A fresh copy of `TWO_SITES`, to be changed by a test."""
    return deepcopy(TWO_SITES)


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set what is at a place such as ``jobs.0.options.1.shards``."""
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    target: Any = data
    for step in steps:
        target = target[step]
    target[last] = value
    return data


def faults_in(data: Any) -> list[str]:
    """The faults of an instance, each as its place and message."""
    with pytest.raises(InstanceError) as caught:
        Instance.from_dict(data)
    return [str(fault) for fault in caught.value.faults]
