"""Rule 7: the bandwidth between two data centers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.exchange import compute_exchange
from gpualloc.rules.figures import exceeds, show
from gpualloc.rules.rule import Breach, Rule
from gpualloc.rules.writer import FlowColumns, JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class LinkRule(Rule):
    r"""The rates that spokes reserve and the loads of flows fit the link of each pair.

    .. math:: \sum_{j, f \ni t} r_{jab} \, (z_{jfab} + z_{jfba})
              + \sum_k B_k \, (\phi_{ktab} + \phi_{ktba}) \le L_{ab} \qquad \forall \{a, b\}, t

    with :math:`r_{jab} = \min(B_j, L_{ab})` the rate of a spoke, :math:`B_k` the rate of flow k,
    :math:`\phi` the fraction of it from a to b, and :math:`L_{ab}` the link, all in Gbit/s.
    """

    title: ClassVar[str] = "links"

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield links that carry too much."""
        for (a, b, t), used in ledger.link_gbps_used.items():
            path = ledger.catalog.paths.between(a, b)
            if path is not None and exceeds(used, path.gbps):
                message = f"carries {show(used)} Gbit/s; {show(path.gbps)} Gbit/s is the limit"
                place = f"{a}, {b}, {ledger.catalog.periods[t]}"
                yield Breach(self.title, place, message, used, path.gbps)

    def write_shared(self, writer: Writer) -> None:
        arrays = writer.arrays
        rows = writer.rows(
            "links",
            arrays.site_names,
            arrays.site_names,
            arrays.period_names,
            upper=arrays.link_gbps[:, :, None],
            where=np.triu(arrays.can_talk, k=1)[:, :, None],
        )
        writer.shared["links"] = np.maximum(rows, rows.swapaxes(0, 1))

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        if job.data.sync is None:
            return
        for block in job.all_blocks():
            rows = writer.shared["links"][np.ix_(block.sites, block.sites, block.periods)]
            rate_gbps = compute_exchange(writer.arrays, block).rate_gbps
            writer.put(rows, block.spoke[:, :, None], rate_gbps[:, :, None])

    def write_flow(self, writer: Writer, flow: FlowColumns) -> None:
        rows = writer.shared["links"][np.ix_(flow.sites, flow.sites, flow.data.periods)]
        writer.put(rows, np.moveaxis(flow.share, 0, 2), flow.data.gbps)
