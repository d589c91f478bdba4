"""Rule 8: the data that a data center moves in a period."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.exchange import compute_exchange
from gpualloc.rules.figures import exceeds, show
from gpualloc.rules.rule import Breach, Rule
from gpualloc.rules.writer import FlowColumns, JobColumns, Writer
from gpualloc.units import GB_PER_HOUR_PER_GBPS

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class TransferRule(Rule):
    r"""What a data center moves in a period stays within its allowance.

    .. math:: \frac{h_t}{1000} \sum_{b \ne a} m_{abt} \le T_a \qquad \forall a, t

    with :math:`m_{abt}` the GB per hour between a and b: :math:`2 V \cdot 3600 / (s + e)` for a
    spoke (:math:`V` GB each way, every :math:`s` seconds of compute and :math:`e` seconds exposed)
    and 450 for each Gbit/s of a flow; :math:`h_t` in hours and :math:`T_a` in TB.
    """

    title: ClassVar[str] = "transfer"

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield data centers that move too much."""
        for (site, t), used_tb in ledger.transfer_tb_used.items():
            limit_tb = ledger.catalog.sites[site].transfer_tb
            if limit_tb is not None and exceeds(used_tb, limit_tb):
                message = f"moves {show(used_tb)} TB; {show(limit_tb)} TB is the limit"
                place = f"{site}, {ledger.catalog.periods[t]}"
                yield Breach(self.title, place, message, used_tb, limit_tb)

    def write_shared(self, writer: Writer) -> None:
        arrays = writer.arrays
        writer.shared["transfer"] = writer.rows(
            "transfer",
            arrays.site_names,
            arrays.period_names,
            upper=arrays.transfer_tb[:, None],
            where=np.isfinite(arrays.transfer_tb)[:, None],
        )

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        if job.data.sync is None:
            return
        for block in job.all_blocks():
            rows = writer.shared["transfer"][np.ix_(block.sites, block.periods)]
            gb_per_hour = compute_exchange(writer.arrays, block).gb_per_hour
            tb = gb_per_hour[:, :, None] * writer.arrays.hours[block.periods] / 1000
            writer.put_ends(rows, block.spoke[:, :, None], tb)

    def write_flow(self, writer: Writer, flow: FlowColumns) -> None:
        rows = writer.shared["transfer"][np.ix_(flow.sites, flow.data.periods)]
        tb_per_hour = flow.data.gbps * GB_PER_HOUR_PER_GBPS / 1000
        tb = tb_per_hour * writer.arrays.hours[flow.data.periods]
        writer.put_ends(rows, flow.crossing, tb)
