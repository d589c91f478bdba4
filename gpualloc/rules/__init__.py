"""The rules of the planning problem; importing this package registers the contract types."""

from __future__ import annotations

from gpualloc.errors import InternalError
from gpualloc.instance.contracts import Contract
from gpualloc.instance.instance import Instance
from gpualloc.rules import contracts as contracts
from gpualloc.rules.buyouts import BuyoutRule
from gpualloc.rules.compute import ComputeRule
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.egress import EgressRule
from gpualloc.rules.energy import EnergyRule
from gpualloc.rules.fixed import FixedRule
from gpualloc.rules.flows import FlowRule
from gpualloc.rules.latency import LatencyRule
from gpualloc.rules.links import LinkRule
from gpualloc.rules.moves import MoveRule
from gpualloc.rules.offers import OfferRule
from gpualloc.rules.placement import PlacementRule
from gpualloc.rules.power import PowerRule
from gpualloc.rules.rule import Rule
from gpualloc.rules.spokes import SpokeRule
from gpualloc.rules.spread import SpreadRule
from gpualloc.rules.staging import StagingRule
from gpualloc.rules.stall import StallRule
from gpualloc.rules.transfer import TransferRule
from gpualloc.rules.uplinks import UplinkRule

PLAN_RULES: tuple[Rule, ...] = (
    PlacementRule(),
    OfferRule(),
    PowerRule(),
    SpreadRule(),
    SpokeRule(),
    FlowRule(),
    LinkRule(),
    UplinkRule(),
    TransferRule(),
    ComputeRule(),
    FixedRule(),
    EnergyRule(),
    EgressRule(),
    StallRule(),
    LatencyRule(),
    MoveRule(),
    StagingRule(),
    BuyoutRule(),
)
"""The rules of every plan: what holds, then what costs."""

COST_LINES = (
    "compute",
    "fixed",
    "energy",
    "egress",
    "stall",
    "latency",
    "moves",
    "staging",
    "unserved",
    "commitments",
    "discounts",
    "buyouts",
)
"""The lines of a plan's cost, in the order in which they are shown."""


def contract_rules(instance: Instance) -> tuple[ContractRule, ...]:
    """The contracts of an instance, as rules.

    Raises
    ------
    InternalError
        A contract type is registered that is no rule, so that nothing would hold it.
    """
    return tuple(_as_rule(contract) for contract in instance.contracts)


def rules_of(instance: Instance) -> tuple[Rule, ...]:
    """All rules that a plan of an instance follows: those of every plan, and its contracts."""
    return (*PLAN_RULES, *contract_rules(instance))


def _as_rule(contract: Contract) -> ContractRule:
    if not isinstance(contract, ContractRule):
        kind = type(contract).__name__
        raise InternalError(f"contract type {kind} is not a ContractRule, so nothing holds it")
    return contract
