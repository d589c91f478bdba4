"""Holds the two statements of the rules against each other on a plan.

A plan is written as values of a program's decision columns. What is left, such as a shortfall, is
completed at the least cost. Then rows and reading must agree, and so must both costs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.backends.highs import HighsBackend
from gpualloc.formulation.problem import Problem
from gpualloc.formulation.program import Program, assemble, write_rules
from gpualloc.formulation.translation import decode, encode
from gpualloc.instance import Instance
from gpualloc.instance.arrays import build_arrays
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.plan.order import ordered
from gpualloc.rules import COST_LINES, rules_of
from gpualloc.rules.buyouts import BuyoutRule
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.fixed import FixedRule
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.rule import Rule
from gpualloc.rules.writer import Writer
from gpualloc.vectors import Floats

STRUCTURE = {"placement", "spokes", "flows"}
"""Where one of these is broken, rows and reading may count the other rules differently."""

TAKEN_FOR_GRANTED: dict[str, set[str]] = {
    "placement": set(),
    "flows": {"placement"},
    "spokes": {"placement", "max_data_centers"},
}
"""What must hold before those are judged: a job for one data center has no columns for a hub."""

CAPACITY = {"offers", "power"}
"""Contracts and fees take for granted that no more is used than there is to buy, and to run."""

ROUNDING = 1e-7


def encoded(program: Program, layout: Layout) -> Floats | None:
    """Values of the decision columns; None for a plan that the columns cannot say."""
    found = encode(program, layout)
    known = ~np.isnan(found.values)
    values = np.where(known, found.values, 0.0)
    problem = program.problem
    inside = (values >= problem.lower) & (values <= problem.upper)
    if found.unknown or not inside[known].all():
        return None
    instance = program.arrays.instance
    said = ordered(decode(program, values), instance) == ordered(layout, instance)
    return found.values if said else None


def cheapest(problem: Problem, values: Floats) -> Floats | None:
    """The cheapest point with the values given; None if there is none."""
    free = np.isnan(values)
    if free.any():
        lower, upper = np.where(free, problem.lower, values), np.where(free, problem.upper, values)
        fixed = problem.with_bounds(lower, upper)
        return HighsBackend().solve(fixed, Settings(gap=0.0), None, Listener()).values
    activity = problem.matrix.dot(values)
    slack = ROUNDING * np.maximum(1, np.abs(activity))
    holds = (activity <= problem.row_upper + slack) & (activity >= problem.row_lower - slack)
    return values if holds.all() else None


def lines_at(program: Program, point: Floats) -> dict[str, float]:
    """What a point costs, line by line."""
    usd = dict.fromkeys(COST_LINES, 0.0)
    for line, columns, prices in program.lines:
        usd[line] += float(prices @ point[columns])
    return usd


def equal_costs(found: dict[str, float], expected: dict[str, float]) -> bool:
    """Whether costs agree line by line, to a millionth of the largest figure."""
    size = max(1.0, *(abs(usd) for usd in expected.values()))
    same: bool = found == pytest.approx(expected, rel=1e-6, abs=1e-6 * size)
    return same


def compare_whole(instance: Instance, program: Program, layout: Layout) -> str:
    """Hold all rows together against the verdict; says what kind of plan it was."""
    verdict = check_layout(instance, layout)
    values = encoded(program, layout)
    if values is None:
        assert not verdict, "the columns cannot say a plan that the checker accepts"
        return "unsaid"
    point = cheapest(program.problem, values)
    if point is None:
        assert not verdict, "the rows refuse a plan that the checker accepts"
        return "refused"
    assert verdict, f"the rows accept a plan that the checker refuses\n{verdict}"
    assert equal_costs(lines_at(program, point), verdict.costs)
    return "accepted"


class ByRule:
    """The rows of each rule of an instance by itself, over the same quantities.

    Parameters
    ----------
    instance : Instance
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.programs = [(rule, _formulate_alone(instance, rule)) for rule in rules_of(instance)]

    def compare(self, layout: Layout) -> Iterator[tuple[str, bool]]:
        """Hold each rule's rows against its own reading; yields its title and whether it holds."""
        ledger = Ledger(self.instance, layout)
        broken = {rule.title for rule, _ in self.programs if any(rule.read(ledger))}
        for rule, program in self.programs:
            if _is_judged(rule, broken):
                yield rule.title, self._compare_rule(rule, program, layout, ledger)

    def _compare_rule(self, rule: Rule, program: Program, layout: Layout, ledger: Ledger) -> bool:
        values = encoded(program, layout)
        assert values is not None
        breaches = list(rule.read(ledger))
        point = cheapest(program.problem, values)
        assert (point is None) == bool(breaches), f"{rule.title}: {breaches}"
        if point is None:
            return False
        expected = dict.fromkeys(COST_LINES, 0.0)
        for part in _with_buyouts(rule):
            for line, usd in part.charge(ledger):
                expected[line] += float(usd)
        assert equal_costs(lines_at(program, point), expected), rule.title
        return True


def _formulate_alone(instance: Instance, rule: Rule) -> Program:
    """The program of one rule; whether contracts are bought out is said by another."""
    writer = Writer(build_arrays(instance))
    return assemble(writer, *write_rules(writer, _with_buyouts(rule)))


def _with_buyouts(rule: Rule) -> list[Rule]:
    return [rule] if isinstance(rule, BuyoutRule) else [BuyoutRule(), rule]


def _is_judged(rule: Rule, broken: set[str]) -> bool:
    """Whether a rule's two statements can be held against each other, given what is broken."""
    if rule.title in TAKEN_FOR_GRANTED:
        return not broken & TAKEN_FOR_GRANTED[rule.title]
    unsound = STRUCTURE | (CAPACITY if isinstance(rule, ContractRule | FixedRule) else set())
    return not broken & unsound
