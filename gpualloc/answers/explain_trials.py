"""Trying sets of rules out: whether a plan keeps them, by a plan at hand or by a solve."""

from __future__ import annotations

from gpualloc.answers.explain_conflict import CONTRACT_KINDS, Rules
from gpualloc.answers.relaxations import BusinessRule, without
from gpualloc.answers.solves import Solves
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.plan.verdict import Verdict

TO_COME = 4
"""How many trials a trial leaves time for, so that a hard one does not take it all."""


class RuleTrials:
    """Tries out which rules of an instance can hold together.

    A plan that was found once may keep other sets of rules as well, which the checker tells at
    once. The last ones are asked first: they come from sets that are like the next one.

    Parameters
    ----------
    instance : Instance
    rules : tuple of BusinessRule
        All its rules.
    solves : Solves
    """

    def __init__(self, instance: Instance, rules: tuple[BusinessRule, ...], solves: Solves) -> None:
        self.instance = instance
        self.rules = rules
        self._solves = solves
        self._layouts: list[Layout] = []

    def remember(self, layout: Layout) -> None:
        """Take a plan that keeps most of the rules."""
        self._layouts.append(layout)

    def holds(self, kept: Rules) -> bool | None:
        """Whether some of the rules can all hold, the others dropped; None where time ran out."""
        relaxed = without(self.instance, (rule for rule in self.rules if rule not in kept))
        if any(check_in(relaxed, layout)[1] for layout in reversed(self._layouts)):
            return True
        if not any(rule.kind in CONTRACT_KINDS for rule in kept):
            if all(job.unserved_usd is not None for job in relaxed.jobs):
                return True
            relaxed = bare(relaxed)
        self._solves.tell(f"trying {len(kept)} of {len(self.rules)} rules")
        plan = self._solves.find_any(relaxed, to_come=TO_COME)
        if plan:
            self.remember(plan.layout)
        return None if plan is None or plan.status == "unknown" else plan.has_plan


def bare(instance: Instance) -> Instance:
    """The instance without contracts, and without jobs that need not be served; some must be.

    Where no contract has to be kept, it has a plan exactly if the instance has one.
    """
    jobs = tuple(job for job in instance.jobs if job.unserved_usd is None)
    names = {job.name for job in jobs}
    flows = tuple(flow for flow in instance.flows if {flow.a, flow.b} <= names)
    return instance.replace(contracts=(), jobs=jobs, flows=flows)


def check_in(instance: Instance, layout: Layout) -> tuple[Layout, Verdict]:
    """A plan as one of a like instance, without buyouts of what cannot be bought there."""
    known = {row.name for row in instance.contracts if row.buyout_usd is not None}
    layout = layout._replace(buyouts=tuple(name for name in layout.buyouts if name in known))
    return layout, check_layout(instance, layout)
