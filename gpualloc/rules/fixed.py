"""What an offer costs once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import JobColumns, Writer
from gpualloc.units import exact

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class FixedRule(Rule):
    r"""The reservation or set-up fee of an offer is paid once, if the offer is used at all.

    .. math:: \sum_p F_p \, z_p, \qquad z_p = 1 \text{ if } x_{jofp} > 0 \text{ for some } j, o, f

    with :math:`F_p` in USD and :math:`x` the shards on offer p.
    """

    title: ClassVar[str] = "fixed"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the fee of each offer in use."""
        for offer in {offer for offer, _ in ledger.gpus_used}:
            yield "fixed", exact(ledger.catalog.offers[offer].fixed_usd)

    def write_shared(self, writer: Writer) -> None:
        arrays = writer.arrays
        opened = writer.columns("opened", arrays.offer_names, where=arrays.offer_fixed_usd > 0)
        writer.charge("fixed", opened, arrays.offer_fixed_usd)
        writer.shared["opened"] = opened

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        for block in job.all_blocks():
            opened = writer.shared["opened"][block.offers]
            names = [arrays.offer_names[offer] for offer in block.offers]
            rows = writer.rows("opened", names, prefix=block.prefix, upper=0, where=opened >= 0)
            writer.put(rows, block.shards, 1)
            writer.put(rows, opened, -block.shards_max)
