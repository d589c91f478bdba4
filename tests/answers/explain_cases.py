"""Dropping rules from an instance's JSON object, written without gpualloc."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from itertools import combinations
from math import comb
from typing import Any

from tests.tiny.scale import Data

Rule = tuple[str, str]
"""A rule's kind and the names of what it is about, as an explanation gives them."""

PLENTY = 10_000


def without(data: Data, rules: Iterable[Rule]) -> Data:
    """The instance without some of its rules."""
    data = copy.deepcopy(data)
    for kind, place in sorted(rules):  # what a contract accepts before the contract itself
        DROPS[kind](data, *_names(data, kind, place))
    return data


def bare(data: Data) -> Data | None:
    """An instance that has a plan exactly if this one has, where no contract must be kept.

    Nothing costs, so that enumeration ends with its first plan; and jobs that may be left out
    are left out, which harms nobody. None where no job is left.
    """
    data = copy.deepcopy(data)
    data["contracts"] = []
    data["jobs"] = [job for job in data["jobs"] if job.get("unserved_usd") is None]
    names = {job["name"] for job in data["jobs"]}
    data["flows"] = [flow for flow in data["flows"] if {flow["a"], flow["b"]} <= names]
    for rows in (data["offers"], data["data_centers"], data["flows"], data["network"]["links"]):
        for row in rows:
            row.update({column: 0 for column in row if "usd" in column})
    for job in data["jobs"]:
        job.pop("staging_usd", None)
        job.update({column: 0 for column in job if "usd" in column and job[column] is not None})
        if job.get("sync"):
            job["sync"]["usd_per_gpu_hour"] = 0
    return data if data["jobs"] else None


def count_plans(data: Data) -> int:
    """About how many plans enumeration would have to try."""
    total = 1
    for job in data["jobs"]:
        periods = len(data["periods"])
        phases = 1 if job.get("move_usd_per_shard") is None else periods
        choices = 1
        for option in job["options"]:
            fits = [row for row in data["offers"] if row["gpu_type"] == option["gpu_type"]]
            splits = comb(option["shards"] + max(len(fits), 1) - 1, option["shards"])
            hubs = 2 if job.get("sync") else 1
            choices += (splits * hubs) ** phases
        total *= choices
    return total * 2 ** sum(row.get("buyout_usd") is not None for row in data["contracts"])


def all_rules(data: Data) -> list[Rule]:
    """Every rule that an explanation can name, also those that never bind."""
    rules = [("contract", row["name"]) for row in data["contracts"] if not row.get("buyout_usd")]
    several = len(data["periods"]) > 1
    when = [f", {period['name']}" if several else "" for period in data["periods"]]
    for row in data["contracts"]:
        if row.get("accepts_gpus") is not None and not row.get("buyout_usd"):
            rules += [("accepts", f"{row['name']}{t}") for t in when]
    for job in data["jobs"]:
        lists = ("providers", "regions", "data_centers")
        rules += [("places", f"{job['name']}, {column}") for column in lists if job.get(column)]
        limits = ("max_data_centers", "max_rtt_ms")
        rules += [(column, job["name"]) for column in limits if job.get(column) is not None]
        if job.get("move_usd_per_shard") is None:
            rules.append(("stays", job["name"]))
        if job.get("unserved_usd") is None:
            rules.append(("served", job["name"]))
    rules += [("flows", f"{flow['a']}, {flow['b']}") for flow in data["flows"]]
    for site in data["data_centers"]:
        if site.get("power_mw") is not None:
            rules += [("power", f"{site['name']}{t}") for t in when]
        limits = ("uplink_gbps", "transfer_tb")
        names = ("uplinks", "transfer")
        rules += [(n, site["name"]) for n, c in zip(names, limits, strict=True) if site.get(c)]
    rules += [("offers", f"{offer['name']}{t}") for offer in data["offers"] for t in when]
    sites = sorted(site["name"] for site in data["data_centers"])
    return rules + [("links", f"{a}, {b}") for a, b in combinations(sites, 2)]


def _names(data: Data, kind: str, place: str) -> list[str]:
    """The names in a place; those of tiny instances hold no commas."""
    return place.split(", ")


def _row(data: Data, table: str, name: str) -> Any:
    return next(row for row in data[table] if row["name"] == name)


def _set_in_period(data: Data, table: str, column: str, name: str, *when: str) -> None:
    """Set a figure to plenty, in a period or in all."""
    row, periods = _row(data, table, name), [period["name"] for period in data["periods"]]
    figure = row[column]
    figures = list(figure) if isinstance(figure, list) else [figure] * len(periods)
    for t, period in enumerate(periods):
        if period in when or not when:
            figures[t] = PLENTY
    row[column] = figures


def _drop_contract(data: Data, name: str) -> None:
    data["contracts"] = [row for row in data["contracts"] if row["name"] != name]


def _drop_flow(data: Data, a: str, b: str) -> None:
    data["flows"] = [flow for flow in data["flows"] if (flow["a"], flow["b"]) != (a, b)]


def _drop_link(data: Data, a: str, b: str) -> None:
    """Give the pair plenty, at the price and by the round trip that it has."""
    links = data["network"]["links"]
    own = next((link for link in links if {link["a"], link["b"]} == {a, b}), None)
    if own is None:
        own = {"a": a, "b": b}
        links.append(own)
    own["gbps"] = PLENTY


DROPS: dict[str, Any] = {
    "accepts": lambda data, *names: _set_in_period(data, "contracts", "accepts_gpus", *names),
    "contract": _drop_contract,
    "flows": _drop_flow,
    "links": _drop_link,
    "power": lambda data, *names: _set_in_period(data, "data_centers", "power_mw", *names),
    "offers": lambda data, *names: _set_in_period(data, "offers", "gpus", *names),
    "uplinks": lambda data, name: _row(data, "data_centers", name).pop("uplink_gbps"),
    "transfer": lambda data, name: _row(data, "data_centers", name).pop("transfer_tb"),
    "served": lambda data, name: _row(data, "jobs", name).update(unserved_usd=0),
    "stays": lambda data, name: _row(data, "jobs", name).update(move_usd_per_shard=0),
    "places": lambda data, name, column: _row(data, "jobs", name).pop(column),
    "max_data_centers": lambda data, name: _row(data, "jobs", name).pop("max_data_centers"),
    "max_rtt_ms": lambda data, name: _row(data, "jobs", name).pop("max_rtt_ms"),
}
