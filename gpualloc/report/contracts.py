"""The contracts of a plan, for its report: what each says, where the plan stands, what it costs.

All is read off the columns that a contract has, so that it holds for types of one's own, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gpualloc.instance.contracts import Contract
from gpualloc.instance.records import Record
from gpualloc.plan.digest_contracts import Effect, find_effects
from gpualloc.plan.standings import accepted, hours_inside, named_providers, names_places
from gpualloc.plan.text import count, percent, usd
from gpualloc.report.cells import Table, make_table

if TYPE_CHECKING:
    from gpualloc.plan.usage import Usage
    from gpualloc.rules.ledger import Ledger

HEADINGS = [
    ("contract", "text"),
    ("type", "text"),
    ("what it says", "text"),
    ("covered jobs", "count"),
    ("where the plan stands", "text"),
    ("effect", "text"),
    ("USD", "usd"),
    ("costs at least", "usd"),
]
NOTE = (
    "USD: what the plan pays by the contract, negative where it earns. Costs at least: what the "
    "one move that it keeps away would save without it. gpualloc worth solves for each."
)
WORDS = {"usd": "USD", "gpu": "GPU", "gpus": "GPUs"}


def contract_table(usage: Usage) -> Table:
    """A row for each contract; one that pays on several cost lines has the sum."""
    effects = find_effects(usage)
    rows = [_row(contract, usage, effects) for contract in usage.instance.contracts]
    return make_table("contracts", "Contracts", HEADINGS, rows, NOTE)


def _row(contract: Contract, usage: Usage, effects: list[Effect]) -> tuple[Any, ...]:
    own = [found for found in effects if found.contract == contract.name]
    effect = ", ".join(dict.fromkeys(found.effect for found in own)) or "holds"
    paid = sum(found.usd or 0.0 for found in own if not found.is_least)
    least = next((found.usd for found in own if found.is_least), None)
    jobs = len(usage.ledger.covered_jobs(contract))
    standing = _standing(contract, usage.ledger)
    return (contract.name, contract.type, _terms(contract), jobs, standing, effect, paid, least)


def _terms(contract: Contract) -> str:
    """The columns that are given, in words: ``holder: Azure; accepts GPUs: 400,000``."""
    defaults = type(contract).model_fields
    parts = [
        f"{_words(column)}: {_value(value)}"
        for column, value in contract
        if column not in ("name", "type") and value != defaults[column].default
    ]
    return "; ".join(parts)


def _words(column: str) -> str:
    return " ".join(WORDS.get(word, word) for word in column.split("_"))


def _value(value: Any) -> str:
    if isinstance(value, Record):
        return " ".join(f"{_words(column)} {_value(cell)}" for column, cell in value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_value, value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.12g}"
    return str(value)


def _standing(contract: Contract, ledger: Ledger) -> str:
    """What the covered jobs use in the contract's window, against its limits."""
    total = float(sum(ledger.gpu_hours(contract).values()))
    parts = [f"{count(round(total, 2))} GPU-hours"]
    if names_places(contract):
        inside = float(hours_inside(contract, ledger))
        share = f", {percent(inside / total)} of them there" if total else ""
        parts = [f"{parts[0]}{share}{_bounds(contract)}"]
    providers = named_providers(contract)
    if hasattr(contract, "usd"):
        spend = float(ledger.spend_usd(contract, providers))
        parts.append(f"spend {usd(spend)} of {usd(contract.usd)} USD")
    elif hasattr(contract, "tiers"):
        parts.append(f"spend {usd(float(ledger.spend_usd(contract, providers)))} USD")
    parts.append(_accepted(contract, ledger))
    return "; ".join(filter(None, parts))


def _bounds(contract: Contract) -> str:
    """The bounds of a share, or of GPU-hours."""
    least, most = getattr(contract, "min", None), getattr(contract, "max", None)
    if isinstance(least, float) and isinstance(most, float):
        return f" ({percent(least)} to {percent(most)} allowed)"
    hours = getattr(contract, "gpu_hours", None)
    return "" if hours is None else f" (none, or {count(hours)} GPU-hours)"


def _accepted(contract: Contract, ledger: Ledger) -> str:
    """The covered GPUs at a holder that accepts so many only, in its fullest period."""
    found = [
        f"{count(row.figure)} of {count(row.limit)} {row.what}"
        for row in accepted(contract, ledger)
    ]
    return "".join(found)
