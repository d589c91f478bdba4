"""What an offer costs once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.offers import put_gpus
from gpualloc.rules.rule import Charge, Rule
from gpualloc.rules.writer import MISSING, Block, JobColumns, Writer
from gpualloc.units import exact

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class FixedRule(Rule):
    r"""The reservation or set-up fee of an offer is paid once, if the offer is used at all.

    .. math:: \sum_p F_p \, \zeta_p, \qquad
              \zeta_p = 1 \text{ if } x_{jofp} > 0 \text{ for some } j, o, f

    with :math:`F_p` in USD and :math:`x` the shards on offer p.

    The rows are :math:`\sum_o v_{jofd} \le \zeta_p` with v whether the data center of p is used,
    where p is the one offer there that option o can use: sharper than :math:`x_p \le S \zeta_p`,
    which a few shards satisfy with a part of the fee. A job runs in one option, so its options
    share a row. Sharper for all jobs together are

    .. math:: \sum_{j, o, f \ni t} g_{jo} \, x_{jofp} \le M_{pt} \, \zeta_p \qquad \forall p, t

    with :math:`g` the GPUs per shard and :math:`M_{pt}` the GPUs of p that there is power for.
    """

    title: ClassVar[str] = "fixed"

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the fee of each offer in use."""
        for offer in {offer for offer, _ in ledger.gpus_used}:
            yield "fixed", exact(ledger.catalog.offers[offer].fixed_usd)

    def write_shared(self, writer: Writer) -> None:
        arrays = writer.arrays
        opened = writer.columns("opened", arrays.offer_names, where=arrays.offer_fixed_usd > 0)
        writer.charge("fixed", opened, arrays.offer_fixed_usd)
        writer.shared["opened"] = opened
        self._write_room(writer)

    @staticmethod
    def _write_room(writer: Writer) -> None:
        """What is used of an offer is no more than it has, and nothing before it is opened."""
        arrays, loads, opened = writer.arrays, writer.loads, writer.shared["opened"]
        room = writer.rows(
            "opened room",
            arrays.offer_names,
            arrays.period_names,
            upper=0,
            where=(opened >= 0)[:, None],
        )
        writer.shared["opened room"] = room
        for offer, period in np.argwhere(room >= 0).tolist():
            most = loads.offer(offer).coefficient(loads.most_gpus(offer, period))
            writer.put(room[offer, period], opened[offer], -most)

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        put_gpus(writer, job, "opened room")
        for phase in range(len(job.data.phases)):
            blocks = [phases[phase] for phases in job.blocks]
            self._write_phase(writer, blocks)

    @staticmethod
    def _write_phase(writer: Writer, blocks: list[Block]) -> None:
        arrays, opened = writer.arrays, writer.shared["opened"]
        able = np.unique(np.concatenate([block.offers for block in blocks]))
        able = able[opened[able] >= 0]
        names = [arrays.offer_names[offer] for offer in able]
        rows = writer.rows("opened", names, prefix=blocks[0].prefix[::2], upper=0)
        writer.put(rows, opened[able], -1)
        row_of = np.full(len(arrays.offer_names), MISSING)
        row_of[able] = rows
        for block in blocks:
            alone = np.bincount(block.site_at, minlength=len(block.sites))[block.site_at] == 1
            own = row_of[block.offers]
            writer.put(own[alone], block.used[block.site_at[alone]], 1)
            writer.put(own[~alone], block.shards[~alone], 1 / block.shards_max[~alone])
