"""Commitment: take or pay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from gpualloc.instance.records import Amount, ProviderName
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.rule import Charge
from gpualloc.rules.scope import bought_out, covers, spend_per_shard
from gpualloc.rules.writer import JobColumns, Writer
from gpualloc.units import exact

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class Commitment(ContractRule):
    r"""Take or pay: what the covered jobs do not spend at the provider is paid all the same.

    .. math:: \max\Bigl(0, \; U - \sum_{j \in J, \; p \in R, \; t \in N} g_{jo} \, x_{jofp} \,
              c_{pt} \, h_t\Bigr)

    with :math:`U` the committed USD, and spend the compute cost of the covered jobs :math:`J` on
    the provider's offers :math:`R` in the window :math:`N`: GPUs per shard :math:`g`, shards
    :math:`x`, :math:`c` USD per GPU-hour, :math:`h` hours. Energy and fees do not count as spend.
    """

    kind: ClassVar[str] = "commitment"

    provider: Annotated[ProviderName, Field(description="The provider that is paid.")]
    usd: Annotated[Amount, Field(description="Spend that is committed to, in USD.")]

    def charge_binding(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the shortfall."""
        spend = ledger.spend_usd(self, (self.provider,))
        yield "commitments", max(exact(0), exact(self.usd) - spend)

    def write_shared(self, writer: Writer) -> None:
        if self.usd == 0:
            return
        shortfall = writer.columns("shortfall", prefix=(self.name,), integer=False)
        writer.charge("commitments", shortfall, self.usd)
        pay = writer.rows("commitment", prefix=(self.name,), lower=1)
        writer.put(pay, shortfall, 1)
        writer.put(pay, bought_out(writer, self), 1)
        writer.shared["commitment", self.name] = pay

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        if self.usd == 0 or not covers(self, job.data):
            return
        here = writer.arrays.sites_of(providers=[self.provider])
        for block in job.all_blocks():
            spend = spend_per_shard(self, writer.arrays, block, here)
            pay = writer.shared["commitment", self.name]
            writer.put(pay, block.shards, spend / self.usd)
