"""What bringing a job's data to a data center costs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.instance.arrays import Arrays
from gpualloc.instance.records import Job
from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import MISSING, Block, JobColumns, Writer
from gpualloc.units import exact
from gpualloc.vectors import Bools

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class StagingRule(Rule):
    r"""A job's data is brought to each data center that it did not use in the phase before.

    .. math:: \sum_{j, f, d} E_{jd} \, v_{jfd} \, (1 - v_{j,f-1,d})

    with :math:`E_{jd}` the `staging_usd` of job j and data center d, and :math:`v` whether the
    phase uses d. Before the first phase are the data centers of `current`; without it none.
    """

    title: ClassVar[str] = "staging"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the price of each data center that a job comes to."""
        for job in ledger.instance.jobs:
            price = job.staging_usd or {}
            for site in self._find_entered(ledger, job) if price else ():
                yield "staging", exact(price.get(site, 0))

    def _find_entered(self, ledger: Ledger, job: Job) -> Iterator[str]:
        held = (job.current or {}).items()
        before = {ledger.catalog.site_of[offer].name for offer, shards in held if shards > 0}
        for phase in ledger.catalog.phases(job):
            stay = ledger.stay(job, phase[0])
            now = set() if stay is None else set(stay.shards_at)
            yield from now - before
            before = now

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        if not job.data.staging_usd.any():
            return
        staged = self._staged_sites(writer.arrays, job)
        for phases in job.blocks:
            first = phases[0]
            usd = np.where(staged, 0, job.data.staging_usd)[first.sites]
            writer.charge("staging", first.used, usd)
            for before, block in pairwise(phases):
                self._write_next(writer, before, block)

    @staticmethod
    def _staged_sites(arrays: Arrays, job: JobColumns) -> Bools:
        """(D,) data centers that hold the job's data before its first period."""
        staged = np.zeros(len(arrays.site_names), dtype=bool)
        if job.data.current is not None:
            staged[arrays.offer_site[job.data.current > 0]] = True
        return staged

    @staticmethod
    def _write_next(writer: Writer, before: Block, block: Block) -> None:
        arrays, usd = writer.arrays, block.job.data.staging_usd[block.sites]
        names = [arrays.site_names[site] for site in block.sites]
        staged = writer.columns("staged", names, prefix=block.prefix, integer=False, where=usd > 0)
        writer.charge("staging", staged, usd)
        rows = writer.rows("staged", names, prefix=block.prefix, lower=0, where=usd > 0)
        used_before = np.full(len(arrays.site_names), MISSING)
        used_before[before.sites] = before.used
        writer.put(rows, staged, 1)
        writer.put(rows, block.used, -1)
        writer.put(rows, used_before[block.sites], 1)
