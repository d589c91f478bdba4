"""Cheaper moves that one contract alone keeps a plan from: proof that it bites, without a solve.

The contract bites if the plan after a move is valid and cheaper without the contract, and is not
with it. Both are the checker's word, so what the move saves is a lower bound on what the contract
costs. A contract for which no such move is found may bite all the same: by several moves at once,
or by a job's other options.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest
from typing import TYPE_CHECKING

from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.plan.moves import Move, after, cheaper_moves
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.ledger import Ledger

if TYPE_CHECKING:
    from gpualloc.plan.usage import Usage

TRIALS = 100
"""Moves that are tried for all contracts together, so that a summary comes at once."""

TRIALS_EACH = 40

CENT = 0.01
"""What a move must save, in USD: less may be rounding."""


def find_kept(usage: Usage, contracts: list[ContractRule]) -> dict[str, Move]:
    """A move that each contract alone keeps the plan from, where one is found, by its name.

    Moves are tried from the one that promises most on, so that it is mostly the dearest.

    Parameters
    ----------
    usage : Usage
    contracts : list of ContractRule
        Those to look at; none of them is bought out.
    """
    if not contracts:
        return {}
    moves = list(cheaper_moves(usage))
    total_usd = check_layout(usage.instance, usage.layout).objective_usd
    most = min(TRIALS_EACH, TRIALS // len(contracts))
    found = {}
    for contract in contracts:
        trial = _Trial(usage, contract, total_usd)
        kept = (trial.keeps_from(move) for move in _promising(usage, contract, moves, most))
        found[contract.name] = next(filter(None, kept), None)
    return {name: move for name, move in found.items() if move is not None}


def _promising(
    usage: Usage, contract: ContractRule, moves: Iterable[Move], most: int
) -> list[Move]:
    concerned = (move for move in moves if _may_be_in_the_way(usage.ledger, contract, move))
    return nlargest(most, concerned, key=lambda move: move.saves_usd)


def _may_be_in_the_way(ledger: Ledger, contract: ContractRule, move: Move) -> bool:
    """Whether the contract forbids the place; one that forbids no places: whether it covers."""
    job, site = ledger.catalog.jobs[move.job], ledger.catalog.site_of[move.target]
    if type(contract).forbids is ContractRule.forbids:
        return ledger.catalog.covers(contract, job)
    return contract.forbids(ledger, job, move.phase, site)


class _Trial:
    """Tries moves with and without a contract."""

    def __init__(self, usage: Usage, contract: ContractRule, total_usd: float) -> None:
        self._usage = usage
        self._contract = contract
        self._paid = _charges(contract, usage.ledger)
        others = tuple(row for row in usage.instance.contracts if row.name != contract.name)
        self._without = usage.instance.model_copy(update={"contracts": others})
        self._before_usd = total_usd - self._paid

    def keeps_from(self, move: Move) -> Move | None:
        """The move with what it saves exactly, if nothing but the contract is in its way."""
        layout = after(self._usage, move)
        if not self._is_in_the_way(layout):
            return None
        verdict = check_layout(self._without, layout)
        saves_usd = self._before_usd - verdict.objective_usd
        return move._replace(saves_usd=saves_usd) if verdict and saves_usd >= CENT else None

    def _is_in_the_way(self, layout: Layout) -> bool:
        """Whether the contract forbids a plan, or charges more for it."""
        ledger = Ledger(self._usage.instance, layout)
        if any(True for _ in self._contract.read(ledger)):
            return True
        return _charges(self._contract, ledger) > self._paid


def _charges(contract: ContractRule, ledger: Ledger) -> float:
    return float(sum(amount for _, amount in contract.charge(ledger)))
