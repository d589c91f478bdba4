"""The checker: whether a plan is valid, and what it costs, by exact arithmetic alone.

It reads an instance and a plan and shares no code with the engines, so that it can judge them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from gpualloc.instance.files import canonical_sha256
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.verdict import Verdict
from gpualloc.rules import COST_LINES, contract_rules, rules_of
from gpualloc.rules.figures import show
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.rule import Breach

__all__ = ["StatedPlan", "Verdict", "check", "check_layout"]

HALF_CENT = 0.005
"""How far a stated cost may be off: it is the checker's own, rounded to the cent at most."""


class StatedPlan(Protocol):
    """A plan as it stands in a file: its rows, and the figures that it claims."""

    @property
    def layout(self) -> Layout:
        """What it decides; raises `NoPlanError` if it holds no plan."""

    @property
    def objective_usd(self) -> float | None:
        """The cost that it claims."""

    @property
    def costs(self) -> Mapping[str, float] | None:
        """The cost lines that it claims."""

    @property
    def instance_sha256(self) -> str:
        """The instance that it was made for; empty if it does not say."""


def check(instance: Instance, plan: StatedPlan) -> Verdict:
    """Check a plan against its instance: every rule, every cost line, and what it claims to cost.

    Parameters
    ----------
    instance : Instance
    plan : Plan
        A plan from an engine or a file.

    Returns
    -------
    Verdict
        True if the plan is valid. Its costs are the checker's own, whatever the plan claims.

    Raises
    ------
    NoPlanError
        The plan holds no placements: there is nothing to check.
    """
    verdict = check_layout(instance, plan.layout)
    stated = (*_read_instance(instance, plan), *_read_costs(plan, verdict))
    return replace(verdict, breaches=(*verdict.breaches, *stated))


def check_layout(instance: Instance, layout: Layout) -> Verdict:
    """Check what a plan decides: every rule, and what it costs.

    Parameters
    ----------
    instance : Instance
    layout : Layout
        Any rows at all. Those that cannot be counted are breaches, and cost nothing.
    """
    ledger = Ledger(instance, layout)
    broken = (breach for rule in rules_of(instance) for breach in rule.read(ledger))
    costs = _add_up(ledger)
    return Verdict(
        breaches=(*ledger.faults, *broken),
        remarks=tuple(_find_remarks(ledger)),
        costs={line: float(amount) for line, amount in costs.items()},
        objective_usd=float(sum(costs.values())),
    )


def _add_up(ledger: Ledger) -> dict[str, Fraction]:
    costs = dict.fromkeys(COST_LINES, Fraction(0))
    for rule in rules_of(ledger.instance):
        for line, amount in rule.charge(ledger):
            costs[line] += amount
    return costs


def _find_remarks(ledger: Ledger) -> Iterator[str]:
    for contract in contract_rules(ledger.instance):
        if not ledger.is_bought_out(contract):
            yield from contract.remark(ledger)


def _read_instance(instance: Instance, plan: StatedPlan) -> Iterator[Breach]:
    own = canonical_sha256(instance)
    if plan.instance_sha256 not in ("", own):
        message = f"was made for another instance: {plan.instance_sha256}, and this one is {own}"
        yield Breach("plan", "instance_sha256", message)


def _read_costs(plan: StatedPlan, verdict: Verdict) -> Iterator[Breach]:
    if plan.objective_usd is None or plan.costs is None:
        yield Breach("costs", "costs", "are not stated")
        return
    yield from _compare("objective_usd", plan.objective_usd, verdict.objective_usd)
    for line, found in verdict.costs.items():
        yield from _compare(line, plan.costs.get(line, 0.0), found)
    for line in plan.costs:
        if line not in verdict.costs:
            yield Breach("costs", line, "is no line of a plan's costs")


def _compare(line: str, stated: float, found: float) -> Iterator[Breach]:
    if not abs(stated - found) < HALF_CENT:
        message = f"is stated as USD {show(stated)}; the checker finds USD {show(found)}"
        yield Breach("costs", line, message, stated, found)
