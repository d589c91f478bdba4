"""What GPUs cost by the hour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class ComputeRule(Rule):
    r"""GPUs are paid for by the hour, for the whole of each period.

    .. math:: \sum_{j, o, f, p, \; t \in f} g_{jo} \, x_{jofp} \, c_{pt} \, h_t

    with :math:`g` the GPUs per shard, :math:`x` the shards on offer p, :math:`c_{pt}` its price in
    USD per GPU-hour, and :math:`h_t` the hours of period t.
    """

    title: ClassVar[str] = "compute"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the cost of each offer in each period."""
        for (offer, t), gpus in ledger.gpus_used.items():
            yield "compute", ledger.compute_usd(offer, t, gpus)

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        for block in job.all_blocks():
            usd_per_gpu_hour = arrays.offer_usd[np.ix_(block.offers, block.periods)]
            usd = block.gpus_per_shard * (usd_per_gpu_hour @ arrays.hours[block.periods])
            writer.charge("compute", block.shards, usd)
