"""Random plans of random tiny instances."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from gpualloc.instance import Instance
from gpualloc.layout import FlowShare, Hub, Layout, Placement
from tests.tiny import tiny_instance

FOCUSES = (
    None,
    "flows",
    "moves",
    "spokes",
    "options",
    "unserved",
    "exclusivity",
    "dedicated",
    "first_refusal",
    "commitment",
    "volume_discount",
    "spend_cap",
    "share",
    "count",
    "minimum_use",
    "separation",
)
Shares = dict[str, float]


def tiny(focus: str | None, seeds: range) -> Iterator[tuple[int, dict[str, Any], Instance]]:
    """Random tiny instances with their seeds."""
    for seed in seeds:
        data = tiny_instance(seed, focus)
        yield seed, data, Instance.from_dict(data)


def to_layout(data: dict[str, Any]) -> Layout:
    """The tables of a plan file as a layout."""
    return Layout(
        tuple(Placement(**row) for row in data["placements"]),
        tuple(Hub(**row) for row in data["hubs"]),
        tuple(FlowShare(*row.values()) for row in data["flows"]),
        tuple(data["buyouts"]),
        tuple(data["unserved"]),
    )


class PlanMaker:
    """Random plans whose rows make sense, and whose capacities and contracts need not hold."""

    def __init__(self, data: dict[str, Any], rng: random.Random) -> None:
        self.data = data
        self.rng = rng
        self.periods = [row["name"] for row in data["periods"]]
        self.site_of = {row["name"]: row["data_center"] for row in data["offers"]}
        self.sites = {row["name"]: row for row in data["data_centers"]}
        self.shards_at: dict[tuple[str, str], dict[str, int]] = {}

    def make(self) -> dict[str, Any]:
        """The tables of a plan file."""
        self.shards_at = {}
        rows: dict[str, Any] = {"placements": [], "hubs": [], "flows": [], "unserved": []}
        for job in self.data["jobs"]:
            if job.get("unserved_usd") is not None and self.rng.random() < 0.2:
                rows["unserved"].append(job["name"])
            else:
                self._place(job, rows)
        rows["flows"] = [row for flow in self.data.get("flows", ()) for row in self._pair(flow)]
        contracts = self.data.get("contracts", ())
        priced = [row["name"] for row in contracts if row.get("buyout_usd") is not None]
        rows["buyouts"] = [name for name in priced if self.rng.random() < 0.3]
        return rows

    def span(self, job: dict[str, Any]) -> list[str]:
        """The periods of a job."""
        first = self.periods.index(job.get("start") or self.periods[0])
        last = self.periods.index(job.get("end") or self.periods[-1])
        return self.periods[first : last + 1]

    def _place(self, job: dict[str, Any], rows: dict[str, Any]) -> None:
        options = [row for row in enumerate(job["options"]) if self._offers(job, row[1])]
        if not options:
            rows["unserved"].append(job["name"])
            return
        option, choice = self.rng.choice(options)
        span = self.span(job)
        moves = job.get("move_usd_per_shard") is not None
        for phase in [[period] for period in span] if moves else [span]:
            shards = self._spread(job, choice)
            hub = self.rng.choice([self.site_of[offer] for offer in shards])
            for period in phase:
                self._write(job, period, option, shards, hub, rows)

    def _offers(self, job: dict[str, Any], option: dict[str, Any]) -> list[str]:
        return [
            offer["name"]
            for offer in self.data["offers"]
            if offer["gpu_type"] == option["gpu_type"]
            and self._allows(job, self.sites[offer["data_center"]])
        ]

    def _allows(self, job: dict[str, Any], site: dict[str, Any]) -> bool:
        lists = (("providers", "provider"), ("regions", "region"), ("data_centers", "name"))
        return all(job.get(many) is None or site[one] in job[many] for many, one in lists)

    def _spread(self, job: dict[str, Any], option: dict[str, Any]) -> dict[str, int]:
        offers = self._offers(job, option)
        some = self.rng.sample(offers, self.rng.randint(1, len(offers)))
        shards: dict[str, int] = defaultdict(int)
        for _ in range(option["shards"]):
            shards[self.rng.choice(some)] += 1
        return dict(shards)

    def _write(
        self,
        job: dict[str, Any],
        period: str,
        option: int,
        shards: dict[str, int],
        hub: str,
        rows: dict[str, Any],
    ) -> None:
        at: dict[str, int] = defaultdict(int)
        head = {"job": job["name"], "period": period}
        for offer, count in shards.items():
            rows["placements"].append({**head, "option": option, "offer": offer, "shards": count})
            at[self.site_of[offer]] += count
        if job.get("sync") and len(at) > 1:
            rows["hubs"].append({**head, "data_center": hub})
        self.shards_at[job["name"], period] = at

    def _pair(self, flow: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for period in self.periods:
            origins = self._shares(flow["a"], period)
            targets = self._shares(flow["b"], period)
            if origins and targets:
                for (x, y), fraction in self._corner(origins, targets):
                    head = {"a": flow["a"], "b": flow["b"], "period": period}
                    yield {**head, "from": x, "to": y, "fraction": fraction}

    def _shares(self, job: str, period: str) -> Shares:
        at = self.shards_at.get((job, period), {})
        return {site: count / sum(at.values()) for site, count in at.items()}

    def _corner(self, origins: Shares, targets: Shares) -> Iterator[tuple[tuple[str, str], float]]:
        """A transport plan by the northwest corner rule, in a random order."""
        targets = dict(self.rng.sample(list(targets.items()), len(targets)))
        for x, left in origins.items():
            for y in targets:
                fraction = min(left, targets[y])
                left -= fraction
                targets[y] -= fraction
                if fraction > 1e-9:
                    yield (x, y), fraction
