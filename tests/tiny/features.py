"""Features of tiny instances, each a rule or a column of its own."""

from __future__ import annotations

import random
from collections.abc import Callable

from .frame import new_option
from .scale import GPU_TYPES, PERIODS, Data, Row, mean, money, spend, target, varied

NETWORKED = ("spokes", "flows", "uplinks", "transfer")


def _add_spokes(rng: random.Random, data: Data) -> None:
    """Give jobs a synchronization, and the network pairs that can carry it."""
    _add_network(rng, data)
    for job in data["jobs"]:
        if rng.random() < 0.85:
            job["sync"] = {
                "gb": rng.choice([0, 1.5, 4, 8, 15]),
                "every_s": rng.choice([7.5, 20, 60]),
                "gbps": rng.choice([12, 24, 40, 80]),
                "usd_per_gpu_hour": rng.choice([0.5, 1.25, 3]),
            }
            if rng.random() < 0.5:
                job["sync"]["overlap_s"] = rng.choice([0.1, 1.5, 4])
            if rng.random() < 0.35:
                job["max_rtt_ms"] = rng.choice([20, 90, 130, 180])


def _add_network(rng: random.Random, data: Data) -> None:
    network = data["network"]
    for kind in ("same_provider", "cross_provider"):
        if network[kind] is None and rng.random() < 0.9:
            network[kind] = {"gbps": rng.choice([0, 20, 20, 30, 30, 45, 60, 80, 100])}
            if rng.random() < 0.6:
                network[kind]["usd_per_gb"] = rng.choice([0.002, 0.005, 0.01])
    names = [center["name"] for center in data["data_centers"]]
    known = {frozenset((link["a"], link["b"])) for link in network["links"]}
    for a, b in ((a, b) for i, a in enumerate(names) for b in names[i + 1 :]):
        if frozenset((a, b)) not in known and rng.random() < 0.4:
            network["links"].append(_link(rng, a, b))


def _link(rng: random.Random, a: str, b: str) -> Row:
    link = {"a": a, "b": b, "gbps": rng.choice([15, 25, 45, 90])}
    if rng.random() < 0.6:
        link["rtt_ms"] = rng.choice([0.8, 12, 64.5, 110])
    if rng.random() < 0.6:
        link["usd_per_gb"] = rng.choice([0.001, 0.008])
    return link


def _add_flows(rng: random.Random, data: Data) -> None:
    """One or two flows between jobs with the same periods."""
    _add_network(rng, data)
    names = [job["name"] for job in data["jobs"]]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    rng.shuffle(pairs)
    for a, b in pairs[: rng.choice([1, 1, 2])]:
        flow = {"a": a, "b": b, "gbps": rng.choice([1.5, 6, 18, 40])}
        if rng.random() < 0.7:
            flow["usd_per_ms_hour"] = rng.choice([0.02, 0.1, 0.6])
        data["flows"].append(flow)


def _add_power(rng: random.Random, data: Data) -> None:
    """Power limits below what the offers of the site would draw."""
    kw = dict(GPU_TYPES)
    for center in data["data_centers"]:
        if rng.random() < 0.75:
            center["pue"] = rng.choice([1.08, 1.15, 1.3])
        draw = sum(
            mean(offer["gpus"]) * kw[offer["gpu_type"]] * center.get("pue", 1) / 1000
            for offer in data["offers"]
            if offer["data_center"] == center["name"]
        )
        if rng.random() < 0.75:
            limit = round(draw * rng.uniform(0.45, 1.05) + 0.002, 3)
            center["power_mw"] = varied(rng, data, limit, 0.011)


def _add_energy(rng: random.Random, data: Data) -> None:
    for center in data["data_centers"]:
        center["usd_per_mwh"] = varied(rng, data, rng.randint(30, 900), 45.5)


def _add_fees(rng: random.Random, data: Data) -> None:
    for offer in rng.sample(data["offers"], rng.randint(1, len(data["offers"]))):
        offer["fixed_usd"] = money(rng, spend(data, data["jobs"]), 0.02, 0.35)


def _add_uplinks(rng: random.Random, data: Data) -> None:
    for center in data["data_centers"]:
        if rng.random() < 0.6:
            center["uplink_gbps"] = rng.choice([18, 30, 50, 90])


def _add_transfer(rng: random.Random, data: Data) -> None:
    """Transfer limits near what spokes and flows of a few Gbit/s would move."""
    hours = max(period["hours"] for period in data["periods"])
    for center in data["data_centers"]:
        if rng.random() < 0.6:
            center["transfer_tb"] = round(hours * rng.choice([0.4, 1.2, 3, 8]), 1)


