"""What energy costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.figures import at_period
from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class EnergyRule(Rule):
    r"""Energy is paid for at the data center's price, cooling and losses included.

    .. math:: \sum_{d, t} \frac{P_{dt}}{1000} \, e_{dt} \, h_t

    .. math:: P_{dt} = \mathrm{PUE}_d \sum_{p \in d} \; \sum_{j, o, f \ni t}
              g_{jo} \, w_p \, x_{jofp}

    with :math:`P_{dt}` the facility power in kW (:math:`w_p` kW of IT power for a GPU of offer p),
    :math:`e_{dt}` in USD per MWh, and :math:`h_t` the hours of period t.
    """

    title: ClassVar[str] = "energy"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the energy cost of each data center in each period."""
        for (site, t), power_kw in ledger.power_kw_used.items():
            usd_per_mwh = at_period(ledger.catalog.sites[site].usd_per_mwh, t)
            yield "energy", power_kw / 1000 * usd_per_mwh * ledger.catalog.hours[t]

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        for block in job.all_blocks():
            sites = block.sites[block.site_at]
            gpu_kw = arrays.gpu_kw[job.data.options[block.option].gpu_type]
            shard_kw = block.gpus_per_shard * gpu_kw * arrays.pue[sites]
            usd_per_kw = (
                arrays.usd_per_kwh[np.ix_(sites, block.periods)] @ arrays.hours[block.periods]
            )
            writer.charge("energy", block.shards, shard_kw * usd_per_kw)
