"""What an answer asks of a plan beyond the rules of its instance: more rules, and another goal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from gpualloc.formulation.program import Program, assemble, write_rules
from gpualloc.instance.arrays import build_arrays
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.plan.verdict import Verdict
from gpualloc.rules import rules_of
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.measure import Limit, Measure
from gpualloc.rules.rule import Rule
from gpualloc.rules.writer import Writer


@dataclass(frozen=True)
class Amendment:
    """Rules that a plan follows beside those of its instance, and what it is to minimize.

    Parameters
    ----------
    rules : tuple of Rule
        They write after the instance's own, whose columns they find in the writer.
    goal : Measure or None
        None for the cost of the plan.
    """

    rules: tuple[Rule, ...] = ()
    goal: Measure | None = None

    def formulate(self, instance: Instance) -> Program:
        """Write the instance's rules and these into one program."""
        writer = Writer(build_arrays(instance))
        jobs, flows = write_rules(writer, (*rules_of(instance), *self._measures(), *self.rules))
        for limit in self._limits():
            limit.write_end(writer)
        program = assemble(writer, jobs, flows)
        if self.goal is None:
            return program
        cost = np.zeros(program.problem.columns)
        np.add.at(cost, *self.goal.terms(writer))
        return replace(program, problem=replace(program.problem, cost=cost))

    def check(self, instance: Instance, layout: Layout) -> Verdict:
        """The checker's verdict on a plan, with the breaches of these rules."""
        verdict = check_layout(instance, layout)
        if not self.rules:
            return verdict
        ledger = Ledger(instance, layout)
        broken = chain.from_iterable(rule.read(ledger) for rule in self.rules)
        return replace(verdict, breaches=(*verdict.breaches, *broken))

    def value(self, instance: Instance, layout: Layout, verdict: Verdict) -> float:
        """The goal's figure of a plan that the checker has counted."""
        if self.goal is None:
            return verdict.objective_usd
        return float(self.goal.amount(Ledger(instance, layout)))

    def _limits(self) -> Iterator[Limit]:
        return (rule for rule in self.rules if isinstance(rule, Limit))

    def _measures(self) -> tuple[Measure, ...]:
        """The measures that write, each once."""
        used = [limit.measure for limit in self._limits()]
        used += [] if self.goal is None else [self.goal]
        return tuple(dict.fromkeys(part for measure in used for part in measure.parts))


UNAMENDED = Amendment()
"""The instance as it is."""
