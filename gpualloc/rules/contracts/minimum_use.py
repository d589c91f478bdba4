"""Minimum use: in the named places nothing, or at least so much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from gpualloc.instance.records import Amount
from gpualloc.rules.figures import falls_short, show
from gpualloc.rules.places import PlacesRule
from gpualloc.rules.rule import Breach
from gpualloc.rules.scope import (
    blocks_in_window,
    bought_out,
    covers,
    gpu_hours_per_shard,
    write_used,
)
from gpualloc.rules.writer import MISSING, JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class MinimumUse(PlacesRule):
    r"""The covered jobs use nothing in the named places, or at least `gpu_hours` together.

    .. math:: \sum_{d \in D} H_d = 0 \quad \text{or} \quad \sum_{d \in D} H_d \ge Q

    with :math:`H_d` the covered GPU-hours in data center d in the window (see `Share`), :math:`D`
    the named data centers, and :math:`Q` in GPU-hours: a site that is worth opening only for much.
    """

    kind: ClassVar[str] = "minimum_use"

    gpu_hours: Annotated[Amount, Field(description="Least GPU-hours, if any are used at all.")]

    def read_binding(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield a use that is above zero and too small."""
        sites = ledger.catalog.sites
        hours = ledger.gpu_hours(self).items()
        used = sum(of_site for site, of_site in hours if self.names_place(sites[site]))
        if used > 0 and falls_short(used, self.gpu_hours):
            least = show(self.gpu_hours)
            message = f"{show(used)} GPU-hours are used; none, or {least} at least, are allowed"
            yield self.breach(message=message, figure=float(used), limit=self.gpu_hours)

    def write_shared(self, writer: Writer) -> None:
        if self.gpu_hours == 0:
            return
        begun = writer.columns("begun", prefix=(self.name,))
        least = writer.rows("minimum_use", prefix=(self.name,), lower=0)
        writer.put(least, begun, -1)
        writer.put(least, bought_out(writer, self), 1)
        writer.shared["minimum_use", self.name] = np.array([begun, least])

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        if self.gpu_hours == 0 or not covers(self, job.data):
            return
        begun, least = writer.shared["minimum_use", self.name]
        here = arrays.sites_of(self.providers, self.regions, self.data_centers)
        write_used(writer, self, job, "use begins", np.where(here, int(begun), MISSING))
        for block in blocks_in_window(self, arrays, job):
            gpu_hours = gpu_hours_per_shard(self, arrays, block, here)
            writer.put(least, block.shards, gpu_hours / self.gpu_hours)
