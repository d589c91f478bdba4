"""The specification read over a finished plan: what it breaks, and what it costs."""

from __future__ import annotations

from typing import Any

from .capacity import load_breaches, placement_breaches
from .contracts import contract_breaches
from .costs import cost_lines
from .enumeration import enumerate_plans
from .figures import Figures, Number
from .plans import Breach, from_layout
from .refusal import remarks
from .traffic import flow_breaches, spoke_breaches


def evaluate(
    data: dict[str, Any], layout: dict[str, Any]
) -> tuple[list[Breach], dict[str, Number]]:
    """Check and price any plan of an instance.

    Parameters
    ----------
    data
        The instance as the JSON object of its file.
    layout
        The decision tables of a plan file: `placements`, `hubs`, `flows`, `buyouts`, `unserved`.

    Returns
    -------
    breaches
        (rule, text) for each breach. Rules: `placement`, `offers`, `power`, `max_data_centers`,
        `spokes`, `flows`, `links`, `uplinks`, `transfer`, `buyouts` and the contract types.
    costs
        USD by line; lines of a broken plan are those of the rows that make sense.
    """
    plan, breaches = from_layout(Figures(data), layout)
    breaches += placement_breaches(plan) + spoke_breaches(plan) + flow_breaches(plan)
    breaches += load_breaches(plan) + list(contract_breaches(plan))
    return breaches, cost_lines(plan)


def refusal_remarks(data: dict[str, Any], layout: dict[str, Any]) -> list[tuple[str, str]]:
    """(contract, job) outside under precedence `none` that would be a breach under `listed`."""
    plan, _ = from_layout(Figures(data), layout)
    return remarks(plan)


def optimum(data: dict[str, Any]) -> Number | None:
    """The proven optimum in USD, after `evaluate` has accepted the plan that shows it."""
    outcome = enumerate_plans(data)
    if outcome.layout is None or outcome.objective is None:
        return None
    breaches, costs = evaluate(data, outcome.layout)
    found, claimed = float(sum(costs.values())), float(outcome.objective)
    if breaches or abs(found - claimed) > 1e-9 * max(1, abs(claimed)):
        raise AssertionError(f"{breaches}, {found} USD instead of {claimed} USD")
    return outcome.objective


def best_layout(data: dict[str, Any]) -> dict[str, Any]:
    """The layout of an optimal plan; raises ValueError where no plan is valid."""
    layout = enumerate_plans(data).layout
    if layout is None:
        raise ValueError("no plan of the instance is valid")
    return layout
