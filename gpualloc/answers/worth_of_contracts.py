"""What each contract is worth, and all of them together: `worth`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from gpualloc.answers.result import Answer, Interval, how_sure
from gpualloc.answers.result_effects import cost_texts, find_effect
from gpualloc.answers.solves import Solves
from gpualloc.errors import UsageError
from gpualloc.instance.contracts import Contract
from gpualloc.instance.instance import Instance
from gpualloc.instance.wording import printable, quoted, suggestion
from gpualloc.plan.plan import OPTIMAL_GAP, Plan
from gpualloc.plan.sections import Column, Digest, Section, listing, section
from gpualloc.plan.text import usd
from gpualloc.solving import is_small

ALL = "all contracts"

ONLY_BIND = {
    *("commitment", "count", "dedicated", "exclusivity", "first_refusal"),
    *("minimum_use", "separation", "share", "spend_cap"),
}
"""Types that forbid plans or charge for them, and never pay."""

WORDS = {
    "costs": "costs money",
    "pays": "saves money",
    "nothing": "changes nothing",
    "open": "not proven which",
    "prevents": "with it there is no plan, without it there is",
    "enables": "without it there is no plan, with it there is",
    "hopeless": "no plan with or without it",
    "unknown": "time ran out before a plan was found",
}
"""What a contract does, in words; the keys are those of `WorthRow.effect`."""

ENDING = {"costs": "saves", "pays": "costs", "prevents": "enables", "enables": "prevents"}
"""What ending a contract does, by what the contract does; the same word where it is not here."""

EFFECTS = {**{kind: kind for kind in WORDS}, **{kind: word for word, kind in ENDING.items()}}
"""What a contract does, by what ending it does."""


class WorthRow(NamedTuple):
    """What a contract is worth.

    Attributes
    ----------
    contract, type : str
        Its name and type; the last row is for all contracts together.
    kept : Interval
        The least cost of a plan that keeps it. For all together: of the instance as it is.
    ended : Interval
        The least cost without it.
    worth : Interval
        What keeping it costs, which is the most that leaving it may cost; below zero it saves.
    effect : str
        One of `WORDS`.
    buyout_usd : float or None
        The price of leaving it that the instance gives.
    buyout : str
        Whether leaving it at that price ``pays``, ``does not pay``, or is ``open``; empty where
        there is no price.
    """

    contract: str
    type: str
    kept: Interval
    ended: Interval
    worth: Interval
    effect: str
    buyout_usd: float | None
    buyout: str


@dataclass(frozen=True)
class Worth(Answer):
    """What the contracts of an instance are worth.

    Attributes
    ----------
    instance_name : str
    contracts : tuple of WorthRow
        One for each contract, and one for all together.
    plans : tuple of Plan
        All results that the figures rest on.
    """

    row: ClassVar[type[NamedTuple]] = WorthRow
    instance_name: str
    contracts: tuple[WorthRow, ...]
    plans: tuple[Plan, ...]

    @property
    def rows(self) -> tuple[WorthRow, ...]:
        """One row for each contract, the last for all together."""
        return self.contracts

    @property
    def sure(self) -> str:
        """How sure the answer is, in a sentence."""
        return how_sure(self.plans)

    def __bool__(self) -> bool:
        return all(row.effect != "unknown" for row in self.contracts)

    def digest(self) -> Digest:
        """The worth of every contract, told to people."""
        headline = f"{printable(self.instance_name)}: what its contracts cost"
        if not self.contracts:
            return Digest(f"{printable(self.instance_name)}: it has no contracts", (), ())
        return Digest(headline, (self.sure,), (self._table(), self._in_words()))

    def _table(self) -> Section:
        titles = ("cost with it", "cost without it", "so it costs")
        columns = [Column("contract"), *(Column(title) for title in titles)]
        rows = [
            (
                printable(row.contract),
                *cost_texts(row.kept, row.ended, ENDING.get(row.effect, row.effect)),
                _told(row),
            )
            for row in self.contracts
        ]
        return section("Each by itself, all others kept", columns, rows, longest=40)

    def _in_words(self) -> Section:
        return listing("In words", map(printable, self._sentences()), longest=40)

    def _sentences(self) -> Iterator[str]:
        for row in self.contracts:
            yield f"{row.contract}: {_sentence(row)}"


def _told(row: WorthRow) -> str:
    """The worth as a cell of a table."""
    return row.worth.text if row.effect in ("costs", "pays", "open", "nothing") else "-"


def _sentence(row: WorthRow) -> str:
    """What a contract does, and whether its buyout pays."""
    if row.effect in ("hopeless", "prevents", "enables", "unknown"):
        return WORDS[row.effect]
    told = _effect_sentence(row)
    if row.buyout_usd is None:
        return told
    price = f"leaving it is offered at {usd(row.buyout_usd)} USD"
    verdict = {
        "pays": "which pays",
        "does not pay": "which does not pay",
        "open": "and whether that pays is not proven",
    }
    return f"{told}; {price}, {verdict[row.buyout]}"


def _effect_sentence(row: WorthRow) -> str:
    if row.effect == "costs":
        return f"it costs {row.worth.text}; leaving it pays at {_price_words(row.worth)}"
    if row.effect == "pays":
        return f"it saves {(-row.worth).text}; keep it"
    if row.effect == "nothing":
        return "it changes nothing: the cheapest plan keeps it anyway"
    if row.worth.low == 0:
        return f"it costs {row.worth.text}; more is not proven"
    return f"it costs {row.worth.text}, so it is not proven whether it costs or saves"


def _price_words(worth: Interval) -> str:
    """The prices at which leaving pays, and those at which it does not."""
    if worth.is_exact or worth.low is None:
        return "any price below that"
    dear = "" if worth.high is None else f", at none from {usd(worth.high)} USD on"
    return f"any price below {usd(worth.low)} USD{dear}"


def worth(
    instance: Instance,
    *,
    contracts: Sequence[str] | None = None,
    engine: str = "auto",
    solver: str | None = None,
    time_limit: float | None = None,
    gap: float = 1e-6,
    seed: int = 0,
    threads: int | None = None,
    isolate: bool = True,
    on_note: Callable[[str], None] | None = None,
) -> Worth:
    """Find what each contract is worth: the least cost with it less the least cost without it.

    That is also the price of leaving it up to which leaving pays. Where a solve ends with a gap,
    costs and worth are the intervals that follow from its plan and its proven bound.

    Parameters
    ----------
    instance : Instance
    contracts : sequence of str or None
        Names of the contracts to value; None for all, with a row for all together.
    engine, solver, gap, seed, threads, isolate
        As for `solve`. A worth is a small difference of large costs: where a solver takes the whole
        instance, a gap up to 1e-6 is closed altogether.
    time_limit : float or None
        Seconds for all solves together; None for no limit.
    on_note : callable or None
        Called with a line about each solve as it begins.

    Returns
    -------
    Worth

    Raises
    ------
    UsageError
        No contract has a name that is given, or an argument is not possible.
    """
    solves = Solves(
        engine=engine,
        solver=solver,
        time_limit=time_limit,
        gap=0.0 if gap <= OPTIMAL_GAP and is_small(instance) else gap,
        seed=seed,
        threads=threads,
        isolate=isolate,
        on_note=on_note,
    )
    chosen = _chosen(instance, contracts)
    if not chosen:
        return Worth(instance.name, (), ())
    rows = _Valuation(instance, solves).rows(chosen, together=contracts is None)
    return Worth(instance.name, tuple(rows), tuple(solves.plans))


def _chosen(instance: Instance, names: Sequence[str] | None) -> list[Contract]:
    by_name = {contract.name: contract for contract in instance.contracts}
    for name in names or ():
        if name not in by_name:
            hint = suggestion(name, by_name)
            raise UsageError(f"the instance has no contract {quoted(name)}{hint}")
    return [by_name[name] for name in dict.fromkeys(by_name if names is None else names)]


class _Valuation:
    """The solves behind the worth of contracts: as it is, without each, and with each kept."""

    def __init__(self, instance: Instance, solves: Solves) -> None:
        self._instance = instance
        self._solves = solves

    def rows(self, chosen: Sequence[Contract], together: bool) -> Iterator[WorthRow]:
        buyable = sum(contract.buyout_usd is not None for contract in chosen)
        to_come = len(chosen) + buyable + together
        as_it_is = self._solves.solve(
            self._instance, note="with all contracts", to_come=to_come // 2
        )
        for contract in chosen:
            to_come -= 1 + (contract.buyout_usd is not None)
            yield self._row(contract, as_it_is, to_come)
        if together:
            bare = self._without(self._instance.contracts, as_it_is, "without any contract", 0)
            least_usd = self._least_worth(chosen)
            yield _make_row(None, as_it_is, bare, least_usd)

    def _row(self, contract: Contract, as_it_is: Plan, to_come: int) -> WorthRow:
        kept = self._kept(contract, as_it_is, to_come + 1)
        note = f"without {quoted(contract.name)}"
        ended = self._without([contract], as_it_is, note, to_come)
        least_usd = self._least_worth([contract])
        return _make_row(contract, kept, ended, least_usd)

    def _least_worth(self, contracts: Sequence[Contract]) -> float | None:
        """Zero where every plan that keeps the contracts stays valid, and as cheap, without them.

        A discount pays, and what bars a job from a holder with first refusal excuses it.
        """
        kinds = {contract.type for contract in contracts}
        refusal = any(row.type == "first_refusal" for row in self._instance.contracts)
        all_gone = len(self._instance.contracts) == len(contracts)
        excuses = set() if all_gone or not refusal else {"exclusivity", "dedicated"}
        return 0.0 if kinds <= ONLY_BIND - excuses else None

    def _kept(self, contract: Contract, as_it_is: Plan, to_come: int) -> Plan:
        """The cheapest plan that does not leave the contract.

        Where the cheapest plan of all keeps it, that is the one; its bound holds as well.
        """
        leaves = as_it_is.has_plan and contract.name in as_it_is.layout.buyouts
        if contract.buyout_usd is None or not (leaves or as_it_is.status == "unknown"):
            return as_it_is
        bound = [
            row.model_copy(update={"buyout_usd": None}) if row is contract else row
            for row in self._instance.contracts
        ]
        instance = self._instance.replace(contracts=bound)
        note = f"keeping {quoted(contract.name)}"
        return self._solves.solve(instance, note=note, to_come=to_come)

    def _without(self, contracts: Iterable[Contract], start: Plan, note: str, to_come: int) -> Plan:
        gone = {contract.name for contract in contracts}
        kept = [row for row in self._instance.contracts if row.name not in gone]
        return self._solves.solve(
            self._instance.replace(contracts=kept), note=note, warm_start=start, to_come=to_come
        )


def _make_row(
    contract: Contract | None, kept: Plan, ended: Plan, least_usd: float | None
) -> WorthRow:
    """The row of a contract, or of all together."""
    change = find_effect(kept, ended, least_usd)
    effect = EFFECTS[change.kind]
    buyout_usd = None if contract is None else contract.buyout_usd
    return WorthRow(
        contract=ALL if contract is None else contract.name,
        type="" if contract is None else contract.type,
        kept=Interval.of_cost(kept),
        ended=Interval.of_cost(ended),
        worth=change.saved,
        effect=effect,
        buyout_usd=buyout_usd,
        buyout=_buyout(change.saved, effect, buyout_usd),
    )


def _buyout(worth: Interval, effect: str, buyout_usd: float | None) -> str:
    """Whether leaving at the price of the instance pays."""
    if buyout_usd is None:
        return ""
    if effect == "prevents" or worth.is_above(buyout_usd):
        return "pays"
    if effect in ("enables", "hopeless") or (worth.high is not None and worth.high <= buyout_usd):
        return "does not pay"
    return "open"
