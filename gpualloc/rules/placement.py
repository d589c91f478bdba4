"""Rule 1: who is served, and where the shards are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from gpualloc.instance.records import Job
from gpualloc.instance.wording import quoted
from gpualloc.rules.rule import Breach, Charge, Rule
from gpualloc.rules.writer import Block, JobColumns, Writer
from gpualloc.units import exact

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger
    from gpualloc.rules.stay import Stay


class PlacementRule(Rule):
    r"""A served job runs in one option and places all its shards; other jobs place none.

    .. math::

        \sum_{p \in O_{jo}} x_{jofp} = S_{jo} \, y_{jo} \quad \forall j, o, f \qquad\qquad
        \sum_o y_{jo} + u_j = 1 \quad \forall j

    with :math:`x` the shards of job j in option o and phase f on offer p, :math:`O_{jo}` the offers
    of the option's GPU type in the job's allowed data centers, :math:`S` the option's shards,
    :math:`y` whether the option is chosen, and :math:`u` whether the job is left unserved at
    `unserved_usd`, which is zero where that is not given. Shards are alike, so they are counted and
    never numbered: numbering them would only add plans that differ in nothing.
    """

    title: ClassVar[str] = "placement"

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield jobs that are not placed as they must be."""
        for job in ledger.instance.jobs:
            served = ledger.is_served(job)
            yield from self._read_placed(ledger, job) if served else self._read_left(ledger, job)

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield `unserved_usd` of each job without a shard."""
        for job in ledger.instance.jobs:
            if job.unserved_usd is not None and not ledger.is_served(job):
                yield "unserved", exact(job.unserved_usd)

    def _read_left(self, ledger: Ledger, job: Job) -> Iterator[Breach]:
        if job.unserved_usd is None:
            yield self._breach(job.name, "must be served, and has no shard")
        elif job.name not in ledger.unserved:
            yield self._breach(job.name, "has no shard and is not listed as unserved")

    def _read_placed(self, ledger: Ledger, job: Job) -> Iterator[Breach]:
        span = ledger.catalog.window(job)
        stays = ledger.stays(job, range(len(ledger.catalog.periods)))
        if job.name in ledger.unserved:
            yield self._breach(job.name, "is listed as unserved, and has shards")
        if len({option for stay in stays for option in stay.options}) > 1:
            yield self._breach(job.name, "runs in several options; one is allowed")
        for stay in stays:
            yield from self._read_stay(ledger, stay, span)
        for t in span:
            if ledger.stay(job, t) is None:
                yield self._breach(self._place(ledger, job, t), "has no shard in this period")
        if job.move_usd_per_shard is None:
            yield from self._read_still(ledger, job, span)

    def _read_stay(self, ledger: Ledger, stay: Stay, span: range) -> Iterator[Breach]:
        place = self._place(ledger, stay.job, stay.t)
        if stay.t not in span:
            yield self._breach(place, "has shards outside the job's periods")
        yield from self._read_total(stay, place)
        for name in stay.shards:
            yield from self._read_offer(ledger, stay, name, place)

    def _read_total(self, stay: Stay, place: str) -> Iterator[Breach]:
        found, wanted = stay.total_shards, stay.job.options[min(stay.options)].shards
        if found != wanted:
            message = f"places {found:,} shards; the option has {wanted:,}"
            yield self._breach(place, message, found, wanted)

    def _read_offer(self, ledger: Ledger, stay: Stay, name: str, place: str) -> Iterator[Breach]:
        offer, site = ledger.catalog.offers[name], ledger.catalog.site_of[name]
        wanted = {stay.job.options[option].gpu_type for option in stay.options}
        if offer.gpu_type not in wanted:
            message = f"is on {quoted(name)}, whose GPUs are not of the option's type"
            yield self._breach(place, message)
        if not ledger.catalog.allows(stay.job, site):
            yield self._breach(place, f"is in {quoted(site.name)}, which the job does not allow")

    def _read_still(self, ledger: Ledger, job: Job, span: range) -> Iterator[Breach]:
        """A job without a price of moving stays as it was placed."""
        stays = ledger.stays(job, span)
        for before, stay in pairwise(stays):
            if stay.shards != before.shards:
                message = "is placed otherwise than in the period before, and may not move"
                yield self._breach(self._place(ledger, job, stay.t), message)

    def _place(self, ledger: Ledger, job: Job, t: int) -> str:
        return f"{job.name}, {ledger.catalog.periods[t]}"

    def _breach(
        self, place: str, message: str, figure: float | None = None, limit: float | None = None
    ) -> Breach:
        return Breach(self.title, place, message, figure, limit)

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        served = writer.rows("served", prefix=(job.data.name,), lower=1, upper=1)
        writer.put(served, job.on, 1)
        writer.put(served, job.unserved, 1)
        writer.charge("unserved", job.unserved, job.data.record.unserved_usd or 0)
        for block in job.all_blocks():
            self._write_block(writer, block)

    def _write_block(self, writer: Writer, block: Block) -> None:
        """All shards are placed; a data center is used exactly where shards are."""
        offers = [writer.arrays.offer_names[offer] for offer in block.offers]
        sites = [writer.arrays.site_names[site] for site in block.sites]
        place = writer.rows("place", prefix=block.prefix, lower=0, upper=0)
        writer.put(place, block.shards, 1)
        writer.put(place, block.on, -block.shards_total)
        fill = writer.rows("shards need a used data center", offers, prefix=block.prefix, upper=0)
        writer.put(fill, block.shards, 1)
        writer.put(fill, block.used[block.site_at], -block.shards_max)
        need = writer.rows("a used data center has shards", sites, prefix=block.prefix, upper=0)
        writer.put(need, block.used, 1)
        writer.put(need[block.site_at], block.shards, -1)
        choose = writer.rows("used by the chosen option", sites, prefix=block.prefix, upper=0)
        writer.put(choose, block.used, 1)
        writer.put(choose, block.on, -1)
