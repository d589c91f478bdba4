"""Rule 7: the bandwidth of a data center with all others."""

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


class UplinkRule(Rule):
    r"""All that a data center exchanges with others fits its uplink.

    .. math:: \sum_{b \ne a} \ell_{abt} \le U_a \qquad \forall a, t

    with :math:`\ell_{abt}` the load of the link between a and b (see `LinkRule`) and :math:`U_a`
    the uplink, in Gbit/s.
    """

    title: ClassVar[str] = "uplinks"

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield uplinks that carry too much."""
        for (site, t), used in ledger.uplink_gbps_used.items():
            limit = ledger.catalog.sites[site].uplink_gbps
            if limit is not None and exceeds(used, limit):
                message = f"carries {show(used)} Gbit/s; {show(limit)} Gbit/s is the limit"
                place = f"{site}, {ledger.catalog.periods[t]}"
                yield Breach(self.title, place, message, used, limit)

    def write_shared(self, writer: Writer) -> None:
        arrays = writer.arrays
        writer.shared["uplinks"] = writer.rows(
            "uplinks",
            arrays.site_names,
            arrays.period_names,
            upper=arrays.uplink_gbps[:, None],
            where=np.isfinite(arrays.uplink_gbps)[:, None],
        )

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        if job.data.sync is None:
            return
        for block in job.all_blocks():
            rows = writer.shared["uplinks"][np.ix_(block.sites, block.periods)]
            rate_gbps = compute_exchange(writer.arrays, block).rate_gbps
            writer.put_ends(rows, block.spoke[:, :, None], rate_gbps[:, :, None])

    def write_flow(self, writer: Writer, flow: FlowColumns) -> None:
        rows = writer.shared["uplinks"][np.ix_(flow.sites, flow.data.periods)]
        writer.put_ends(rows, flow.crossing, flow.data.gbps)
