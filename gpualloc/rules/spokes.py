"""Rule 5: the hub of a job, and its spokes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.instance.records import Job
from gpualloc.instance.wording import quoted
from gpualloc.rules.figures import exceeds, show
from gpualloc.rules.rule import Breach, Rule
from gpualloc.rules.writer import Block, JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger
    from gpualloc.rules.stay import Stay


class SpokeRule(Rule):
    r"""A job that synchronizes between data centers has one hub, and a spoke from each other one.

    .. math::

        \eta_{jfa} + \sum_h z_{jfah} = v_{jfa} \quad \forall a \qquad
        z_{jfah} \le \eta_{jfh} \quad \forall a \ne h \qquad
        \sum_h \eta_{jfh} \le 1

    with :math:`v` whether the job's phase uses a data center, :math:`\eta` whether that is its hub,
    and :math:`z_{ah}` the spoke from a to hub h. A spoke exists only where the pair can talk and
    its round trip is at most `max_rtt_ms`. Two levels (inside a data center free of charge, then
    with the hub) keep the spokes linear in the data centers, where all pairs would be quadratic.
    """

    title: ClassVar[str] = "spokes"

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield hubs that are missing, needless, wrong or changing, and spokes that cannot be."""
        for stay in ledger.all_stays:
            place = f"{stay.job.name}, {ledger.catalog.periods[stay.t]}"
            for message in self._find_wrong_hub(ledger, stay):
                yield Breach(self.title, place, message)
            yield from self._read_paths(ledger, stay, place)
        yield from self._read_needless(ledger)
        for job in ledger.instance.jobs:
            if job.move_usd_per_shard is None:
                yield from self._read_still(ledger, job)

    def _find_wrong_hub(self, ledger: Ledger, stay: Stay) -> Iterator[str]:
        hub = ledger.hubs.get((stay.job.name, stay.t))
        if stay.needs_hub and hub is None:
            yield f"uses {len(stay.shards_at):,} data centers and has no hub"
        elif stay.needs_hub and hub not in stay.shards_at:
            yield f"has its hub in {quoted(str(hub))}, where it has no shard"

    def _read_paths(self, ledger: Ledger, stay: Stay, place: str) -> Iterator[Breach]:
        hub = ledger.hubs.get((stay.job.name, stay.t))
        if not stay.needs_hub or hub not in stay.shards_at:
            return
        for site in stay.shards_at:
            if site != hub and ledger.catalog.paths.between(site, hub) is None:
                message = f"{quoted(site)} and hub {quoted(hub)} cannot talk"
                yield Breach(self.title, place, message)
        most_ms = stay.job.max_rtt_ms
        for spoke in ledger.spokes(stay):
            rtt_ms = spoke.path.rtt_ms
            if most_ms is not None and exceeds(rtt_ms, most_ms):
                pair = f"{quoted(spoke.site)} to hub {quoted(spoke.hub)}"
                message = (
                    f"{pair} and back takes {show(rtt_ms)} ms; {show(most_ms)} ms is the limit"
                )
                yield Breach(self.title, place, message, rtt_ms, most_ms)

    def _read_needless(self, ledger: Ledger) -> Iterator[Breach]:
        for name, t in ledger.hubs:
            stay = ledger.stay(ledger.catalog.jobs[name], t)
            if stay is None or not stay.needs_hub:
                place = f"{name}, {ledger.catalog.periods[t]}"
                yield Breach(self.title, place, "has a hub and does not synchronize")

    def _read_still(self, ledger: Ledger, job: Job) -> Iterator[Breach]:
        """The hub is chosen for a phase, so a job that may not move keeps it."""
        hubs = {ledger.hubs.get((job.name, t)) for t in ledger.catalog.window(job)} - {None}
        if len(hubs) > 1:
            yield Breach(self.title, job.name, "changes its hub, and may not move")

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        if job.data.sync is None or job.data.record.max_data_centers == 1:
            return
        for block in job.all_blocks():
            sites = [writer.arrays.site_names[site] for site in block.sites]
            one = writer.rows("one hub", prefix=block.prefix, lower=0, upper=0)
            writer.put(one, block.hub, 1)
            writer.put(one, block.on, -1)
            reach = writer.rows("hub or spoke", sites, prefix=block.prefix, lower=0, upper=0)
            writer.put(reach, block.hub, 1)
            writer.put(reach[:, None], block.spoke, 1)
            writer.put(reach, block.used, -1)
            end = writer.rows(
                "spokes end at the hub",
                sites,
                sites,
                prefix=block.prefix,
                upper=0,
                where=block.spoke >= 0,
            )
            writer.put(end, block.spoke, 1)
            writer.put(end, block.hub[None, :], -1)
            self._write_room(writer, block, sites)

    @staticmethod
    def _write_room(writer: Writer, block: Block, sites: list[str]) -> None:
        """A hub that cannot hold all shards has spokes to data centers that hold the rest.

        Every plan does so already; a relaxation with half a hub here and half there does not.
        """
        room = np.bincount(block.site_at, block.shards_max, minlength=len(sites))
        rest = np.maximum(0, block.shards_total - room)
        rows = writer.rows("hub has room", sites, prefix=block.prefix, lower=0, where=rest > 0)
        writer.put(rows[None, :], block.spoke, np.minimum(room[:, None], rest[None, :]))
        writer.put(rows, block.hub, -rest)
