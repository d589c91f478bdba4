"""Instances with a planted cause of infeasibility, and nothing else that is short.

Each maker returns an instance and the one conflict that it has. The frame is roomy: sites far
apart with a fast link between each pair, GPUs and power for all jobs at each, and jobs in plenty
that no plant touches.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.answers.explain_cases import Rule
from tests.tiny.scale import Data

Planted = tuple[Data, set[Rule]]

CITIES = (("ashburn", 39.0, -77.5), ("dallas", 32.8, -96.8), ("oslo", 59.9, 10.8))
ROOM = 1000
"""GPUs of each offer, far more than all jobs together."""


def _frame(rng: random.Random, sites: int = 3) -> Data:
    """Sites of two providers, an offer at each, three periods or one, and one to three jobs."""
    cities = rng.sample(CITIES, sites)
    providers = rng.sample(("Aurora", "Boreal"), 2)
    return {
        "format": 1,
        "name": "planted",
        "periods": [{"name": f"q{t}", "hours": 100} for t in range(rng.choice([2, 3]))],
        "gpu_types": [{"name": "H100", "kw": 1.25}],
        "providers": [{"name": name} for name in providers],
        "data_centers": [
            {
                "name": name,
                "provider": providers[at % 2],
                "region": f"region {at}",
                "latitude": latitude,
                "longitude": longitude,
                "power_mw": 10,
                "uplink_gbps": 5000,
                "transfer_tb": 1_000_000,
            }
            for at, (name, latitude, longitude) in enumerate(cities)
        ],
        "offers": [
            {
                "name": f"{name} H100",
                "data_center": name,
                "gpu_type": "H100",
                "gpus": ROOM,
                "usd_per_gpu_hour": rng.randint(100, 300) / 100,
            }
            for name, _, _ in cities
        ],
        "network": {"same_provider": {"gbps": 800}, "cross_provider": {"gbps": 800}, "links": []},
        "jobs": [_job(rng, f"bystander {at}") for at in range(rng.randint(0, 2))],
        "flows": [],
        "contracts": [],
    }


def _job(rng: random.Random, name: str, **columns: Any) -> dict[str, Any]:
    shards = rng.randint(2, 4)
    option = {"gpu_type": "H100", "shards": shards, "gpus_per_shard": rng.choice([4, 8])}
    return {"name": name, "tags": [name], "options": [option], **columns}


def _add_job(rng: random.Random, data: Data, name: str = "victim", **columns: Any) -> int:
    """Add a job somewhere among the others; returns its GPUs."""
    job = _job(rng, name, **columns)
    data["jobs"].insert(rng.randint(0, len(data["jobs"])), job)
    return int(job["options"][0]["shards"] * job["options"][0]["gpus_per_shard"])


def _site(data: Data, at: int = 0) -> str:
    return str(data["data_centers"][at]["name"])


def _short_offers(rng: random.Random, data: Data, *sites: str) -> set[Rule]:
    """Make the GPUs of sites too few for the first shard, in one period each; names the rules."""
    rules: set[Rule] = set()
    for site in sites:
        offer = next(row for row in data["offers"] if row["data_center"] == site)
        t = rng.randrange(len(data["periods"]))
        offer["gpus"] = [3 if at == t else ROOM for at in range(len(data["periods"]))]
        rules.add(("offers", f"{offer['name']}, q{t}"))
    return rules


def power(rng: random.Random) -> Planted:
    """The only site of a job has too little power in one period."""
    data = _frame(rng)
    gpus = _add_job(rng, data, data_centers=[_site(data)])
    t = rng.randrange(len(data["periods"]))
    short = gpus * 1.25 / 1000 - 0.001
    figures = [short if at == t else 10 for at in range(len(data["periods"]))]
    data["data_centers"][0]["power_mw"] = figures
    held = {("served", "victim"), ("places", "victim, data_centers")}
    return data, held | {("power", f"{_site(data)}, q{t}")}


def gpus(rng: random.Random) -> Planted:
    """The only provider of a job has too few GPUs in one period."""
    data = _frame(rng, sites=2)
    _add_job(rng, data, providers=[data["data_centers"][1]["provider"]])
    short = _short_offers(rng, data, _site(data, 1))
    return data, short | {("served", "victim"), ("places", "victim, providers")}


def exclusivity(rng: random.Random) -> Planted:
    """A contract ties a job to a site that is full."""
    data = _frame(rng)
    _add_job(rng, data)
    row = {"name": "tie", "type": "exclusivity", "jobs": ["victim"], "data_centers": [_site(data)]}
    data["contracts"].append(row)
    short = _short_offers(rng, data, _site(data))
    return data, short | {("served", "victim"), ("contract", "tie")}


def two_contracts(rng: random.Random) -> Planted:
    """Two contracts tie a job to different sites."""
    data = _frame(rng)
    _add_job(rng, data)
    for at in (0, 1):
        row = {"name": f"tie {at}", "type": "exclusivity", "jobs": ["victim"]}
        data["contracts"].append({**row, "data_centers": [_site(data, at)]})
    return data, {("served", "victim"), ("contract", "tie 0"), ("contract", "tie 1")}


def dedicated(rng: random.Random) -> Planted:
    """A site is another's alone, and a job may be nowhere else."""
    data = _frame(rng)
    _add_job(rng, data, data_centers=[_site(data)])
    row = {"name": "own", "type": "dedicated", "jobs": ["owner"], "data_centers": [_site(data)]}
    data["contracts"].append(row)
    _add_job(rng, data, "owner")
    held = {("served", "victim"), ("places", "victim, data_centers")}
    return data, held | {("contract", "own")}


