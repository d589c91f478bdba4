"""What the parts of a tiny instance share: names, and sizes of figures drawn near its needs."""

from __future__ import annotations

import random
from typing import Any

Data = dict[str, Any]
Row = dict[str, Any]

PERIODS = ("q1", "q2")
GPU_TYPES = (("H100", 1.275), ("B200", 1.9))
TAGS = ("train", "serve")


def varied(rng: random.Random, data: Data, figure: float, step: float) -> Any:
    """One figure for all periods, or now and then a list that grows by a step."""
    if len(data["periods"]) == 1 or rng.random() < 0.7:
        return figure
    return [figure, round(figure + step, 3)]


def job_gpus(job: Row) -> int:
    """GPUs of the job's smallest option."""
    return min(int(option["shards"] * option["gpus_per_shard"]) for option in job["options"])


def mean(figure: float | list[float]) -> float:
    """The mean over the periods of a figure that may be a list."""
    return sum(figure) / len(figure) if isinstance(figure, list) else figure


def spend(data: Data, jobs: list[Row]) -> float:
    """A rough compute cost of jobs, to draw money figures near it."""
    prices = sorted(mean(offer["usd_per_gpu_hour"]) for offer in data["offers"])
    hours = sum(float(period["hours"]) for period in data["periods"])
    return prices[len(prices) // 2] * hours * sum(job_gpus(job) for job in jobs)


def money(rng: random.Random, scale: float, low: float, high: float) -> float:
    """USD between two multiples of a scale, to a tenth of a dollar."""
    return round(scale * rng.uniform(low, high), 1)


def target(rng: random.Random, data: Data, parts: int) -> Row:
    """Some of `providers`, `regions` and `data_centers`, with one or two names."""
    names = {
        "providers": sorted({center["provider"] for center in data["data_centers"]}),
        "regions": sorted({center["region"] for center in data["data_centers"]}),
        "data_centers": [center["name"] for center in data["data_centers"]],
    }
    return {column: [rng.choice(names[column])] for column in rng.sample(sorted(names), parts)}
