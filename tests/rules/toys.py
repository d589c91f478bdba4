"""Further hand-made instances, each of one shape; figures as in `tests/oracle/by_hand.py`.

A shard of 10 GPUs costs 2000 USD at a1 (offer `cheap`) and 3000 USD at b1 (offer `dear`).
"""

from __future__ import annotations

from typing import Any

from tests.oracle.by_hand import LINK, SYNC, Data, contract, job, two_sites

FLOW = {"a": "one", "b": "two", "gbps": 8}


def crowded(*jobs: Data, gpus: int = 40, **tables: Any) -> Data:
    """Two jobs of 4 shards want a1, which has room for one of them; b1 has some GPUs."""
    data = two_sites(*(jobs or (job("one"), job("two"))), **tables)
    data["offers"][1]["gpus"] = gpus
    return data


def apart(link: Data | None = None, **columns: Any) -> Data:
    """Job `one`, which may use a1 alone, talks to `two`, which may use b1 alone: 2 shards each."""
    jobs = [
        job("one", shards=2, data_centers=["a1"]),
        job("two", shards=2, data_centers=["b1"]),
    ]
    network = {"links": [{**LINK, **(link or {})}]}
    return two_sites(*jobs, network=network, flows=[{**FLOW, **columns}])


def roaming(**columns: Any) -> Data:
    """One shard that may move between two periods of 100 h: a1 costs 2 USD, then 4; b1 3."""
    data = two_sites(job(shards=1, move_usd_per_shard=100, **columns))
    data["periods"] = [{"name": "q1", "hours": 100}, {"name": "q2", "hours": 100}]
    data["offers"][0]["usd_per_gpu_hour"] = [2, 4]
    return data


def bound_by(kind: str, **columns: Any) -> Data:
    """One job of 4 shards under one contract."""
    return two_sites(contracts=(contract(kind, **columns),))


def split_twice(link: Data | None = None, gpus: int = 40) -> Data:
    """Two jobs of 4 shards on GPUs of their own; a1 has 20 of each type, b1 `gpus`.

    Each saves 2000 USD by placing 2 shards at a1, and then needs a spoke of 8 Gbit/s. Spokes are
    free of charge.
    """
    sync = {**SYNC, "usd_per_gpu_hour": 0}
    jobs = [job("one", sync=sync), job("two", sync=sync)]
    jobs[1]["options"][0]["gpu_type"] = "B200"
    data = two_sites(*jobs, network={"links": [{**LINK, "usd_per_gb": 0, **(link or {})}]})
    data["gpu_types"].append({"name": "B200", "kw": 1})
    data["offers"][0]["gpus"], data["offers"][1]["gpus"] = 20, gpus
    for row in list(data["offers"]):
        data["offers"].append({**row, "name": f"{row['name']}-b200", "gpu_type": "B200"})
    return data
