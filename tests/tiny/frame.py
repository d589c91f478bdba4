"""The frame of a tiny instance: periods, sites, an empty network, jobs and offers."""

from __future__ import annotations

import random

from .scale import GPU_TYPES, PERIODS, TAGS, Data, Row, job_gpus, varied

PROVIDERS = ("Aurora", "Boreal")
SITES = (
    ("ashburn", 39.0, -77.5),
    ("dallas", 32.8, -96.8),
    ("oslo", 59.9, 10.8),
    ("osaka", 34.7, 135.5),
)
REGIONS = ("east", "west")
SEVERAL_JOBS = ("flows", "separation", "dedicated", "first_refusal", "volume_discount")


def frame(rng: random.Random, focus: str | None, split: bool) -> Data:
    long = focus == "moves" or rng.random() < 0.5
    hours = [100, 730, 72.5, 168]
    return {
        "format": 1,
        "name": "tiny",
        "sync_weight": rng.choice([0, 0.5, 1, 1, 1, 2]),
        "periods": [{"name": t, "hours": rng.choice(hours)} for t in PERIODS[: 1 + long]],
        "gpu_types": [{"name": name, "kw": kw} for name, kw in GPU_TYPES],
        "providers": [{"name": name} for name in PROVIDERS],
        "data_centers": _data_centers(rng, 3 if split else rng.choice([1, 2, 2, 2, 3, 3, 3])),
        "offers": [],
        "network": {"same_provider": None, "cross_provider": None, "links": []},
        "jobs": [],
        "flows": [],
        "contracts": [],
    }


def _data_centers(rng: random.Random, number: int) -> list[Row]:
    providers = [*PROVIDERS, rng.choice(PROVIDERS)]
    rng.shuffle(providers)
    return [
        {
            "name": name,
            "provider": provider,
            "region": rng.choice(REGIONS),
            "latitude": latitude,
            "longitude": longitude,
        }
        for (name, latitude, longitude), provider in zip(
            rng.sample(SITES, number), providers, strict=False
        )
    ]


def add_jobs(rng: random.Random, data: Data, focus: str | None, split: bool) -> None:
    """One to three jobs; fewer and with more shards where they are to be split over sites."""
    number = rng.choice([1, 2, 2] if split else [1, 2, 2, 3, 3])
    if focus in SEVERAL_JOBS:
        number = max(number, 2)
    types = [rng.choice(GPU_TYPES)[0] for _ in range(2)] if rng.random() < 0.35 else ["H100"]
    types = types[:1] if split else types
    most = 3 if number == 3 or len(data["periods"]) == 2 else rng.choice([3, 3, 4])
    for index in range(number):
        options = [new_option(rng, types, 2 if split else 1, most)]
        if rng.random() < (0.08 if split else 0.25):
            options.append(new_option(rng, types, 1, most))
        tags = [tag for tag in TAGS if rng.random() < 0.55]
        data["jobs"].append({"name": f"job {index + 1}", "tags": tags, "options": options})


def new_option(rng: random.Random, types: list[str], fewest: int, most: int) -> Row:
    return {
        "gpu_type": rng.choice(types),
        "shards": rng.randint(fewest, most),
        "gpus_per_shard": rng.choice([8, 8, 12, 16, 20]),
    }


def add_offers(rng: random.Random, data: Data, split: bool) -> None:
    """Offers with room for one placement of all jobs and some slack, and perhaps a dear one."""
    types = sorted({option["gpu_type"] for job in data["jobs"] for option in job["options"]})
    for index, center in enumerate(data["data_centers"]):
        data["offers"].append(_offer(rng, data, index, center, types))
    for job in data["jobs"]:
        _make_room(rng, data, job["options"][0], rng.choice([2, 3] if split else [1, 1, 2]))
    slack = sum(offer["gpus"] for offer in data["offers"]) / len(data["offers"])
    for offer in data["offers"]:
        offer["gpus"] += 4 * round(slack * rng.uniform(0, 0.25 if split else 1.2) / 4)
        offer["gpus"] = varied(rng, data, offer["gpus"], 4)
    if rng.random() < (0.75 if split else 0.5):
        _add_reserve(rng, data, types, rng.randint(450, 950) if split else rng.randint(250, 650))


def _offer(rng: random.Random, data: Data, index: int, center: Row, types: list[str]) -> Row:
    price = rng.randint(120, 480) / 100
    return {
        "name": f"offer {index + 1}",
        "data_center": center["name"],
        "gpu_type": types[index % len(types)],
        "gpus": 0,
        "usd_per_gpu_hour": varied(rng, data, price, 0.31),
    }


def _add_reserve(rng: random.Random, data: Data, types: list[str], cents: int) -> None:
    """One more offer somewhere that has room for most jobs, often at a higher price."""
    center = rng.choice(data["data_centers"])
    offer = _offer(rng, data, len(data["offers"]), center, types[:1])
    offer["gpus"] = sum(job_gpus(job) for job in data["jobs"])
    offer["usd_per_gpu_hour"] = cents / 100
    data["offers"].append(offer)


def _make_room(rng: random.Random, data: Data, option: Row, parts: int) -> None:
    """Enlarge some offers of the option's GPU type by its shards, in turn."""
    fitting = [offer for offer in data["offers"] if offer["gpu_type"] == option["gpu_type"]]
    targets = rng.sample(fitting, min(parts, len(fitting)))
    for index in range(option["shards"] if targets else 0):
        targets[index % len(targets)]["gpus"] += option["gpus_per_shard"]
