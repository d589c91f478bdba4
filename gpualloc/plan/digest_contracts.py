"""The contracts of a plan, for its summary: what each one costs or earns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from gpualloc.instance.contracts import Contract
from gpualloc.instance.wording import printable
from gpualloc.plan.sections import Column, Section, section
from gpualloc.plan.text import usd_column
from gpualloc.rules.contract import ContractRule

if TYPE_CHECKING:
    from gpualloc.plan.usage import Usage

EFFECTS = {"commitments": "shortfall paid", "discounts": "rebate earned"}
"""What a cost line of a contract means."""


class Effect(NamedTuple):
    """What a contract costs, or earns where `usd` is negative."""

    contract: str
    kind: str
    effect: str
    usd: float


def contract_section(usage: Usage) -> Section | None:
    """The contracts that cost or earn something; the others hold at no charge."""
    contracts = usage.instance.contracts
    if not contracts:
        return None
    effects = [effect for contract in contracts for effect in effects_of(contract, usage)]
    amounts = usd_column(effect.usd for effect in effects)
    rows = [
        (printable(row.contract), row.kind, row.effect, amount)
        for row, amount in zip(effects, amounts, strict=True)
    ]
    silent = len(contracts) - len({row.contract for row in effects})
    note = f"{silent:,} {'holds' if silent == 1 else 'hold'} without a charge" if silent else ""
    columns = [Column("contract"), Column("type"), Column("effect"), Column("USD", True)]
    return section(f"Contracts: {len(contracts):,}", columns, rows, note)


def effects_of(contract: Contract, usage: Usage) -> Iterator[Effect]:
    """What a contract costs or earns; nothing where it holds without a charge."""
    if contract.name in usage.layout.buyouts:
        yield Effect(contract.name, contract.type, "bought out", contract.buyout_usd or 0.0)
    elif isinstance(contract, ContractRule):
        for line, amount in contract.charge(usage.ledger):
            if amount:
                yield Effect(contract.name, contract.type, EFFECTS.get(line, line), float(amount))
