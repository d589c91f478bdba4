"""Choices that are made before it is known what happens: contracts bought out, offers opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from gpualloc.answers.frontier_measures import Cost
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.rules.rule import Breach, Rule
from gpualloc.rules.writer import Writer
from gpualloc.units import exact

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


@dataclass(frozen=True)
class Choices:
    """What is decided here and now, whatever happens later.

    Parameters
    ----------
    buyouts : frozenset of str
        Contracts that are bought out.
    opened : frozenset of str
        Offers with a fixed fee that are opened: the fee is paid, used or not.
    """

    buyouts: frozenset[str]
    opened: frozenset[str]

    @classmethod
    def of(cls, pairs: Iterable[tuple[Instance, Layout]]) -> Choices:
        """The choices behind plans that were made together, one a scenario."""
        bought: set[str] = set()
        opened: set[str] = set()
        for instance, layout in pairs:
            with_fee = {offer.name for offer in instance.offers if offer.fixed_usd}
            bought |= set(layout.buyouts)
            opened |= with_fee & {row.offer for row in layout.placements}
        return cls(frozenset(bought), frozenset(opened))

    def idle_fees_usd(self, instance: Instance, used: Iterable[str]) -> Fraction:
        """The fees of offers that are opened and not used."""
        idle = self.opened - set(used)
        fees = (exact(offer.fixed_usd) for offer in instance.offers if offer.name in idle)
        return sum(fees, Fraction(0))


@dataclass(frozen=True)
class HereAndNow(Rule):
    r"""Contracts are bought out and offers are opened as decided, and no others.

    .. math:: \beta_c = \bar\beta_c \quad \forall c, \qquad z_p = \bar z_p \quad \forall p

    with :math:`\beta` whether a contract is bought out and :math:`z` whether an offer that has a
    fixed fee is opened.
    """

    choices: Choices

    def write_shared(self, writer: Writer) -> None:
        names = writer.arrays.offer_names
        opened = writer.shared["opened"]
        decided = [float(name in self.choices.opened) for name in names]
        rows = writer.rows("opened as decided", names, lower=decided, upper=decided)
        writer.put(rows, opened, 1)
        for contract in writer.arrays.instance.contracts:
            if contract.buyout_usd is not None:
                bought = float(contract.name in self.choices.buyouts)
                prefix = (contract.name,)
                row = writer.rows(
                    "bought out as decided", prefix=prefix, lower=bought, upper=bought
                )
                writer.put(row, writer.shared["bought", contract.name], 1)

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield contracts and offers that are not as decided."""
        for contract in ledger.instance.contracts:
            decided = contract.buyout_usd is not None and contract.name in self.choices.buyouts
            if ledger.is_bought_out(contract) != decided:
                yield Breach("here and now", contract.name, "is not bought out or kept as decided")
        used = {offer for offer, _ in ledger.gpus_used}
        for offer in ledger.instance.offers:
            if offer.fixed_usd and offer.name in used - self.choices.opened:
                yield Breach("here and now", offer.name, "is used, and was not opened")


class CommittedCost(Cost):
    """What a plan costs, with the fees of offers that were opened and are not used.

    Parameters
    ----------
    choices : Choices
    """

    label: str = "cost with idle fees, USD"

    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    def amount(self, ledger: Ledger) -> Fraction:
        used = {offer for offer, _ in ledger.gpus_used}
        return super().amount(ledger) + self.choices.idle_fees_usd(ledger.instance, used)