def spread(rng: random.Random) -> Planted:
    """No single site has room for a job that may use but one."""
    data = _frame(rng, sites=2)
    gpus = _add_job(rng, data, max_data_centers=1)
    data["periods"] = data["periods"][:1]
    for offer in data["offers"]:
        offer["gpus"] = gpus - 1
    held: set[Rule] = {("offers", offer["name"]) for offer in data["offers"]}
    data["jobs"] = [job for job in data["jobs"] if job["name"] == "victim"]
    return data, held | {("served", "victim"), ("max_data_centers", "victim")}


def _split_job(rng: random.Random, data: Data, **columns: Any) -> set[Rule]:
    """A job alone that has to spread over two sites, with the rules that make it."""
    sync = {"gb": 10, "every_s": 60, "gbps": 100, "usd_per_gpu_hour": 1}
    gpus = _add_job(rng, data, sync=sync, **columns)
    data["jobs"] = [job for job in data["jobs"] if job["name"] == "victim"]
    data["periods"] = data["periods"][:1]
    for offer in data["offers"]:
        offer["gpus"] = gpus - 1
    return {("served", "victim"), *(("offers", offer["name"]) for offer in data["offers"])}


def no_link(rng: random.Random) -> Planted:
    """A job has to spread over two sites that have no link."""
    data = _frame(rng, sites=2)
    held = _split_job(rng, data)
    data["network"] = {"same_provider": None, "cross_provider": None, "links": []}
    pair = ", ".join(sorted((_site(data, 0), _site(data, 1))))
    return data, held | {("links", pair)}


def round_trip(rng: random.Random) -> Planted:
    """A job has to spread over two sites that are too far apart for it."""
    data = _frame(rng, sites=2)
    return data, _split_job(rng, data, max_rtt_ms=5) | {("max_rtt_ms", "victim")}


def uplink(rng: random.Random) -> Planted:
    """A job has to spread, and the uplink of a site does not carry its spoke."""
    data = _frame(rng, sites=2)
    held = _split_job(rng, data)
    data["data_centers"][1]["uplink_gbps"] = 99
    return data, held | {("uplinks", _site(data, 1))}


def transfer(rng: random.Random) -> Planted:
    """A job has to spread, and a site may not move so much data."""
    data = _frame(rng, sites=2)
    held = _split_job(rng, data)
    data["data_centers"][0]["transfer_tb"] = 1
    return data, held | {("transfer", _site(data))}


def spend_cap(rng: random.Random) -> Planted:
    """A job costs more than a cap over all providers allows."""
    data = _frame(rng)
    _add_job(rng, data)
    providers = [row["name"] for row in data["providers"]]
    row = {"name": "cap", "type": "spend_cap", "jobs": ["victim"], "providers": providers}
    data["contracts"].append({**row, "usd": rng.randint(1, 99)})
    return data, {("served", "victim"), ("contract", "cap")}


def separation(rng: random.Random) -> Planted:
    """Two jobs may not share a site, and both have the same one alone."""
    data = _frame(rng)
    held: set[Rule] = {("contract", "apart")}
    for name in ("left", "right"):
        job = _job(rng, name, data_centers=[_site(data)])
        data["jobs"].append({**job, "tags": ["both"]})
        held |= {("served", name), ("places", f"{name}, data_centers")}
    row = {"name": "apart", "type": "separation", "jobs": ["both"], "within": "data_center"}
    data["contracts"].append(row)
    return data, held


