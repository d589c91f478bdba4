"""What moving shards costs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.instance.records import Job
from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import MISSING, Block, JobColumns, Writer
from gpualloc.units import exact
from gpualloc.vectors import Ints

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class MoveRule(Rule):
    r"""Each shard that was not on its offer in the phase before has moved, at a price.

    .. math:: \sum_{j, f} \mu_j \sum_p \max(0, x_{jfp} - x_{j,f-1,p})

    with :math:`\mu_j` in USD per shard and :math:`x` the shards on offer p. Before the first phase
    are the shards of `current`; without `current` the first placement is free. Shards are alike,
    so what an offer gains is all that can have moved there.
    """

    title: ClassVar[str] = "moves"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the price of each job's moves."""
        for job in ledger.instance.jobs:
            if job.move_usd_per_shard is not None and ledger.is_served(job):
                yield "moves", exact(job.move_usd_per_shard) * self._count_moved(ledger, job)

    def _count_moved(self, ledger: Ledger, job: Job) -> int:
        before = job.current
        moved = 0
        for phase in ledger.catalog.phases(job):
            stay = ledger.stay(job, phase[0])
            now = {} if stay is None else stay.shards
            if before is not None:
                moved += sum(max(0, held - before.get(offer, 0)) for offer, held in now.items())
            before = now
        return moved

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        usd_per_shard = job.data.record.move_usd_per_shard
        if not usd_per_shard:
            return
        for phases in job.blocks:
            if job.data.current is not None:
                self._write_first(writer, phases[0], job.data.current, usd_per_shard)
            for before, block in pairwise(phases):
                self._write_next(writer, before, block, usd_per_shard)

    def _write_first(
        self, writer: Writer, block: Block, current: Ints, usd_per_shard: float
    ) -> None:
        rows = self._write_moved(writer, block, usd_per_shard)
        writer.put(rows, block.on, np.minimum(current[block.offers], block.shards_max))

    def _write_next(
        self, writer: Writer, before: Block, block: Block, usd_per_shard: float
    ) -> None:
        rows = self._write_moved(writer, block, usd_per_shard)
        shards_before = np.full(len(writer.arrays.offer_site), MISSING)
        shards_before[before.offers] = before.shards
        writer.put(rows, shards_before[block.offers], 1)

    @staticmethod
    def _write_moved(writer: Writer, block: Block, usd_per_shard: float) -> Ints:
        """Rows `moved - shards + shards before >= 0`, still without the last term."""
        names = [writer.arrays.offer_names[offer] for offer in block.offers]
        moved = writer.columns(
            "moved", names, prefix=block.prefix, upper=block.shards_max, integer=False
        )
        writer.charge("moves", moved, usd_per_shard)
        rows = writer.rows("moved", names, prefix=block.prefix, lower=0)
        writer.put(rows, moved, 1)
        writer.put(rows, block.shards, -1)
        return rows
