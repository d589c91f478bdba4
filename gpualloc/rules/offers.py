"""Rule 2: the GPUs of an offer."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.rule import Breach, Rule
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class OfferRule(Rule):
    r"""An offer gives out no more GPUs than it has.

    .. math:: \sum_{j, o, f \ni t} g_{jo} \, x_{jofp} \le C_{pt} \qquad \forall p, t

    with :math:`g` the GPUs per shard, :math:`x` the shards on offer p, and :math:`C_{pt}` its GPUs
    in period t. Both sides are whole numbers, counted exactly.
    """

    title: ClassVar[str] = "offers"

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield offers that give out too many GPUs."""
        catalog = ledger.catalog
        for (offer, t), used in ledger.gpus_used.items():
            offered = catalog.gpus(offer, t)
            if used > offered:
                message = f"{used:,} GPUs are used; {offered:,} are offered"
                yield Breach(self.title, f"{offer}, {catalog.periods[t]}", message, used, offered)

    def write_shared(self, writer: Writer) -> None:
        arrays, loads = writer.arrays, writer.loads
        limits = [
            [loads.offer(offer).most_within(Fraction(int(gpus))) for gpus in by_period]
            for offer, by_period in enumerate(arrays.offer_gpus)
        ]
        writer.shared["offers"] = writer.rows(
            "offers", arrays.offer_names, arrays.period_names, upper=limits, strict=True
        )

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        put_gpus(writer, job, "offers")


def put_gpus(writer: Writer, job: JobColumns, title: str) -> None:
    """Put the GPUs that a job uses of each offer into shared rows by offer and period."""
    for block in job.all_blocks():
        rows = writer.shared[title][np.ix_(block.offers, block.periods)]
        gpu_type = job.data.options[block.option].gpu_type
        load = writer.loads.on_offer(gpu_type, block.gpus_per_shard)
        writer.put(rows, block.shards[:, None], load)
