"""What GPUs cost that wait for synchronization."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.exchange import compute_exchange
from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class StallRule(Rule):
    r"""All GPUs of a job wait for its slowest spoke.

    .. math:: \lambda \sum_{j, f, \; t \in f} \max_a \frac{e_{jah}}{s_j + e_{jah}} \;
              G_j \, h_t \, \nu_j

    .. math:: e_{jah} = \max(0, \; 16 \, V_j / r_{jah} + \tau_{ah} / 1000 - o_j)

    with h the hub and a the other data centers of the phase, :math:`V` GB each way, :math:`r` the
    rate of the spoke in Gbit/s, :math:`\tau` its round trip in ms, :math:`o` the seconds hidden
    behind compute, :math:`s` the seconds between two synchronizations, :math:`G_j` the job's GPUs,
    :math:`\nu` the worth of an idle GPU-hour in USD, and :math:`\lambda` the `sync_weight`.

    The rows have a stalled fraction for each possible hub, :math:`Y_h \ge \sigma_{ah} z_{ah}` with
    z the spokes: zero where the hub is not, and sharper in a relaxation than one for all hubs.
    """

    title: ClassVar[str] = "stall"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the worth of the GPU-hours that each job waits in each period."""
        for stay in ledger.all_stays:
            spokes = ledger.spokes(stay)
            if spokes:
                stalled = max(spoke.stalled for spoke in spokes)
                worth = spokes[0].sync.usd_per_gpu_hour * ledger.instance.sync_weight
                hours = float(ledger.catalog.hours[stay.t])
                yield "stall", Fraction(stalled * stay.total_gpus * hours * worth)

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        sync, arrays = job.data.sync, writer.arrays
        if sync is None:
            return
        for block in job.all_blocks():
            gpus = job.data.options[block.option].gpus
            hours = arrays.hours[block.periods].sum()
            usd = arrays.instance.sync_weight * gpus * hours * sync.usd_per_gpu_hour
            if usd == 0 or not (block.spoke >= 0).any():
                continue
            sites = [arrays.site_names[site] for site in block.sites]
            stalled = compute_exchange(arrays, block).stalled
            slowest = writer.columns(
                "stalled fraction",
                sites,
                prefix=block.prefix,
                integer=False,
                where=np.any(block.spoke >= 0, axis=0),
            )
            writer.charge("stall", slowest, usd)
            rows = writer.rows(
                "stall", sites, sites, prefix=block.prefix, lower=0, where=block.spoke >= 0
            )
            writer.put(rows, slowest[None, :], 1)
            writer.put(rows, block.spoke, -stalled)
