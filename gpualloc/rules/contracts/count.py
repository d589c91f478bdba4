"""Count: how many providers or data centers the covered jobs use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from gpualloc.errors import Fault
from gpualloc.instance.records import Count
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.rule import Breach
from gpualloc.rules.scope import blocks_in_window, bought_out, covers, write_used
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.instance.directory import Directory
    from gpualloc.rules.ledger import Ledger


class CountUsed(ContractRule):
    r"""The covered jobs use at least `min` and at most `max` providers, or data centers.

    .. math:: \underline{n} \le \sum_r \max_{j \in J, \; t \in N, \; p \in r} [x_{jofp} > 0]
              \le \overline{n}

    with r the providers or data centers, :math:`x` the shards of the covered jobs :math:`J` on
    their offers p, in any period t of the window :math:`N`.
    """

    kind: ClassVar[str] = "count"

    of: Annotated[Literal["provider", "data_center"], Field(description="What is counted.")]
    min: Annotated[Count, Field(description="Least number in use.")] = 0
    max: Annotated[Count | None, Field(description="Most in use; null: no limit.")] = None

    def faults(self, directory: Directory) -> Iterator[Fault]:
        """The bounds leave room."""
        yield from super().faults(directory)
        if self.max is not None and self.min > self.max:
            yield Fault("min", f"{self.min} is above max, {self.max}")

    def read_binding(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield a number outside the bounds."""
        used, noun = self._count(ledger), self.of.replace("_", " ")
        if used < self.min:
            message = f"{used:,} {noun}s are used; {self.min:,} is the least"
            yield self.breach(message=message, figure=used, limit=self.min)
        if self.max is not None and used > self.max:
            message = f"{used:,} {noun}s are used; {self.max:,} is the most"
            yield self.breach(message=message, figure=used, limit=self.max)

    def _count(self, ledger: Ledger) -> int:
        sites = {site for stay in ledger.covered_stays(self) for site in stay.shards_at}
        if self.of == "data_center":
            return len(sites)
        return len({ledger.catalog.sites[site].provider for site in sites})

    def write_shared(self, writer: Writer) -> None:
        arrays = writer.arrays
        names = arrays.provider_names if self.of == "provider" else arrays.site_names
        counted = writer.columns("counted", names, prefix=(self.name,))
        bought = bought_out(writer, self)
        least = writer.rows(
            "count at least", prefix=(self.name,), lower=self.min, where=np.asarray(self.min > 0)
        )
        writer.put(least, counted, 1)
        writer.put(least, bought, self.min)
        if self.max is not None:
            most = writer.rows("count at most", prefix=(self.name,), upper=self.max)
            writer.put(most, counted, 1)
            writer.put(most, bought, -max(0, len(names) - self.max))
        proof = writer.rows(
            "counted is used", names, prefix=(self.name,), upper=0, where=np.asarray(self.min > 0)
        )
        writer.put(proof, counted, 1)
        writer.shared["count", self.name] = np.array([counted, proof])

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        if not covers(self, job.data):
            return
        counted, proof = writer.shared["count", self.name]
        by_site = counted[arrays.site_provider] if self.of == "provider" else counted
        write_used(writer, self, job, "used is counted", by_site)
        for block in blocks_in_window(self, arrays, job):
            at = arrays.site_provider[block.sites] if self.of == "provider" else block.sites
            writer.put(proof[at], block.used, -1)