def share(rng: random.Random) -> Planted:
    """A share of a job has to be with a provider that it may not use."""
    data = _frame(rng, sites=2)
    provider = data["data_centers"][0]["provider"]
    _add_job(rng, data, regions=["region 1"])
    row = {"name": "part", "type": "share", "jobs": ["victim"], "providers": [provider]}
    data["contracts"].append({**row, "min": rng.choice([0.1, 0.5, 1])})
    held = {("served", "victim"), ("contract", "part"), ("places", "victim, regions")}
    return data, held


def count(rng: random.Random) -> Planted:
    """A contract asks for two providers, and its only job may use one site."""
    data = _frame(rng)
    _add_job(rng, data, max_data_centers=1)
    row = {"name": "two", "type": "count", "jobs": ["victim"], "of": "data_center", "min": 2}
    data["contracts"].append(row)
    data["periods"] = data["periods"][:1]
    return data, {("contract", "two"), ("max_data_centers", "victim")}


def stays(rng: random.Random) -> Planted:
    """Each site is full in another period, and a job may not move."""
    data = _frame(rng, sites=2)
    _add_job(rng, data)
    data["jobs"] = [job for job in data["jobs"] if job["name"] == "victim"]
    for at, offer in enumerate(data["offers"]):
        offer["gpus"] = [3 if t == at else ROOM for t in range(len(data["periods"]))]
    held: set[Rule] = {("offers", f"{o['name']}, q{at}") for at, o in enumerate(data["offers"])}
    return data, held | {("served", "victim"), ("stays", "victim")}


def flow(rng: random.Random) -> Planted:
    """Two jobs exchange more than the link between their sites carries."""
    data = _frame(rng, sites=2)
    held: set[Rule] = {("flows", "left, right")}
    for at, name in enumerate(("left", "right")):
        _add_job(rng, data, name, data_centers=[_site(data, at)])
        held |= {("served", name), ("places", f"{name}, data_centers")}
    data["flows"].append({"a": "left", "b": "right", "gbps": 801})
    pair = ", ".join(sorted((_site(data, 0), _site(data, 1))))
    return data, held | {("links", pair)}


def first_refusal(rng: random.Random) -> Planted:
    """The holder has room, and another contract keeps a job away from it."""
    data = _frame(rng, sites=2)
    _add_job(rng, data)
    holder = data["data_centers"][0]["provider"]
    row = {"name": "first", "type": "first_refusal", "jobs": ["victim"], "holder": holder}
    away = {"name": "away", "type": "share", "jobs": ["victim"], "providers": [holder], "max": 0}
    data["contracts"] = [row, away]
    return data, {("served", "victim"), ("contract", "first"), ("contract", "away")}


def minimum_use(rng: random.Random) -> Planted:
    """A site is to be used for much or not at all, and its only job needs less of it."""
    data = _frame(rng, sites=2)
    gpus = _add_job(rng, data, regions=["region 1"])
    hours = gpus * 100 * len(data["periods"]) + rng.randint(1, 999)
    row = {"name": "much", "type": "minimum_use", "jobs": ["victim"], "regions": ["region 1"]}
    data["contracts"].append({**row, "gpu_hours": hours})
    return data, {("served", "victim"), ("contract", "much"), ("places", "victim, regions")}


def accepts(rng: random.Random) -> Planted:
    """The holder, where alone a job may be, accepts too few of its GPUs in one period."""
    data = _frame(rng, sites=2)
    gpus = _add_job(rng, data, regions=["region 1"])
    t = rng.randrange(len(data["periods"]))
    accepted = [gpus - 1 if at == t else ROOM for at in range(len(data["periods"]))]
    holder = data["data_centers"][1]["provider"]
    row = {"name": "first", "type": "first_refusal", "jobs": ["victim"], "holder": holder}
    data["contracts"].append({**row, "accepts_gpus": accepted})
    held = {("served", "victim"), ("contract", "first"), ("places", "victim, regions")}
    return data, held | {("accepts", f"first, q{t}")}


PLANTS: dict[str, Callable[[random.Random], Planted]] = {
    plant.__name__: plant
    for plant in (
        *(power, gpus, exclusivity, two_contracts, dedicated, spread, no_link, round_trip),
        *(uplink, transfer, spend_cap, separation, share, count, stays, flow, first_refusal),
        *(minimum_use, accepts),
    )
}
"""Nineteen causes."""
