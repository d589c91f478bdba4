"""Share: which fraction of the covered GPU-hours runs in the named places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from gpualloc.errors import Fault
from gpualloc.instance.records import Fraction01
from gpualloc.rules.figures import exceeds, falls_short, show
from gpualloc.rules.places import PlacesRule
from gpualloc.rules.rule import Breach
from gpualloc.rules.scope import bought_out, covers, gpu_hours_per_shard, most_gpu_hours
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.instance.directory import Directory
    from gpualloc.rules.ledger import Ledger


class Share(PlacesRule):
    r"""Of the covered jobs' GPU-hours, a fraction between `min` and `max` is in the named places.

    .. math:: \alpha \, H \le \sum_{d \in D} H_d \le \omega \, H, \qquad
              H_d = \sum_{j \in J, \; p \in d, \; t \in N} g_{jo} \, x_{jofp} \, h_t, \quad
              H = \sum_d H_d

    with :math:`\alpha, \omega` the bounds, :math:`H_d` the GPU-hours of the covered jobs :math:`J`
    in data center d in the window :math:`N`, and :math:`D` the named data centers. Written as a
    product with :math:`H`, it stays linear and holds where the covered jobs use nothing at all.
    """

    kind: ClassVar[str] = "share"

    min: Annotated[Fraction01, Field(description="Least fraction of the GPU-hours.")] = 0.0
    max: Annotated[Fraction01, Field(description="Largest fraction of the GPU-hours.")] = 1.0

    def faults(self, directory: Directory) -> Iterator[Fault]:
        """The bounds leave room."""
        yield from super().faults(directory)
        if self.min > self.max:
            yield Fault("min", f"{self.min:.15g} is above max, {self.max:.15g}")

    def read_binding(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield a share outside the bounds."""
        hours = ledger.gpu_hours(self)
        total = sum(hours.values())
        if not total:
            return
        inside = sum(
            of_site
            for site, of_site in hours.items()
            if self.names_place(ledger.catalog.sites[site])
        )
        share = inside / total
        if falls_short(share, self.min):
            message = f"a share of {show(share)} is placed there; {show(self.min)} is the least"
            yield self.breach(message=message, figure=float(share), limit=self.min)
        if exceeds(share, self.max):
            message = f"a share of {show(share)} is placed there; {show(self.max)} is the most"
            yield self.breach(message=message, figure=float(share), limit=self.max)

    def write_shared(self, writer: Writer) -> None:
        most = 1000.0
        bought = bought_out(writer, self)
        least = writer.rows(
            "share at least", prefix=(self.name,), lower=0, where=np.asarray(self.min > 0)
        )
        writer.put(least, bought, most * self.min)
        limit = writer.rows(
            "share at most", prefix=(self.name,), upper=0, where=np.asarray(self.max < 1)
        )
        writer.put(limit, bought, -most * (1 - self.max))
        writer.shared["share", self.name] = np.array([least, limit])
        writer.notes["share", self.name] = max(most_gpu_hours(self, writer.arrays), 1.0) / 1000

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        if not covers(self, job.data):
            return
        here = arrays.sites_of(self.providers, self.regions, self.data_centers)
        everywhere = np.ones_like(here)
        unit_hours = writer.notes["share", self.name]
        least, limit = writer.shared["share", self.name]
        for block in job.all_blocks():
            inside = gpu_hours_per_shard(self, arrays, block, here) / unit_hours
            total = gpu_hours_per_shard(self, arrays, block, everywhere) / unit_hours
            writer.put(least, block.shards, inside - self.min * total)
            writer.put(limit, block.shards, inside - self.max * total)