def _add_site_counts(rng: random.Random, data: Data) -> None:
    for job in data["jobs"]:
        if rng.random() < 0.6:
            job["max_data_centers"] = rng.choice([1, 2, 2])


def _add_moves(rng: random.Random, data: Data) -> None:
    """Make jobs movable, and offers differ between the periods.

    Of three jobs one is movable, and where a job is not alone it has at most two shards, so
    that the plans stay few.
    """
    jobs = data["jobs"]
    movable = rng.sample(jobs, rng.randint(1, 2) if len(jobs) == 2 else 1)
    for job in movable:
        scale = spend(data, [job]) / 10
        job["move_usd_per_shard"] = rng.choice([0, money(rng, scale, 0.05, 1)])
        if len(jobs) == 3 or len(movable) == 2:
            job["options"][0]["shards"] = min(2, job["options"][0]["shards"])
    for job in jobs if len(jobs) == 3 else movable:
        job["options"] = job["options"][:1]
    for job in jobs:
        if rng.random() < 0.5:
            job["current"] = _current(rng, data, job)
    if len(data["periods"]) == 2:
        for offer in rng.sample(data["offers"], rng.randint(1, len(data["offers"]))):
            _swing(rng, offer)


def _current(rng: random.Random, data: Data, job: Row) -> dict[str, int]:
    current: dict[str, int] = {}
    for _ in range(job["options"][0]["shards"]):
        name = rng.choice(data["offers"])["name"]
        current[name] = current.get(name, 0) + 1
    return current


def _swing(rng: random.Random, offer: Row) -> None:
    """Give an offer another price or size in the second period."""
    price, gpus = mean(offer["usd_per_gpu_hour"]), int(mean(offer["gpus"]))
    if rng.random() < 0.6:
        offer["usd_per_gpu_hour"] = [price, round(price * rng.choice([0.5, 1.7]), 2)]
    else:
        offer["gpus"] = [gpus, max(0, gpus + rng.choice([-16, -8, 8, 16]))]


def _add_staging(rng: random.Random, data: Data) -> None:
    for job in data["jobs"]:
        if rng.random() < 0.7:
            scale = spend(data, [job])
            job["staging_usd"] = {
                center["name"]: money(rng, scale, 0.01, 0.3)
                for center in data["data_centers"]
                if rng.random() < 0.8
            }


def _add_unserved(rng: random.Random, data: Data) -> None:
    """Penalties around the cost of service, so that either may be cheaper."""
    for job in data["jobs"]:
        if rng.random() < 0.7:
            job["unserved_usd"] = money(rng, spend(data, [job]), 0.8, 5)


def _add_options(rng: random.Random, data: Data) -> None:
    """A second option, sometimes of the other GPU type, which one of the offers then sells."""
    if rng.random() < 0.7:
        rng.choice(data["offers"])["gpu_type"] = "B200"
    types = sorted({offer["gpu_type"] for offer in data["offers"]})
    for job in data["jobs"]:
        if len(job["options"]) == 1 and "move_usd_per_shard" not in job:
            job["options"].append(new_option(rng, types, 1, 3))


def _add_windows(rng: random.Random, data: Data) -> None:
    """Start and end periods; jobs that a flow joins get the same ones."""
    if len(data["periods"]) == 1:
        return
    first, last = PERIODS
    window = rng.choice([{"start": last}, {"end": first}, {"start": first, "end": last}])
    joined = {flow[side] for flow in data["flows"] for side in ("a", "b")}
    loose = [job["name"] for job in data["jobs"] if job["name"] not in joined]
    late = joined if not loose or rng.random() < 0.3 else loose[:1]
    for job in data["jobs"]:
        if job["name"] in late:
            job.update(window)


def _add_places(rng: random.Random, data: Data) -> None:
    """Keep one job to some providers, regions or data centers."""
    job = rng.choice(data["jobs"])
    job.update(target(rng, data, rng.choice([1, 1, 2])))


Feature = tuple[str, float, Callable[[random.Random, Data], None]]
FEATURES: tuple[Feature, ...] = (
    ("spokes", 0.45, _add_spokes),
    ("power", 0.35, _add_power),
    ("energy", 0.4, _add_energy),
    ("fees", 0.3, _add_fees),
    ("uplinks", 0.3, _add_uplinks),
    ("transfer", 0.3, _add_transfer),
    ("site counts", 0.25, _add_site_counts),
    ("moves", 0.2, _add_moves),
    ("staging", 0.2, _add_staging),
    ("unserved", 0.5, _add_unserved),
    ("options", 0.15, _add_options),
    ("flows", 0.25, _add_flows),
    ("windows", 0.2, _add_windows),
    ("places", 0.12, _add_places),
)
