"""Rule 4: over how many data centers a job may spread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from gpualloc.rules.rule import Breach, Rule
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class SpreadRule(Rule):
    r"""A job uses at most `max_data_centers` data centers at a time.

    .. math:: \sum_d v_{jfd} \le M_j \qquad \forall j, f

    with :math:`v_{jfd}` whether job j has a shard in data center d in phase f.
    """

    title: ClassVar[str] = "max_data_centers"

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield jobs that use too many data centers."""
        for stay in ledger.all_stays:
            used, most = len(stay.shards_at), stay.job.max_data_centers
            if most is not None and used > most:
                place = f"{stay.job.name}, {ledger.catalog.periods[stay.t]}"
                message = f"uses {used:,} data centers; {most:,} at most are allowed"
                yield Breach(self.title, place, message, used, most)

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        most = job.data.record.max_data_centers
        if most is None:
            return
        for block in job.all_blocks():
            row = writer.rows("max_data_centers", prefix=block.prefix, upper=0)
            writer.put(row, block.used, 1)
            writer.put(row, block.on, -most)
