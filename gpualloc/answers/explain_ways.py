"""The cheapest ways out of a conflict: which rules to ease, and by how much."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gpualloc.answers.explain_trials import check_in
from gpualloc.answers.relaxations import BusinessRule, Change, loosened, with_changes
from gpualloc.answers.relaxations_elastic import Easing
from gpualloc.answers.relaxations_supply import LimitInPeriod
from gpualloc.answers.solves import Solves
from gpualloc.engines.backends import Settings
from gpualloc.engines.decomposed import DecompositionTask
from gpualloc.engines.process import Reports, run_here
from gpualloc.engines.tasks import Task
from gpualloc.formulation.amendment import Amendment
from gpualloc.formulation.translation import decode
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.plan import Plan, make_plan
from gpualloc.rules.ledger import Ledger
from gpualloc.solving import is_small

EACH_KIND = 3
"""Ways out of one kind at most."""

TO_COME = 3
"""How many more solves a solve leaves time for."""

DECOMPOSITION_SECONDS = 60.0
"""A decomposition that seeks the least easing, which it may never prove, takes this at most."""

NEAR = 1e-6

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


class LeastEasing(NamedTuple):
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
        self._easings: dict[tuple[BusinessRule, ...], LeastEasing | None] = {}

    def find_nearest(self) -> Iterator[Layout]:
        """Plans that keep all rules but those of one kind, as many of these as can be."""
        served = tuple(rule for rule in self.rules if rule.kind == "served")
        easing = self._least_easing(served)
        if easing is not None:
            yield easing.layout

    def search(self, conflict: Iterable[BusinessRule]) -> list[WayOut]:
        """Ways out by one kind of rule each, in turn, or else by all kinds together.

        Each way out eases a rule of the conflict, so the kinds that it names are those to try.
        """
        if not self._most:
            return []
        by_kind: dict[str, list[BusinessRule]] = {}
        for rule in conflict:
            by_kind.setdefault(rule.kind, []).append(rule)
        left = {kind: [rule for rule in self.rules if rule.kind == kind] for kind in by_kind}
        for _ in range(EACH_KIND):
            for kind in list(left):
                if len(self.found) >= self._most or self._solves.is_late:
                    break
                if not self._search_kind(left[kind], by_kind[kind]):
                    del left[kind]
        if not self.found:
            self._search_among(self.rules)
        if not self.found:
            self._search_among([rule for rule in self.rules if rule.kind in SURE_KINDS])
        return sorted(self.found, key=_order)

    def _search_kind(self, left: list[BusinessRule], named: list[BusinessRule]) -> bool:
        """The least easing of the rules of a kind that are left; those that it eases go.

        On a large instance, where the least is seldom proven, the rules that clash come first: a
        way out that eases nothing else is the plainer one.
        """
        among = [list(left), [rule for rule in named if rule in left]]
        if not is_small(self.instance):
            among.reverse()
        way = self._search_among(among[0]) or self._search_among(among[1])
        if way is None:
            return False
        eased = {change.rule for change in way.changes}
        left[:] = [rule for rule in left if rule not in eased]
        return True

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

    def _least_easing(self, rules: tuple[BusinessRule, ...]) -> LeastEasing | None:
        """What must be eased of some rules, by the elastic program; None if that has no point."""
        if rules not in self._easings:
            self._easings[rules] = self._ease(rules) if rules else None
        return self._easings[rules]

    def _ease(self, rules: tuple[BusinessRule, ...]) -> LeastEasing | None:
        relaxed = loosened(self.instance, rules)
        layout, is_least = self._run(relaxed, Amendment(goal=Easing(rules, self.instance)))
        if layout is None:
            return None
        ledger = Ledger(relaxed, layout)
        needed = ((rule, rule.needed(ledger)) for rule in rules)
        changes = tuple(Change(rule, to) for rule, to in needed if to is not None)
        return LeastEasing(changes, layout, is_least) if changes else None

    def _run(self, relaxed: Instance, amendment: Amendment) -> tuple[Layout | None, bool]:
        """The layout with the least easing that was found, and whether that is proven."""
        left = self._solves.seconds_left(TO_COME)
        settings = Settings(gap=1e-6, seed=self._solves.seed, threads=self._solves.threads)
        engine = self._solves.engine
        if engine == "exact" or (engine == "auto" and is_small(relaxed)):
            return _run_exact(relaxed, amendment, settings, left)
        left = min(DECOMPOSITION_SECONDS, math.inf if left is None else left)
        return _run_decomposition(relaxed, amendment, settings, left)


def _run_exact(
    relaxed: Instance, amendment: Amendment, settings: Settings, left: float | None
) -> tuple[Layout | None, bool]:
    program = amendment.formulate(relaxed)
    deadline = None if left is None else time.time() + left
    outcome = run_here(Task(None, program.problem, settings, deadline), Reports(lambda *_: None))
    if outcome.stop == "interrupt":
        raise KeyboardInterrupt
    if outcome.values is None:
        return None, False
    return decode(program, outcome.values), outcome.known == "optimal"


def _run_decomposition(
    relaxed: Instance, amendment: Amendment, settings: Settings, left: float
) -> tuple[Layout | None, bool]:
    reports = Reports(lambda *_: None)
    task = DecompositionTask(relaxed, amendment, settings, time.time() + left, None)
    outcome = run_here(task, reports)
    if outcome.stop == "interrupt":
        raise KeyboardInterrupt
    if not reports.points:
        return None, False
    assert reports.cost is not None
    bound = 0.0 if outcome.bound is None else outcome.bound
    return reports.points[-1], reports.cost - bound <= NEAR * max(1.0, reports.cost)


def _as_plan(changed: Instance, easing: LeastEasing) -> Plan | None:
    """The plan that the easing was read from, to start from where the checker accepts it."""
    layout, verdict = check_in(changed, easing.layout)
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
