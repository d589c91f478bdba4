"""Spend cap: a ceiling on spend at some providers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from gpualloc.instance.records import Amount, Listed, ProviderName
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.figures import exceeds, show
from gpualloc.rules.rule import Breach
from gpualloc.rules.scope import bought_out, covers, most_spend, spend_per_shard
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class SpendCap(ContractRule):
    r"""The covered jobs spend no more than so much at some providers, taken together.

    .. math:: \sum_{j \in J, \; p \in R, \; t \in N} g_{jo} \, x_{jofp} \, c_{pt} \, h_t \le U

    with the symbols of `Commitment`, :math:`R` the offers of all the providers, and :math:`U` in
    USD.
    """

    kind: ClassVar[str] = "spend_cap"

    providers: Annotated[
        Listed[ProviderName], Field(min_length=1, description="The providers, taken together.")
    ]
    usd: Annotated[Amount, Field(description="The most that may be spent, in USD.")]

    def read_binding(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield a spend above the cap."""
        spend = ledger.spend_usd(self, self.providers)
        if exceeds(spend, self.usd):
            message = f"USD {show(spend)} is spent; USD {show(self.usd)} is the cap"
            yield self.breach(message=message, figure=float(spend), limit=self.usd)

    def write_shared(self, writer: Writer) -> None:
        here = writer.arrays.sites_of(providers=self.providers)
        most = most_spend(self, writer.arrays, here)
        cap = writer.rows("spend_cap", prefix=(self.name,), upper=self.usd / self._unit_usd)
        writer.put(cap, bought_out(writer, self), -max(0.0, most - self.usd) / self._unit_usd)
        writer.shared["spend_cap", self.name] = cap

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        if not covers(self, job.data):
            return
        here = writer.arrays.sites_of(providers=self.providers)
        for block in job.all_blocks():
            spend = spend_per_shard(self, writer.arrays, block, here)
            cap = writer.shared["spend_cap", self.name]
            writer.put(cap, block.shards, spend / self._unit_usd)

    @property
    def _unit_usd(self) -> float:
        """The unit of the row, so that its figures stay near one."""
        return max(self.usd / 1000, 1.0)
