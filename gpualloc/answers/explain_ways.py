"""The cheapest ways out of a conflict: which rules to ease, and by how much."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gpualloc.answers.relaxations import BusinessRule, Change, with_changes, without
from gpualloc.answers.relaxations_elastic import Elastic
from gpualloc.answers.relaxations_supply import LimitInPeriod
from gpualloc.answers.solves import Solves
from gpualloc.engines.backends import Settings
from gpualloc.engines.process import Reports, run_here
from gpualloc.engines.tasks import Task
from gpualloc.formulation.program import formulate
from gpualloc.formulation.translation import decode
from gpualloc.instance.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.rules.ledger import Ledger

EACH_KIND = 3
"""Ways out of one kind at most."""

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
    """

    changes: tuple[Change, ...]
    plan: Plan

    @property
    def text(self) -> str:
        """The changes, in words, those of one place in several periods together."""
        groups: dict[tuple[str, ...], list[Change]] = {}
        for change in self.changes:
            groups.setdefault(change.rule.group, []).append(change)
        return "; ".join(map(_told, groups.values()))


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
        changes = tuple(self._least_changes(tuple(rules)))
        if not changes:
            return None
        plan = self._solves.solve(with_changes(self.instance, changes), note=_note(changes))
        if not plan:
            return None
        way = WayOut(changes, plan)
        self.found.append(way)
        return way

    def _least_changes(self, rules: tuple[BusinessRule, ...]) -> Iterator[Change]:
        if not rules:
            return
        relaxed = without(self.instance, rules)
        program = formulate(relaxed)
        elastic = Elastic(program, self.instance)
        for rule in rules:
            rule.soften(elastic)
        left = self._solves.seconds_left()
        task = Task(
            solver=None,
            problem=elastic.problem(),
            settings=Settings(gap=1e-6, seed=self._solves.seed, threads=self._solves.threads),
            deadline=None if left is None else time.time() + left,
        )
        outcome = run_here(task, Reports(lambda *_: None))
        if outcome.stop == "interrupt":
            raise KeyboardInterrupt
        if outcome.values is None:
            return
        ledger = Ledger(relaxed, decode(program, outcome.values[: program.problem.columns]))
        for rule in rules:
            to = rule.needed(ledger)
            if to is not None:
                yield Change(rule, to)


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
