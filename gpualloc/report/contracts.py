"""The contracts of a plan, for its report: what each says, where the plan stands, what it costs.

All is read off the columns that a contract has, so that it holds for types of one's own, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gpualloc.instance.contracts import Contract
from gpualloc.instance.records import DataCenter, Record
from gpualloc.plan.digest_contracts import effects_of
from gpualloc.plan.text import count, percent, usd
from gpualloc.report.cells import Table, make_table
from gpualloc.rules.figures import at_period

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
]
WORDS = {"usd": "USD", "gpu": "GPU", "gpus": "GPUs"}
PROVIDER_COLUMNS = ("provider", "providers", "holder")
PLACE_COLUMNS = {"regions": "region", "data_centers": "name"}


def contract_table(usage: Usage) -> Table:
    """A row for each contract; one that pays on several cost lines has the sum."""
    rows = [_row(contract, usage) for contract in usage.instance.contracts]
    note = "USD: what the plan pays by the contract, negative where it earns."
    return make_table("contracts", "Contracts", HEADINGS, rows, note)


def _row(contract: Contract, usage: Usage) -> tuple[Any, ...]:
    effects = list(effects_of(contract, usage))
    effect = ", ".join(dict.fromkeys(found.effect for found in effects)) or "holds"
    amount = sum(found.usd for found in effects)
    jobs = len(usage.ledger.covered_jobs(contract))
    standing = _standing(contract, usage.ledger)
    return (contract.name, contract.type, _terms(contract), jobs, standing, effect, amount)


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
    hours = ledger.gpu_hours(contract)
    total = float(sum(hours.values()))
    parts = [f"{count(round(total, 2))} GPU-hours"]
    if _names_places(contract):
        inside = float(sum(of for site, of in hours.items() if _is_named(contract, ledger, site)))
        share = f", {percent(inside / total)} of them there" if total else ""
        parts = [f"{parts[0]}{share}{_bounds(contract)}"]
    providers = _providers(contract)
    if hasattr(contract, "usd"):
        spend = float(ledger.spend_usd(contract, providers))
        parts.append(f"spend {usd(spend)} of {usd(contract.usd)} USD")
    elif hasattr(contract, "tiers"):
        parts.append(f"spend {usd(float(ledger.spend_usd(contract, providers)))} USD")
    accepted = _accepted(contract, ledger)
    return "; ".join([*parts, accepted] if accepted else parts)


def _names_places(contract: Contract) -> bool:
    columns = (*PROVIDER_COLUMNS, *PLACE_COLUMNS)
    return any(getattr(contract, column, None) for column in columns)


def _providers(contract: Contract) -> tuple[str, ...]:
    named: list[str] = []
    for column in PROVIDER_COLUMNS:
        value = getattr(contract, column, None) or ()
        named.extend([value] if isinstance(value, str) else value)
    return tuple(named)


def _is_named(contract: Contract, ledger: Ledger, site: str) -> bool:
    record: DataCenter = ledger.catalog.sites[site]
    return record.provider in _providers(contract) or any(
        getattr(record, own) in (getattr(contract, column, None) or ())
        for column, own in PLACE_COLUMNS.items()
    )


def _bounds(contract: Contract) -> str:
    """The bounds of a share, or of GPU-hours."""
    least, most = getattr(contract, "min", None), getattr(contract, "max", None)
    if isinstance(least, float) and isinstance(most, float):
        return f" ({percent(least)} to {percent(most)} allowed)"
    hours = getattr(contract, "gpu_hours", None)
    return "" if hours is None else f" (none, or {count(hours)} GPU-hours)"


def _accepted(contract: Contract, ledger: Ledger) -> str:
    """The covered GPUs at a holder that accepts so many only, in its fullest period."""
    accepts = getattr(contract, "accepts_gpus", None)
    if accepts is None:
        return ""
    used = dict.fromkeys(ledger.catalog.window(contract), 0)
    for (offer, t), gpus in ledger.covered_gpus(contract).items():
        if ledger.catalog.site_of[offer].provider in _providers(contract):
            used[t] += gpus
    t = max(used, key=lambda at: used[at] - int(at_period(accepts, at)))
    return f"{count(used[t])} of {count(int(at_period(accepts, t)))} accepted GPUs"
