"""A plan as the oracle sees it, and its two ways from and to the tables of a plan file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .figures import Figures, Number, Row

Breach = tuple[str, str]
Pairing = dict[tuple[str, str], Number]


@dataclass
class Plan:
    """Decisions about some jobs of an instance; jobs without an option are not served.

    Periods are indexes; `shards` and `hubs` are by (job, period), `pairings` by (a, b, period).
    """

    figures: Figures
    jobs: tuple[str, ...]
    options: dict[str, int] = field(default_factory=dict)
    shards: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)
    hubs: dict[tuple[str, int], str] = field(default_factory=dict)
    pairings: dict[tuple[str, str, int], Pairing] = field(default_factory=dict)
    bought: frozenset[str] = frozenset()

    def option(self, job: str) -> Row:
        """The chosen option of a served job."""
        return self.figures.jobs[job].options[self.options[job]]

    def placed(self, job: str, t: int) -> dict[str, int]:
        """Shards by offer of a job in a period."""
        return self.shards.get((job, t), {})

    def centers(self, job: str, t: int) -> set[str]:
        """Data centers that a job uses in a period."""
        return {self.figures.offers[offer].data_center for offer in self.placed(job, t)}

    def gpu_rows(self) -> Iterator[tuple[str, int, str, int]]:
        """Rows (job, period, offer, GPUs) of everything placed."""
        for (job, t), placed in self.shards.items():
            for offer, shards in placed.items():
                yield job, t, offer, shards * self.option(job).gpus_per_shard

    def binding(self) -> list[Row]:
        """Contracts that are not bought out."""
        return [row for row in self.figures.contracts if row.name not in self.bought]


def merged(figures: Figures, plans: list[Plan], bought: frozenset[str]) -> Plan:
    """One plan of several about different jobs."""
    whole = Plan(figures, (), bought=bought)
    for part in plans:
        whole.jobs += part.jobs
        whole.options.update(part.options)
        whole.shards.update(part.shards)
        whole.hubs.update(part.hubs)
    return whole


def to_layout(plan: Plan) -> dict[str, Any]:
    """The decision tables of a plan file."""
    names = plan.figures.periods
    return {
        "placements": [
            {
                "job": job,
                "period": names[t],
                "option": plan.options[job],
                "offer": offer,
                "shards": shards,
            }
            for (job, t), placed in plan.shards.items()
            for offer, shards in placed.items()
        ],
        "hubs": [
            {"job": job, "period": names[t], "data_center": center}
            for (job, t), center in plan.hubs.items()
        ],
        "flows": [
            {"a": a, "b": b, "period": names[t], "from": x, "to": y, "fraction": float(fraction)}
            for (a, b, t), pairing in plan.pairings.items()
            for (x, y), fraction in pairing.items()
            if fraction > 0
        ],
        "buyouts": sorted(plan.bought),
        "unserved": [job for job in plan.jobs if job not in plan.options],
    }


def from_layout(figures: Figures, layout: dict[str, Any]) -> tuple[Plan, list[Breach]]:
    """Read the decision tables; rows that make no sense are breaches and left out."""
    plan = Plan(figures, tuple(figures.jobs))
    breaches: list[Breach] = []
    _read_placements(plan, layout.get("placements", []), breaches)
    _read_hubs(plan, layout.get("hubs", []), breaches)
    _read_flows(plan, layout.get("flows", []), breaches)
    _read_buyouts(plan, layout.get("buyouts", []), breaches)
    _read_unserved(plan, layout.get("unserved", []), breaches)
    return plan, breaches


def _read_placements(plan: Plan, rows: list[dict[str, Any]], breaches: list[Breach]) -> None:
    for row in rows:
        fault = _fault_of_placement(plan, row)
        if fault:
            breaches.append(("placement", f"{fault}: {row}"))
            continue
        plan.options[row["job"]] = row["option"]
        cell = plan.shards.setdefault((row["job"], plan.figures.periods.index(row["period"])), {})
        cell[row["offer"]] = row["shards"]


def _fault_of_placement(plan: Plan, row: dict[str, Any]) -> str:
    figures = plan.figures
    job = figures.jobs.get(row["job"])
    if job is None or row["period"] not in figures.periods or row["offer"] not in figures.offers:
        return "unknown name"
    if row["option"] not in range(len(job.options)):
        return "no such option"
    if plan.options.get(job.name, row["option"]) != row["option"]:
        return "a second option"
    if not isinstance(row["shards"], int) or row["shards"] < 1:
        return "shards are not a positive integer"
    if row["offer"] in plan.placed(job.name, figures.periods.index(row["period"])):
        return "placed twice"
    return ""


def _read_hubs(plan: Plan, rows: list[dict[str, Any]], breaches: list[Breach]) -> None:
    figures = plan.figures
    for row in rows:
        if row["job"] not in figures.jobs or row["period"] not in figures.periods:
            breaches.append(("spokes", f"unknown name: {row}"))
            continue
        key = (row["job"], figures.periods.index(row["period"]))
        if key in plan.hubs:
            breaches.append(("spokes", f"a second hub: {row}"))
        plan.hubs[key] = row["data_center"]


def _read_flows(plan: Plan, rows: list[dict[str, Any]], breaches: list[Breach]) -> None:
    figures = plan.figures
    known = {(flow.a, flow.b) for flow in figures.flows}
    for row in rows:
        places = {row["from"], row["to"]}
        if (row["a"], row["b"]) not in known or not places <= set(figures.centers):
            breaches.append(("flows", f"unknown name: {row}"))
        elif row["period"] not in figures.periods:
            breaches.append(("flows", f"unknown period: {row}"))
        else:
            key = (row["a"], row["b"], figures.periods.index(row["period"]))
            pairing = plan.pairings.setdefault(key, {})
            if (row["from"], row["to"]) in pairing:
                breaches.append(("flows", f"given twice: {row}"))
            pairing[row["from"], row["to"]] = row["fraction"]


def _read_buyouts(plan: Plan, names: list[str], breaches: list[Breach]) -> None:
    prices = {row.name: row.buyout_usd for row in plan.figures.contracts}
    faults = [name for name in names if prices.get(name) is None]
    breaches += [("buyouts", f"{name} cannot be bought out") for name in faults]
    plan.bought = frozenset(names) - set(faults)


def _read_unserved(plan: Plan, names: list[str], breaches: list[Breach]) -> None:
    not_served = set(plan.jobs) - set(plan.options)
    for name in sorted(not_served ^ set(names)):
        breaches.append(("placement", f"{name} is wrongly listed, or not listed, as unserved"))
