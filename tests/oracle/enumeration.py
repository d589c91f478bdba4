"""Every plan of a tiny instance, by trying them all.

A *choice* is one complete decision about one job: not served, or an option, the shards of each
phase and its hubs. A plan is a choice per job and a set of contracts bought out. The search
goes depth-first over the jobs, for each set of buyouts in turn, and leaves a branch when

- a capacity is full: loads of different jobs add up, so it stays full;
- its cost can no longer beat the best plan: a job's own cost lines add up, fees of offers in
  use stay, what flows and shortfalls add is never negative, and a rebate is at most the top
  discount of all that is spent;
- a contract is broken that the remaining jobs cannot mend.

All contracts are checked on complete plans. Flows come last, on plans that pass all else.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from .capacity import Key, limits, load_breaches, loads, placement_breaches
from .contracts import contract_breaches, is_lost, spend_usd
from .costs import cost_lines, lines_by_job, lines_of_plan
from .figures import Figures, Number, Row
from .pairing import Pairer
from .plans import Plan, merged, to_layout
from .traffic import spoke_breaches


class Outcome(NamedTuple):
    """What enumeration proves: the status, and an optimal plan where there is one."""

    status: str
    objective: Number | None
    layout: dict[str, Any] | None


class Choice(NamedTuple):
    """A decision about one job: its plan, cost, least cost after any rebate, and loads."""

    plan: Plan
    usd: Number
    floor: float
    loads: dict[Key, Number]


def enumerate_plans(data: dict[str, Any]) -> Outcome:
    """Find a cheapest valid plan of a tiny instance, or prove that none is valid.

    Parameters
    ----------
    data
        The instance as the JSON object of its file.
    """
    search = Search(Figures(data))
    search.run()
    if search.best is None:
        return Outcome("infeasible", None, None)
    return Outcome("optimal", search.usd, to_layout(search.best))


class Search:
    """The depth-first search, and the best plan that it has met."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.limits = limits(figures)
        self.pairer = Pairer(figures)
        self.best: Plan | None = None
        self.usd: Number = math.inf

    def run(self) -> None:
        """Try every set of buyouts, the cheapest first."""
        choices = [self._choices(job) for job in self.figures.jobs.values()]
        for bought, price in sorted(_buyouts(self.figures), key=lambda pair: pair[1]):
            kept = [[c for c in row if not is_lost(self._joined([c], bought))] for row in choices]
            if all(kept):
                self._extend([], kept, {}, price, bought)

    def _choices(self, job: Row) -> list[Choice]:
        """All decisions about a job that its own rules and the capacities allow, by floor."""
        plans = itertools.chain(_not_served(self.figures, job), _served(self.figures, job))
        found = [self._choice(plan) for plan in plans]
        return sorted(found, key=lambda choice: choice.floor)

    def _choice(self, plan: Plan) -> Choice:
        usd: Number = sum(lines_by_job(plan).values())
        return Choice(plan, usd, float(usd) - float(_largest_rebate(plan)), loads(plan))

    def _extend(
        self,
        chosen: list[Choice],
        rest: list[list[Choice]],
        used: dict[Key, Number],
        floor: float,
        bought: frozenset[str],
    ) -> None:
        if floor + self._fees(used) + _least(rest) >= self.usd:
            return
        if len(chosen) > 1 and is_lost(self._joined(chosen, bought)):
            return
        if not rest:
            self._finish(chosen, bought)
            return
        later = _least(rest[1:])
        for choice in rest[0]:
            if floor + choice.floor + later >= self.usd:
                break
            together = self._added(used, choice.loads)
            if together is not None:
                self._extend([*chosen, choice], rest[1:], together, floor + choice.floor, bought)

    def _joined(self, choices: list[Choice], bought: frozenset[str]) -> Plan:
        return merged(self.figures, [choice.plan for choice in choices], bought)

    def _fees(self, used: dict[Key, Number]) -> float:
        """Fixed fees of the offers used so far."""
        offers = {name for rule, _, name in used if rule == "offers"}
        return sum(float(self.figures.offers[name].fixed_usd) for name in offers)

    def _added(self, used: dict[Key, Number], more: dict[Key, Number]) -> dict[Key, Number] | None:
        """Both loads together, or None above a limit."""
        total = dict(used)
        for key, load in more.items():
            total[key] = total.get(key, 0) + load
            if key in self.limits and total[key] > self.limits[key]:
                return None
        return total

    def _finish(self, chosen: list[Choice], bought: frozenset[str]) -> None:
        """Keep the plan if it is cheaper than the best, its contracts hold and its flows fit."""
        plan = self._joined(chosen, bought)
        own: Number = sum(choice.usd for choice in chosen)
        if own + sum(lines_of_plan(plan).values()) >= self.usd or any(contract_breaches(plan)):
            return
        pairings = self.pairer.pairings(plan)
        if pairings is None:
            return
        plan.pairings = pairings
        usd: Number = sum(cost_lines(plan).values())
        if usd < self.usd:
            self.best, self.usd = plan, usd


