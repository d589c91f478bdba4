"""What moving data costs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.exchange import compute_exchange
from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import FlowColumns, JobColumns, Writer
from gpualloc.units import GB_PER_HOUR_PER_GBPS

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger

MOST_USD = 1e300
"""Larger figures have no meaning, and could not be added up."""


class EgressRule(Rule):
    r"""Each gigabyte that moves between data centers is paid for at the price of its link.

    .. math:: \sum_{t, \{a, b\}} m_{abt} \, q_{ab} \, h_t

    with :math:`m_{abt}` the GB per hour between a and b (see `TransferRule`), :math:`q_{ab}` in USD
    per GB, and :math:`h_t` the hours of period t.
    """

    title: ClassVar[str] = "egress"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the price of each spoke and flow in each period."""
        for sent in ledger.traffic:
            if sent.path.usd_per_gb > 0:
                hours = float(ledger.catalog.hours[sent.t])
                usd = sent.gb_per_hour * hours * sent.path.usd_per_gb
                yield "egress", Fraction(min(usd, MOST_USD))

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        if job.data.sync is None:
            return
        for block in job.all_blocks():
            usd_per_gb = arrays.link_usd_per_gb[np.ix_(block.sites, block.sites)]
            gb = compute_exchange(arrays, block).gb_per_hour * arrays.hours[block.periods].sum()
            writer.charge("egress", block.spoke, gb * usd_per_gb)

    def write_flow(self, writer: Writer, flow: FlowColumns) -> None:
        arrays = writer.arrays
        usd_per_gb = arrays.link_usd_per_gb[np.ix_(flow.sites, flow.sites)]
        gb = flow.data.gbps * GB_PER_HOUR_PER_GBPS * arrays.hours[flow.data.periods]
        writer.charge("egress", flow.share, gb[:, None, None] * usd_per_gb)
