"""Separation: covered jobs keep apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from gpualloc.instance.wording import listed
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.rule import Breach
from gpualloc.rules.scope import blocks_in_window, bought_out, covers, window_of
from gpualloc.rules.writer import Block, JobColumns, Writer
from gpualloc.vectors import Ints

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger
    from gpualloc.rules.stay import Stay

SHOWN_JOBS = 5


class Separation(ContractRule):
    r"""No two covered jobs use the same data center, or provider, in the same period.

    .. math:: \sum_{j \in J} \max_{p \in r} [x_{jofp} > 0] \le 1 \qquad \forall r, \; t \in N

    with r the data centers or providers, :math:`x` the shards of the covered jobs :math:`J` on
    their offers p in period t, and :math:`N` the window. One failure then stops one job at most.
    """

    kind: ClassVar[str] = "separation"

    within: Annotated[
        Literal["data_center", "provider"], Field(description="What two jobs may not share.")
    ]

    def read_binding(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield each data center or provider that several covered jobs use."""
        users: dict[tuple[str, int], list[str]] = defaultdict(list)
        for stay in ledger.covered_stays(self):
            for used in self._find_used(ledger, stay):
                users[used, stay.t].append(stay.job.name)
        for (used, t), jobs in users.items():
            if len(jobs) > 1:
                shown = listed(jobs[:SHOWN_JOBS], "and")
                message = f"{len(jobs):,} covered jobs are there, {shown} first; one may be"
                period = ledger.catalog.periods[t]
                yield self.breach(used, period, message=message, figure=len(jobs), limit=1)

    def _find_used(self, ledger: Ledger, stay: Stay) -> set[str]:
        if self.within == "data_center":
            return set(stay.shards_at)
        return {ledger.catalog.sites[site].provider for site in stay.shards_at}

    def write_shared(self, writer: Writer) -> None:
        arrays = writer.arrays
        names = arrays.site_names if self.within == "data_center" else arrays.provider_names
        covered = sum(covers(self, job) for job in arrays.jobs)
        rows = writer.rows(
            "separation",
            names,
            arrays.period_names,
            prefix=(self.name,),
            upper=1,
            where=window_of(self, arrays)[None, :],
        )
        writer.put(rows, bought_out(writer, self), -max(0, covered - 1))
        writer.shared["separation", self.name] = rows

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        if not covers(self, job.data):
            return
        rows = writer.shared["separation", self.name]
        for block in blocks_in_window(self, arrays, job):
            if self.within == "data_center":
                at, present = block.sites, block.used
            else:
                at, present = self._write_presence(writer, block)
            writer.put(rows[np.ix_(at, block.periods)], present[:, None], 1)

    def _write_presence(self, writer: Writer, block: Block) -> tuple[Ints, Ints]:
        """Columns "the block is at this provider"."""
        arrays = writer.arrays
        providers, at = np.unique(arrays.site_provider[block.sites], return_inverse=True)
        prefix = (self.name, *block.prefix)
        names = [arrays.provider_names[provider] for provider in providers]
        present = writer.columns("at provider", names, prefix=prefix)
        sites = [arrays.site_names[site] for site in block.sites]
        rows = writer.rows("at provider", sites, prefix=prefix, upper=0)
        writer.put(rows, block.used, 1)
        writer.put(rows, present[at], -1)
        return providers, present
