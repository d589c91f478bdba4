"""What the distance between jobs that talk costs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import FlowColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class LatencyRule(Rule):
    r"""Each millisecond of round trip between the replicas of a flow has its price.

    .. math:: \lambda \sum_{k, t} \psi_k \, h_t \sum_{a \ne b} \tau_{ab} \, \phi_{ktab}

    with :math:`\phi` the fraction of flow k from a to b, :math:`\tau` the round trip in ms,
    :math:`\psi_k` in USD per ms and hour, :math:`h_t` in hours, and :math:`\lambda` the
    `sync_weight`.
    """

    title: ClassVar[str] = "latency"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the price of distance of each fraction of a flow."""
        for sent in ledger.flow_traffic:
            hours = float(ledger.catalog.hours[sent.t])
            usd_per_ms = sent.flow.usd_per_ms_hour * hours * ledger.instance.sync_weight
            yield "latency", Fraction(usd_per_ms * sent.path.rtt_ms * sent.fraction)

    def write_flow(self, writer: Writer, flow: FlowColumns) -> None:
        arrays = writer.arrays
        rtt_ms = arrays.link_rtt_ms[np.ix_(flow.sites, flow.sites)]
        hours = arrays.hours[flow.data.periods][:, None, None]
        usd_per_ms = arrays.instance.sync_weight * flow.data.usd_per_ms_hour * hours
        writer.charge("latency", flow.share, usd_per_ms * rtt_ms)
