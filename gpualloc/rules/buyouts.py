"""What leaving contracts costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import Writer
from gpualloc.units import exact

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class BuyoutRule(Rule):
    r"""A contract with a `buyout_usd` can be left at that price; then it neither binds nor pays.

    .. math:: \sum_c K_c \, \beta_c

    with :math:`K_c` in USD and :math:`\beta_c` whether contract c is bought out, which is zero
    where `buyout_usd` is not given.
    """

    title: ClassVar[str] = "buyouts"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the price of each contract that is bought out."""
        for contract in ledger.instance.contracts:
            if contract.buyout_usd is not None and ledger.is_bought_out(contract):
                yield "buyouts", exact(contract.buyout_usd)

    def write_shared(self, writer: Writer) -> None:
        for contract in writer.arrays.instance.contracts:
            if contract.buyout_usd is not None:
                bought = writer.columns("bought out", prefix=(contract.name,))
                writer.charge("buyouts", bought, contract.buyout_usd)
                writer.shared["bought", contract.name] = bought
