"""Hand-made instances, small enough to work out their optimum on paper.

Two sites, `a1` of provider A at 2 USD and `b1` of provider B at 3 USD per GPU-hour, 40 GPUs
each, one period of 100 h. A job of 4 shards of 10 GPUs costs 8000 at a1 and 12000 at b1: each
of its shards costs 2000 at a1 and 3000 at b1.
"""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]

SYNC = {"gb": 1, "every_s": 10, "gbps": 8, "usd_per_gpu_hour": 1}
LINK = {"a": "a1", "b": "b1", "gbps": 10, "rtt_ms": 100, "usd_per_gb": 0.01}


def job(name: str = "job", shards: int = 4, gpus: int = 10, **columns: Any) -> Data:
    """A job of one option on H100."""
    option = {"gpu_type": "H100", "shards": shards, "gpus_per_shard": gpus}
    return {"name": name, "options": [option], **columns}


def two_sites(*jobs: Data, contracts: tuple[Data, ...] = (), **tables: Any) -> Data:
    """The hand-made instance with the jobs given, by default one job of 4 shards."""
    return {
        "format": 1,
        "name": "two sites",
        "periods": [{"name": "q1", "hours": 100}],
        "gpu_types": [{"name": "H100", "kw": 1}],
        "providers": [{"name": "A"}, {"name": "B"}],
        "data_centers": [site("a1", "A"), site("b1", "B")],
        "offers": [offer("cheap", "a1", 2), offer("dear", "b1", 3)],
        "jobs": list(jobs) or [job()],
        "contracts": list(contracts),
        **tables,
    }


def site(name: str, provider: str) -> Data:
    """A data center without limits."""
    place = {"region": "east", "latitude": 0, "longitude": 0}
    return {"name": name, "provider": provider, **place}


def offer(name: str, center: str, usd: float) -> Data:
    """40 H100 in a data center."""
    return {
        "name": name,
        "data_center": center,
        "gpu_type": "H100",
        "gpus": 40,
        "usd_per_gpu_hour": usd,
    }


def contract(kind: str, **columns: Any) -> Data:
    """A contract over all jobs and periods."""
    return {"name": kind, "type": kind, **columns}


def narrow(*jobs: Data, **tables: Any) -> Data:
    """The hand-made instance where a1 has room for 2 shards of 10 alone (25 GPUs)."""
    data = two_sites(*jobs, **tables)
    data["offers"][0]["gpus"] = 25
    return data


def linked(link: Data = LINK, **columns: Any) -> Data:
    """The narrow instance whose job synchronizes, over one link of 10 Gbit/s and 100 ms."""
    return narrow(job(**{"sync": SYNC, **columns}), network={"links": [{**LINK, **link}]})


def two_periods(**columns: Any) -> Data:
    """The hand-made instance over two periods of 100 h; in the second a1 costs 4 USD."""
    periods = [{"name": "q1", "hours": 100}, {"name": "q2", "hours": 100}]
    data = two_sites(job(**columns), periods=periods)
    data["offers"][0]["usd_per_gpu_hour"] = [2, 4]
    return data


def layout_of(shards: dict[str, tuple[int, int]]) -> Data:
    """A layout of the hand-made instance: shards at (cheap, dear) by job."""
    return {
        "placements": [
            {"job": name, "period": "q1", "option": 0, "offer": offer, "shards": n}
            for name, counts in shards.items()
            for offer, n in zip(("cheap", "dear"), counts, strict=True)
            if n
        ],
        "hubs": [],
        "flows": [],
        "buyouts": [],
        "unserved": [],
    }


def flow_row(origin: str, target: str, fraction: float) -> Data:
    """A row of the flow from job `one` to job `two`."""
    row = {"a": "one", "b": "two", "period": "q1", "fraction": fraction}
    return {**row, "from": origin, "to": target}
