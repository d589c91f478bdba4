"""Rule 3: the power of a data center."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.figures import show
from gpualloc.rules.rule import Breach, Rule
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class PowerRule(Rule):
    r"""The facility power of a data center stays within its grid power.

    .. math:: \sum_{p \in d} \; \sum_{j, o, f \ni t} g_{jo} \, w_p \, \mathrm{PUE}_d \, x_{jofp}
              \le 1000 \, W_{dt} \qquad \forall d, t

    with :math:`g` the GPUs per shard, :math:`w_p` kW of IT power for a GPU of offer p, :math:`x`
    the shards there, and :math:`W_{dt}` in MW. The figures count as the decimals that they are
    written as, so a plan that fills a site to the last watt is valid.
    """

    title: ClassVar[str] = "power"

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield data centers that draw too much power."""
        for (site, t), used_kw in ledger.power_kw_used.items():
            limit_kw = ledger.catalog.power_kw(site, t)
            if limit_kw is not None and used_kw > limit_kw:
                used_mw, limit_mw = used_kw / 1000, limit_kw / 1000
                message = f"draws {show(used_mw)} MW; {show(limit_mw)} MW is the limit"
                place = f"{site}, {ledger.catalog.periods[t]}"
                yield Breach(self.title, place, message, float(used_mw), float(limit_mw))

    def write_shared(self, writer: Writer) -> None:
        arrays, loads = writer.arrays, writer.loads
        limits = np.full(arrays.power_kw.shape, np.inf)
        for site, period in np.argwhere(np.isfinite(arrays.power_kw)):
            limit_kw = loads.power_limit_kw(site, period)
            limits[site, period] = loads.power[site].most_within(limit_kw)
        writer.shared["power"] = writer.rows(
            "power",
            arrays.site_names,
            arrays.period_names,
            upper=limits,
            strict=True,
            where=np.isfinite(limits),
        )

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        loads = writer.loads
        for block in job.all_blocks():
            gpu_type = job.data.options[block.option].gpu_type
            shard_loads = [
                loads.power[site].coefficient(loads.shard_kw(site, gpu_type, block.gpus_per_shard))
                for site in block.sites
            ]
            sites = block.sites[block.site_at]
            rows = writer.shared["power"][np.ix_(sites, block.periods)]
            writer.put(rows, block.shards[:, None], np.array(shard_loads)[block.site_at, None])
