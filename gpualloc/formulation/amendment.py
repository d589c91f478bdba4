"""What an answer asks of a plan beyond the rules of its instance: more rules, and another goal."""

from __future__ import annotations

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
from gpualloc.rules.measure import Limit, Measure, Terms, join_terms
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
        jobs, flows = write_rules(writer, self.rules_on(instance))
        self.write_end(writer)
        program = assemble(writer, jobs, flows)
        cost = np.zeros(program.problem.columns)
        np.add.at(cost, *self.cost_terms(writer))
        return replace(program, problem=replace(program.problem, cost=cost))

    def rules_on(self, instance: Instance) -> tuple[Rule, ...]:
        """The instance's rules, the measures that these need, and these."""
        return (*rules_of(instance), *self._measures(), *self.rules)

    def write_end(self, writer: Writer) -> None:
        """Add to the limits what has been written since the writer was last emptied."""
        for limit in self._limits:
            limit.write_end(writer)

    def cost_terms(self, writer: Writer) -> Terms:
        """What is to be minimized, over the columns written since the writer was last emptied."""
        if self.goal is None:
            return join_terms((columns, usd) for _, columns, usd in writer.costs)
        return self.goal.terms(writer)

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

    @property
    def _limits(self) -> tuple[Limit, ...]:
        return tuple(rule for rule in self.rules if isinstance(rule, Limit))

    def _measures(self) -> tuple[Measure, ...]:
        """The measures that write, each once."""
        used = [limit.measure for limit in self._limits]
        used += [] if self.goal is None else [self.goal]
        return tuple(dict.fromkeys(part for measure in used for part in measure.parts))


UNAMENDED = Amendment()
"""The instance as it is."""
