"""Contracts of tiny instances, with figures near what the jobs need and cost."""

from __future__ import annotations

import random
from collections.abc import Callable

from .scale import PERIODS, Data, Row, job_gpus, mean, money, spend, target, varied


def add_contracts(rng: random.Random, data: Data, focus: str | None) -> None:
    if focus in MAKERS:
        kinds = [focus, *rng.sample(COMPANIONS.get(focus, tuple(MAKERS)), rng.choice([0, 0, 1, 2]))]
    else:
        kinds = rng.choices(
            tuple(MAKERS), k=rng.choice([0, 0, 1, 1, 2] if focus else [0, 1, 1, 2, 3])
        )
    for index, kind in enumerate(kinds):
        data["contracts"].append(_contract(rng, data, kind, f"{kind} {index + 1}"))


def _contract(rng: random.Random, data: Data, kind: str, name: str) -> Row:
    """A contract of a type; covers all jobs or a tag's, in a window, perhaps with a buyout."""
    row: Row = {"name": name, "type": kind}
    tags = sorted({tag for job in data["jobs"] for tag in job["tags"]})
    if kind == "dedicated":
        owner = rng.choice(data["jobs"])
        owner["tags"] = sorted({*owner["tags"], "owner"})
        row["jobs"] = ["owner"]
    elif tags and rng.random() < 0.4:
        row["jobs"] = rng.sample(tags, 1)
    covered = [job for job in data["jobs"] if set(row.get("jobs", job["tags"])) & set(job["tags"])]
    covered = covered if "jobs" in row else data["jobs"]
    row.update(MAKERS[kind](rng, data, covered))
    if len(data["periods"]) == 2 and rng.random() < 0.4:
        row.update(rng.choice([{"start": PERIODS[1]}, {"end": PERIODS[0]}]))
    if rng.random() < 0.4:
        row["buyout_usd"] = money(rng, spend(data, data["jobs"]), 0.01, 0.35)
    return row


def _ranked_providers(data: Data) -> list[str]:
    """Providers with offers, the cheapest first."""
    provider = {center["name"]: center["provider"] for center in data["data_centers"]}
    offers = sorted(data["offers"], key=lambda offer: mean(offer["usd_per_gpu_hour"]))
    return list(dict.fromkeys(provider[offer["data_center"]] for offer in offers))


def _cheap_provider(rng: random.Random, data: Data) -> str:
    ranked = _ranked_providers(data)
    return ranked[0] if rng.random() < 0.85 else ranked[-1]


def _dear_provider(rng: random.Random, data: Data) -> str:
    ranked = _ranked_providers(data)
    return ranked[-1] if rng.random() < 0.85 else ranked[0]


def _exclusivity(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    if rng.random() < 0.5:
        return {"providers": [_dear_provider(rng, data)]}
    return target(rng, data, rng.choice([1, 1, 2]))


def _dedicated(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    offers = sorted(data["offers"], key=lambda offer: mean(offer["usd_per_gpu_hour"]))
    offer = offers[0] if rng.random() < 0.7 else rng.choice(offers)
    return {"data_centers": [offer["data_center"]]}


def _first_refusal(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    row: Row = {"holder": _dear_provider(rng, data)}
    _fit_holder(rng, data, row["holder"], covered)
    if rng.random() < 0.5:
        row["precedence"] = rng.choice(["none", "listed"])
    if rng.random() < 0.45:
        needed = sum(job_gpus(job) for job in covered) or 8
        gpus = 4 * round(needed * rng.uniform(0.2, 1.2) / 4)
        row["accepts_gpus"] = varied(rng, data, gpus, 8)
    return row


def _fit_holder(rng: random.Random, data: Data, holder: str, covered: list[Row]) -> None:
    """Size an offer of the holder to whole shards, or to just less, so that it can be full."""
    at_holder = {c["name"] for c in data["data_centers"] if c["provider"] == holder}
    offers = [offer for offer in data["offers"] if offer["data_center"] in at_holder]
    shards = [option["gpus_per_shard"] for job in covered for option in job["options"]]
    if offers and shards and rng.random() < 0.7:
        whole = rng.choice(shards) * rng.randint(1, 3)
        rng.choice(offers)["gpus"] = whole + rng.choice([0, 0, 3, -1])


def _commitment(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    usd = money(rng, spend(data, covered or data["jobs"]), 0.2, 1.1)
    return {"provider": _dear_provider(rng, data), "usd": usd}


def _volume_discount(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    scale = spend(data, covered or data["jobs"])
    edges = [money(rng, scale, 0.05, 0.4), money(rng, scale, 0.45, 0.9)]
    discounts = [rng.choice([0.04, 0.1, 0.15]), rng.choice([0.22, 0.35])]
    tiers = [
        {"above_usd": edge, "discount": discount}
        for edge, discount in zip(edges, discounts, strict=True)
    ]
    row: Row = {"provider": _dear_provider(rng, data), "tiers": tiers[: rng.choice([1, 2, 2])]}
    if rng.random() < 0.6:
        row["mode"] = rng.choice(["incremental", "all_units"])
    return row


def _spend_cap(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    usd = money(rng, spend(data, covered or data["jobs"]), 0.15, 0.9)
    return {"providers": [_cheap_provider(rng, data)], "usd": usd}


def _share(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    if rng.random() < 0.5:
        return {"providers": [_cheap_provider(rng, data)], "max": rng.choice([0.2, 0.4, 0.6])}
    low = rng.choice([0.25, 0.4, 0.6])
    row = {"providers": [_dear_provider(rng, data)], "min": low}
    if rng.random() < 0.3:
        row = {**target(rng, data, 2), "min": low, "max": 0.9}
    return row


def _count(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    row: Row = {"of": rng.choice(["provider", "data_center", "data_center"])}
    if rng.random() < 0.5:
        return {**row, "max": 1}
    return {**row, "min": 2, "max": 3} if rng.random() < 0.3 else {**row, "min": 2}


def _minimum_use(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    hours = sum(period["hours"] for period in data["periods"])
    needed = sum(job_gpus(job) for job in covered or data["jobs"])
    row: Row = {"providers": [_cheap_provider(rng, data)]}
    if rng.random() < 0.4:
        row = target(rng, data, rng.choice([1, 2]))
    return {**row, "gpu_hours": round(needed * hours * rng.uniform(0.4, 1.1), 1)}


def _separation(rng: random.Random, data: Data, covered: list[Row]) -> Row:
    return {"within": rng.choice(["data_center", "data_center", "provider"])}


MAKERS: dict[str, Callable[[random.Random, Data, list[Row]], Row]] = {
    "exclusivity": _exclusivity,
    "dedicated": _dedicated,
    "first_refusal": _first_refusal,
    "commitment": _commitment,
    "volume_discount": _volume_discount,
    "spend_cap": _spend_cap,
    "share": _share,
    "count": _count,
    "minimum_use": _minimum_use,
    "separation": _separation,
}
COMPANIONS = {"first_refusal": ("exclusivity", "dedicated", "exclusivity", "dedicated", "share")}
CONTRACT_TYPES = tuple(MAKERS)
