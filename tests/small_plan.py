"""A small instance with a plan whose every figure is worked out by hand."""

from __future__ import annotations

from typing import Any

from gpualloc import Instance, Plan
from gpualloc.layout import Hub, Layout, Placement
from gpualloc.plan.checker import check_layout
from gpualloc.plan.plan import make_plan

OBJECTIVE_USD = 764_700.0
"""Compute: 600 GPUs x 2 USD x 300 h + 400 x 3 x 300 = 720,000. Energy: abilene draws 600 x 1 kW
x 1.25 = 0.75 MW, x 40 USD x 300 h = 9,000. Fixed fee 500. `probe` not served: 1,000. Oracle's
spend is 360,000 of a commitment of 400,000: 40,000 short. Azure gives 10 % of what 360,000 is
above 300,000: -6,000. The contract `apart` is bought out for 200. The exchange of `llama` takes
16 x 10 / 100 s and less than 0.1 s of round trip, under 2 s of overlap: no stall.
720,000 + 9,000 + 500 + 1,000 + 40,000 - 6,000 + 200 = 764,700."""


def small_tables() -> dict[str, Any]:
    """Two data centers, two periods, one job on both of them and one that is not served."""
    return {
        "name": "small",
        "periods": [{"name": "Q1", "hours": 100}, {"name": "Q2", "hours": 200}],
        "gpu_types": [{"name": "H100", "kw": 1}],
        "providers": [{"name": "oracle"}, {"name": "azure"}],
        "data_centers": [
            {
                "name": "abilene",
                "provider": "oracle",
                "region": "texas",
                "latitude": 32.4,
                "longitude": -99.7,
                "power_mw": [0.75, 1.5],
                "pue": 1.25,
                "usd_per_mwh": 40,
                "uplink_gbps": 400,
            },
            {
                "name": "fairwater",
                "provider": "azure",
                "region": "wisconsin",
                "latitude": 42.7,
                "longitude": -87.9,
                "transfer_tb": 1000,
            },
        ],
        "offers": [
            {
                "name": "abilene H100",
                "data_center": "abilene",
                "gpu_type": "H100",
                "gpus": 600,
                "usd_per_gpu_hour": 2,
            },
            {
                "name": "fairwater H100",
                "data_center": "fairwater",
                "gpu_type": "H100",
                "gpus": 1000,
                "usd_per_gpu_hour": 3,
                "fixed_usd": 500,
            },
        ],
        "network": {"cross_provider": {"gbps": 100}},
        "jobs": [
            {
                "name": "llama",
                "tags": ["training"],
                "options": [{"gpu_type": "H100", "shards": 10, "gpus_per_shard": 100}],
                "sync": {
                    "gb": 10,
                    "every_s": 60,
                    "gbps": 100,
                    "overlap_s": 2,
                    "usd_per_gpu_hour": 2,
                },
            },
            {
                "name": "probe",
                "options": [{"gpu_type": "H100", "shards": 1, "gpus_per_shard": 50}],
                "unserved_usd": 1000,
            },
        ],
        "contracts": [
            {"name": "pledge", "type": "commitment", "provider": "oracle", "usd": 400_000},
            {
                "name": "bulk",
                "type": "volume_discount",
                "provider": "azure",
                "tiers": [{"above_usd": 300_000, "discount": 0.1}],
                "mode": "incremental",
            },
            {"name": "apart", "type": "separation", "within": "provider", "buyout_usd": 200},
        ],
    }


def small_instance(**changes: Any) -> Instance:
    """The instance, with other tables or head figures where they are given."""
    return Instance.from_dict({**small_tables(), **changes})


def small_layout() -> Layout:
    """Six shards in abilene, the hub, and four in fairwater; `probe` not served."""
    return Layout(
        placements=tuple(
            Placement("llama", period, 0, offer, shards)
            for period in ("Q1", "Q2")
            for offer, shards in (("abilene H100", 6), ("fairwater H100", 4))
        ),
        hubs=(Hub("llama", "Q1", "abilene"), Hub("llama", "Q2", "abilene")),
        buyouts=("apart",),
        unserved=("probe",),
    )


def small_plan(*, bound_usd: float | None = 764_700.0, **changes: Any) -> Plan:
    """The plan as an engine makes it, with its verdict from the checker."""
    instance = small_instance(**changes)
    layout = small_layout()
    return make_plan(
        instance,
        layout,
        check_layout(instance, layout),
        bound_usd=bound_usd,
        stopped_by="proof",
        seconds=1.25,
        engine="exact, HiGHS 1.16.0",
        seed=7,
    )
