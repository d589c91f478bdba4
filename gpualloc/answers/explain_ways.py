"""The cheapest ways out of a conflict: which rules to ease, and by how much."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gpualloc.answers.relaxations import BusinessRule, Change, loosened, with_changes
from gpualloc.answers.relaxations_elastic import Elastic
from gpualloc.answers.relaxations_supply import LimitInPeriod
from gpualloc.answers.solves import Solves
from gpualloc.engines.backends import Outcome, Settings
from gpualloc.engines.process import Reports, run_here
from gpualloc.engines.tasks import Task
from gpualloc.formulation.program import formulate
from gpualloc.formulation.translation import decode
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.plan.plan import Plan, make_plan
from gpualloc.rules.ledger import Ledger

EACH_KIND = 3
"""Ways out of one kind at most."""

TO_COME = 3
"""How many more solves a solve leaves time for."""

SURE_KINDS = ("served", "contract")
"""Without these rules a plan that serves nothing is valid."""


@dataclass(frozen=True)
class WayOut:
    """Changes after which the instance has a plan.

    Attributes
    ----------
    changes : tuple of Change
    plan : Plan
        The cheapest plan that was found with them, which the checker has accepted.
    is_least : bool
        Whether no smaller changes of these kinds of rules were left to look for in time.
    """

    changes: tuple[Change, ...]
    plan: Plan
    is_least: bool = True

    @property
    def text(self) -> str:
        """The changes, in words, those of one place in several periods together."""
        groups: dict[tuple[str, ...], list[Change]] = {}
        for change in self.changes:
            groups.setdefault(change.rule.group, []).append(change)
        return "; ".join(map(_told, groups.values()))


class Easing(NamedTuple):
    """The least changes among some rules, and the layout that needs them."""

    changes: tuple[Change, ...]
    layout: Layout
    is_least: bool


class WaysOut:
    """The search for ways out of one infeasible instance.

    Parameters
    ----------
    instance : Instance
        Infeasible.
    rules : sequence of BusinessRule
        All its rules.
    solves : Solves
    most : int
        How many ways out are enough.
    """

    def __init__(
        self, instance: Instance, rules: Iterable[BusinessRule], solves: Solves, most: int
    ) -> None:
        self.instance = instance
        self.rules = tuple(rules)
        self.found: list[WayOut] = []
        self._solves = solves
        self._most = most

    def search(self, conflict: Iterable[BusinessRule]) -> list[WayOut]:
        """Ways out by one kind of rule each, or else by all kinds together.

        Each way out eases a rule of the conflict, so the kinds that it names are those to try.
        """
        if not self._most:
            return []
        by_kind: dict[str, list[BusinessRule]] = {}
        for rule in conflict:
            by_kind.setdefault(rule.kind, []).append(rule)
        for kind, named in by_kind.items():
            if not self._solves.is_late:
                self._search_kind(kind, named)
        if not self.found:
            self._search_among(self.rules)
        if not self.found:
            self._search_among([rule for rule in self.rules if rule.kind in SURE_KINDS])
        return sorted(self.found, key=_order)

    def _search_kind(self, kind: str, named: list[BusinessRule]) -> None:
        """The least easing of all rules of a kind, then the least without the rules it eased."""
        left = [rule for rule in self.rules if rule.kind == kind]
        for _ in range(min(EACH_KIND, self._most - len(self.found))):
            way = self._search_among(left) or self._search_among(
                [rule for rule in named if rule in left]
            )
            if way is None:
                return
            eased = {change.rule for change in way.changes}
            left = [rule for rule in left if rule not in eased]

    def _search_among(self, rules: Iterable[BusinessRule]) -> WayOut | None:
        """The least easing of some of the rules, tried out; None if it makes no plan possible."""
        easing = self._least_easing(tuple(rules))
        if easing is None:
            return None
        changed = with_changes(self.instance, easing.changes)
        plan = self._solves.solve(
            changed,
            note=_note(easing.changes),
            warm_start=_as_plan(changed, easing),
            to_come=TO_COME,
        )
        if not plan:
            return None
        way = WayOut(easing.changes, plan, easing.is_least)
        self.found.append(way)
        return way

    def _least_easing(self, rules: tuple[BusinessRule, ...]) -> Easing | None:
        """What must be eased of some rules, by the elastic program; None if that has no point."""
        if not rules:
            return None
        relaxed = loosened(self.instance, rules)
        program = formulate(relaxed)
        elastic = Elastic(program, self.instance)
        for rule in rules:
            rule.soften(elastic)
        outcome = self._run(elastic)
        if outcome.values is None:
            return None
        layout = decode(program, outcome.values[: program.problem.columns])
        ledger = Ledger(relaxed, layout)
        needed = ((rule, rule.needed(ledger)) for rule in rules)
        changes = tuple(Change(rule, to) for rule, to in needed if to is not None)
        return Easing(changes, layout, outcome.known == "optimal") if changes else None

    def _run(self, elastic: Elastic) -> Outcome:
        left = self._solves.seconds_left(TO_COME)
        task = Task(
            solver=None,
            problem=elastic.problem(),
            settings=Settings(gap=1e-6, seed=self._solves.seed, threads=self._solves.threads),
            deadline=None if left is None else time.time() + left,
        )
        outcome = run_here(task, Reports(lambda *_: None))
        if outcome.stop == "interrupt":
            raise KeyboardInterrupt
        return outcome


def _as_plan(changed: Instance, easing: Easing) -> Plan | None:
    """The plan that the easing was read from, to start from where the checker accepts it."""
    names = {contract.name for contract in changed.contracts}
    buyouts = tuple(name for name in easing.layout.buyouts if name in names)
    layout = easing.layout._replace(buyouts=buyouts)
    verdict = check_layout(changed, layout)
    if not verdict:
        return None
    return make_plan(
        changed,
        layout,
        verdict,
        bound_usd=None,
        stopped_by="time",
        seconds=0.0,
        engine="elastic",
        seed=0,
    )


def _told(changes: list[Change]) -> str:
    """The changes of one rule, in one period or in several."""
    parts = [
        change.rule.told_in_period(change.to)
        for change in changes
        if isinstance(change.rule, LimitInPeriod)
    ]
    first = changes[0].rule
    if len(parts) > 1 and isinstance(first, LimitInPeriod):
        return f"more {first.somewhere}: {', '.join(parts)}"
    return "; ".join(change.text for change in changes)


def _order(way: WayOut) -> tuple[int, int, float]:
    """All jobs served first, then few changes, then cheap plans."""
    left_out = sum(change.rule.kind == "served" for change in way.changes)
    return left_out, len(way.changes), way.plan.objective_usd or 0.0


def _note(changes: tuple[Change, ...]) -> str:
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"trying: {changes[0].text}{more}"