def _buyouts(figures: Figures) -> Iterator[tuple[frozenset[str], float]]:
    """Every set of contracts that can be bought out, with its price."""
    priced = [row for row in figures.contracts if row.buyout_usd is not None]
    for size in range(len(priced) + 1):
        for rows in itertools.combinations(priced, size):
            yield frozenset(row.name for row in rows), float(sum(row.buyout_usd for row in rows))


def _least(rows: list[list[Choice]]) -> float:
    return sum(row[0].floor for row in rows)


def _largest_rebate(plan: Plan) -> Fraction:
    """The top discount of every volume discount on all that the plan spends under it."""
    rows = [row for row in plan.figures.contracts if row.type == "volume_discount"]
    return sum(
        (
            max(tier["discount"] for tier in row.tiers) * spend_usd(plan, row, [row.provider])
            for row in rows
        ),
        Fraction(0),
    )


def _not_served(figures: Figures, job: Row) -> list[Plan]:
    return [] if job.unserved_usd is None else [Plan(figures, (job.name,))]


def _served(figures: Figures, job: Row) -> Iterator[Plan]:
    """One plan for every option and every combination of what the job does in its phases."""
    for option in range(len(job.options)):
        phases = [list(_in_phase(figures, job, option, phase)) for phase in figures.phases(job)]
        for parts in itertools.product(*phases):
            plan = Plan(figures, (job.name,), {job.name: option})
            for part in parts:
                plan.shards.update(part.shards)
                plan.hubs.update(part.hubs)
            yield plan


def _in_phase(figures: Figures, job: Row, option: int, phase: range) -> Iterator[Plan]:
    """Every split of the shards over usable offers with every hub, as far as it is valid."""
    configuration = job.options[option]
    offers = figures.usable(job, configuration)
    for counts in splits(configuration.shards, len(offers)):
        placed = {offer: n for offer, n in zip(offers, counts, strict=True) if n}
        centers = {figures.offers[offer].data_center for offer in placed}
        hubs = sorted(centers) if job.sync is not None and len(centers) >= 2 else [None]
        for hub in hubs:
            plan = Plan(figures, (job.name,), {job.name: option})
            plan.shards = {(job.name, t): placed for t in phase}
            plan.hubs = {(job.name, t): hub for t in phase if hub is not None}
            if _phase_is_valid(plan):
                yield plan


def splits(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Every way to write `total` as an ordered sum of `parts` integers >= 0."""
    if parts == 0:
        yield from [()] if total == 0 else []
        return
    for first in range(total + 1):
        for others in splits(total - first, parts - 1):
            yield (first, *others)


def _phase_is_valid(plan: Plan) -> bool:
    """The rules that a job can break in one phase alone."""
    own = [rule for rule, _ in placement_breaches(plan) if rule == "max_data_centers"]
    return not own and not spoke_breaches(plan) and not load_breaches(plan)
