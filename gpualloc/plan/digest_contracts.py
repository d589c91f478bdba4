"""The contracts of a plan, for its summary: what each one costs, earns or keeps the plan from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gpualloc.instance.contracts import Contract
from gpualloc.instance.wording import printable
from gpualloc.plan.moves import Move
from gpualloc.plan.moves_kept import find_kept
from gpualloc.plan.sections import LONGEST, Column, Section, section
from gpualloc.plan.standings import Standing, standings
from gpualloc.plan.text import count, percent, usd_column
from gpualloc.plan.usage import FULL
from gpualloc.rules.contract import ContractRule

if TYPE_CHECKING:
    from gpualloc.plan.usage import Usage

EFFECTS = {"commitments": "shortfall paid", "discounts": "rebate earned"}
"""What a cost line of a contract means."""

LEAST = ">= what that move alone would save"
WORTH = "gpualloc worth solves for each"


class Effect(NamedTuple):
    """What a contract does to a plan.

    Attributes
    ----------
    contract, kind : str
        Its name and type.
    effect, detail : str
        How, in few words, and in more of them.
    usd : float or None
        What it costs, or earns where it is negative; None where nothing is known of that.
    is_least : bool
        Whether it costs at least so much: what a move that it keeps the plan from would save.
    """

    contract: str
    kind: str
    effect: str
    usd: float | None
    detail: str = ""
    is_least: bool = False


def contract_section(
    usage: Usage, longest: int = LONGEST, *, brief: bool = False
) -> Section | None:
    """The contracts that bite as far as the plan shows, or are near a limit; others are counted."""
    contracts = usage.instance.contracts
    if not contracts:
        return None
    effects = sorted(find_effects(usage), key=lambda row: -abs(row.usd or 0.0))
    rows = [
        (printable(row.contract), *_told(row, brief), amount)
        for row, amount in zip(effects, _amounts(effects), strict=True)
    ]
    columns = [Column("contract"), *([] if brief else [Column("type")])]
    columns += [Column("effect"), Column("USD", True, tone="warn")]
    return section(_title(effects, contracts), columns, rows, _note(effects, contracts), longest)


def _title(effects: Sequence[Effect], contracts: Sequence[Contract]) -> str:
    near = sum(row.usd is None for row in effects)
    biting = len({row.contract for row in effects}) - near
    return f"Contracts: {len(contracts):,}, {biting:,} seen to bite, {near:,} near a limit"


def _told(row: Effect, brief: bool) -> list[str]:
    if brief:
        return [printable(row.effect)]
    return [row.kind, printable(f"{row.effect}: {row.detail}" if row.detail else row.effect)]


def find_effects(usage: Usage) -> list[Effect]:
    """What contracts charge, which cheaper moves they keep away, and which limits are near."""
    charged = [effect for row in usage.instance.contracts for effect in charges_of(row, usage)]
    known = {effect.contract for effect in charged}
    silent = [row for row in usage.instance.contracts if row.name not in known]
    kept = find_kept(usage, [row for row in silent if isinstance(row, ContractRule)])
    others = (_silent_effect(row, kept.get(row.name), usage) for row in silent)
    return [*charged, *(effect for effect in others if effect is not None)]


def charges_of(contract: Contract, usage: Usage) -> Iterator[Effect]:
    """What a contract costs or earns; nothing where it holds without a charge."""
    if contract.name in usage.layout.buyouts:
        yield Effect(contract.name, contract.type, "bought out", contract.buyout_usd or 0.0)
    elif isinstance(contract, ContractRule):
        for line, amount in contract.charge(usage.ledger):
            if amount:
                yield Effect(contract.name, contract.type, EFFECTS.get(line, line), float(amount))


def _silent_effect(contract: Contract, kept: Move | None, usage: Usage) -> Effect | None:
    if kept is not None:
        effect = f"keeps {kept.job} off {kept.target}"
        shards = "1 shard" if kept.shards == 1 else f"{kept.shards:,} shards"
        detail = f"{shards} now on {kept.origin}"
        return Effect(contract.name, contract.type, effect, kept.saves_usd, detail, is_least=True)
    near = [row for row in standings(contract, usage.ledger) if row.nearness >= FULL]
    if not near:
        return None
    nearest = max(near, key=lambda row: row.nearness)
    return Effect(contract.name, contract.type, _near_text(nearest), None)


def _near_text(row: Standing) -> str:
    which = "least" if row.is_least else "most"
    if row.what in ("spend", "accepted GPUs"):
        return f"{row.what} at {percent(row.nearness)} of the {which} allowed"
    as_text = percent if row.what == "share" else count
    return f"{row.what} {as_text(row.figure)}, {as_text(row.limit)} is the {which} allowed"


def _amounts(effects: Sequence[Effect]) -> list[str]:
    amounts = usd_column(row.usd or 0.0 for row in effects)
    signs = (">= " if row.is_least else "" for row in effects)
    return [
        "" if row.usd is None else sign + amount
        for row, sign, amount in zip(effects, signs, amounts, strict=True)
    ]


def _note(effects: Sequence[Effect], contracts: Sequence[Contract]) -> str:
    silent = len(contracts) - len({row.contract for row in effects})
    holding = f"{silent:,} {'holds' if silent == 1 else 'hold'} without a charge"
    parts = [holding] if silent else []
    return "; ".join([*parts, *([LEAST] if any(row.is_least for row in effects) else []), WORTH])
