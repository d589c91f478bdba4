"""The checker against the oracle, which was written from the specification alone."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from gpualloc.errors import InstanceError
from gpualloc.instance import Instance
from gpualloc.layout import FlowShare, Hub, Layout, Placement
from gpualloc.plan.checker import check_layout
from gpualloc.plan.verdict import Verdict
from tests.oracle import enumerate_plans, evaluate, refusal_remarks
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
STRUCTURE = {"placement", "spokes", "flows", "buyouts"}
"""Rules about rows. Where one is broken, the two may count the other rules differently."""

PLANS_EACH = 8

Shares = dict[str, float]


def tiny(focus: str | None, seeds: range) -> Iterator[tuple[int, dict[str, Any], Instance]]:
    """Random tiny instances with their seeds; those that the instance layer refuses are left out.

    A tiny instance may have a contract for a tag that none of its jobs happens to have.
    """
    for seed in seeds:
        data = tiny_instance(seed, focus)
        with suppress(InstanceError):
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


def compare(data: dict[str, Any], tables: dict[str, Any], verdict: Verdict) -> set[str]:
    """Hold a verdict to the oracle's; returns the rules that both find broken."""
    breaches, costs = evaluate(data, tables)
    found, theirs = {breach.rule for breach in verdict.breaches}, {rule for rule, _ in breaches}
    assert found & STRUCTURE == theirs & STRUCTURE
    if not found & STRUCTURE:
        assert found == theirs
        assert verdict.costs == pytest.approx(
            {line: float(costs.get(line, 0)) for line in verdict.costs}
        )
        assert len(verdict.remarks) == len(refusal_remarks(data, tables))
    return found


@pytest.mark.parametrize("focus", FOCUSES)
def test_random_plans(focus: str | None) -> None:
    """On random plans checker and oracle find the same rules broken, and the same costs."""
    found: set[str] = set()
    for seed, data, instance in tiny(focus, range(30)):
        maker = PlanMaker(instance.model_dump(), random.Random(seed))
        for _ in range(PLANS_EACH):
            tables = maker.make()
            found |= compare(data, tables, check_layout(instance, to_layout(tables)))
    binding = {"exclusivity", "dedicated", "first_refusal", "spend_cap", "share", "count"}
    assert {"offers", *({focus} & (binding | {"separation", "minimum_use", "spokes"}))} <= found


@pytest.mark.parametrize("focus", FOCUSES)
def test_optimal_plans(focus: str | None) -> None:
    """The checker accepts every optimal plan of the oracle, at the oracle's cost."""
    checked = 0
    for _, data, instance in tiny(focus, range(100, 108)):
        outcome = enumerate_plans(data)
        if outcome.layout is not None and outcome.objective is not None:
            verdict = check_layout(instance, to_layout(outcome.layout))
            assert verdict, str(verdict)
            assert verdict.objective_usd == pytest.approx(float(outcome.objective))
            checked += 1
    assert checked


@pytest.mark.parametrize(
    ("table", "focus"),
    [("placements", None), ("hubs", "spokes"), ("flows", "flows"), ("unserved", "unserved")],
)
def test_dropped_rows(table: str, focus: str | None) -> None:
    """A plan from which any one row is taken away is refused."""
    dropped = 0
    for seed, _, instance in tiny(focus, range(200, 230)):
        tables = PlanMaker(instance.model_dump(), random.Random(seed)).make()
        for at in range(len(tables[table])):
            less = tables | {table: tables[table][:at] + tables[table][at + 1 :]}
            broken = {breach.rule for breach in check_layout(instance, to_layout(less)).breaches}
            assert broken & STRUCTURE
            dropped += 1
    assert dropped
