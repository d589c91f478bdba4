"""One job that three sites could take, with figures that are easy on the head."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from gpualloc.instance import Instance

Data = dict[str, Any]

PRICES = {"cheap": 1.0, "middle": 1.8, "lean": 2.0}
PUES = {"cheap": 3.0, "middle": 2.0, "lean": 1.0}

_DATA: Data = {
    "name": "three sites",
    "periods": [{"name": "q1", "hours": 100}],
    "gpu_types": [{"name": "h100", "kw": 1}],
    "providers": [{"name": f"{name} inc"} for name in PRICES],
    "data_centers": [
        {
            "name": name,
            "provider": f"{name} inc",
            "region": "us",
            "latitude": 40,
            "longitude": -75,
            "pue": PUES[name],
        }
        for name in PRICES
    ],
    "offers": [
        {
            "name": f"{name} h100",
            "data_center": name,
            "gpu_type": "h100",
            "gpus": 10,
            "usd_per_gpu_hour": price,
        }
        for name, price in PRICES.items()
    ],
    "network": {"cross_provider": {"gbps": 100}},
    "jobs": [
        {
            "name": "job",
            "options": [{"gpu_type": "h100", "shards": 1, "gpus_per_shard": 10}],
        }
    ],
}


def three_sites(**changes: Any) -> Data:
    """A job of one shard of 10 GPUs for 100 hours, one data center of 10 GPUs a provider.

    ====== ===== ====================== =================================
    site   USD   10 GPUs * 100 h * USD  MWh: 10 * 1 kW * PUE * 100 / 1000
    ====== ===== ====================== =================================
    cheap  1.0   1,000                  3
    middle 1.8   1,800                  2
    lean   2.0   2,000                  1
    ====== ===== ====================== =================================
    """
    return deepcopy(_DATA) | changes


def three_sites_instance(**changes: Any) -> Instance:
    """The same as an instance."""
    return Instance.from_dict(three_sites(**changes))
