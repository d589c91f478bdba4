"""First refusal: what the holder has room for goes nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from gpualloc.instance.arrays import Arrays, JobArrays
from gpualloc.instance.records import CountPerPeriod, DataCenter, Job, Option, ProviderName
from gpualloc.instance.wording import quoted
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.figures import at_period
from gpualloc.rules.room import Room
from gpualloc.rules.rule import Breach
from gpualloc.rules.scope import bought_out, contracts_barring, covers, window_of
from gpualloc.rules.shortage import ShortageRows
from gpualloc.rules.shortage_ways import Unit, units_of
from gpualloc.rules.writer import MISSING, Block, JobColumns, Writer
from gpualloc.vectors import Ints

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger

Precedence = Literal["none", "listed"]


class FirstRefusal(ContractRule):
    r"""The holder is asked first: only what it has no room for goes elsewhere.

    Let phase f of a covered job j be in the window and have a shard outside the holder R. Then

    .. math:: \forall o \in O_j, \; p \in R_{jof} \quad \exists \, t \in f: \quad
              u_{jo} > C_{pt} - \sum g x \;\lor\;
              u_{jo} \, w_p \, \mathrm{PUE}_d > W_{dt} - \sum g x w \, \mathrm{PUE} \;\lor\;
              u_{jo} > A_t - \sum_{j' \in J, \; p' \in R} g x

    with :math:`R_{jof}` the holder's offers that option o could use (GPU type, the job's own lists,
    exclusivity and dedication that are not bought out), and :math:`u_{jo}` the GPUs of the unit
    that is asked for: a shard, or all shards of a job that may use one data center only. No room
    is left in the offer's GPUs :math:`C`, in the data center's power :math:`W` in kW, or, for t in
    the window, in the GPUs that the holder accepts of the covered jobs, :math:`A` (`accepts_gpus`),
    which they may never exceed there.

    The sums run over the finished plan (`precedence` `none`), or over the jobs listed no later than
    j (`listed`), as if the holder had been asked in that order. All options count, so no job leaves
    by a configuration that the holder does not sell. All figures are counted exactly: a holder
    with room for exactly one more unit has room.
    """

    kind: ClassVar[str] = "first_refusal"

    holder: Annotated[ProviderName, Field(description="The provider that is asked first.")]
    accepts_gpus: Annotated[
        CountPerPeriod | None,
        Field(
            description="Most GPUs that the holder accepts of the covered jobs, one figure or one "
            "a period; null: whatever fits."
        ),
    ] = None
    precedence: Annotated[
        Precedence,
        Field(description="Whose load counts as used: the whole plan's, or that of earlier jobs."),
    ] = "none"

    def read_binding(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield GPUs beyond those accepted, and jobs that left though there was room."""
        yield from self._read_accepted(ledger)
        for job, phase, where in self._find_passed_over(ledger, self.precedence):
            period = ledger.catalog.name_phase(phase)
            yield self.breach(job.name, period, message=f"is placed elsewhere, and {where}")

    def remark(self, ledger: Ledger) -> Iterator[str]:
        """Yield the jobs outside the holder that could not be there under `listed`."""
        if self.precedence == "none":
            passed_over = self._find_passed_over(ledger, "listed")
            for name in dict.fromkeys(job.name for job, _, _ in passed_over):
                yield (
                    f"{self.title}[{self.name}]: {name} is not with {self.holder}, which has room "
                    "for it if jobs listed later do not count (precedence listed)"
                )

    def _read_accepted(self, ledger: Ledger) -> Iterator[Breach]:
        used: Counter[int] = Counter()
        for (offer, t), gpus in ledger.covered_gpus(self).items():
            used[t] += gpus if ledger.catalog.site_of[offer].provider == self.holder else 0
        for t, accepted in self._find_accepted(ledger).items():
            if used[t] > accepted:
                message = f"{used[t]:,} covered GPUs are at the holder; it accepts {accepted:,}"
                period = ledger.catalog.periods[t]
                yield self.breach(period, message=message, figure=used[t], limit=accepted)

    def _find_accepted(self, ledger: Ledger) -> dict[int, int]:
        """The GPUs that the holder accepts in each period in which that is limited."""
        if self.accepts_gpus is None:
            return {}
        return {t: int(at_period(self.accepts_gpus, t)) for t in ledger.catalog.window(self)}

    def _find_passed_over(
        self, ledger: Ledger, precedence: Precedence
    ) -> Iterator[tuple[Job, range, str]]:
        """Jobs and phases that are elsewhere, each with what the holder had room for."""
        room = Room(ledger, self.holder, self._find_accepted(ledger))
        covered = {job.name for job in ledger.covered_jobs(self)}
        if precedence == "none":
            for job in ledger.instance.jobs:
                room.take(job, job.name in covered)
        for job in ledger.instance.jobs:
            if precedence == "listed":
                room.take(job, job.name in covered)
            if job.name in covered:
                for phase in ledger.catalog.phases_in_window(self, job):
                    if self._is_elsewhere(ledger, job, phase):
                        for found in islice(self._find_room(ledger, room, job, phase), 1):
                            yield job, phase, found

    def _is_elsewhere(self, ledger: Ledger, job: Job, phase: range) -> bool:
        sites = (site for stay in ledger.stays(job, phase) for site in stay.shards_at)
        return any(ledger.catalog.sites[site].provider != self.holder for site in sites)

    def _find_room(self, ledger: Ledger, room: Room, job: Job, phase: range) -> Iterator[str]:
        for option in job.options:
            unit = unit_gpus(job, option)
            for offer in room.offers(option.gpu_type):
                has_room = room.holds(offer, phase, unit)
                if has_room and self._may_use(ledger, job, phase, ledger.catalog.site_of[offer]):
                    yield f"{quoted(offer)} has room for {unit:,} GPUs more"

    def _may_use(self, ledger: Ledger, job: Job, phase: range, site: DataCenter) -> bool:
        forbidding = (rule.forbids(ledger, job, phase, site) for rule in ledger.contracts)
        return ledger.catalog.allows(job, site) and not any(forbidding)

    def write_shared(self, writer: Writer) -> None:
        arrays = writer.arrays
        holder = arrays.provider_names.index(self.holder)
        self._write_accepted(writer)
        listed = self.precedence == "listed"
        shortages = ShortageRows(writer, self.name, holder, self._accepts(arrays), listed)
        for job in arrays.jobs:
            for periods in self._phases(arrays, job):
                for unit in units_of(arrays, job, holder):
                    shortages.declare(shortages.ways(job, unit, periods))
        shortages.declare_order()
        writer.notes["first_refusal", self.name] = shortages

    def _phases(self, arrays: Arrays, job: JobArrays) -> list[Ints]:
        """The phases of a covered job that touch the window."""
        window = window_of(self, arrays)
        return [periods for periods in job.phases if covers(self, job) and window[periods].any()]

    def _accepts(self, arrays: Arrays) -> tuple[int | None, ...]:
        """(T,) GPUs that the holder accepts; None outside the window or without a limit."""
        window = window_of(self, arrays)
        accepts = self.accepts_gpus
        by_period = accepts if isinstance(accepts, Sequence) else [accepts] * len(window)
        return tuple(
            gpus if inside else None for gpus, inside in zip(by_period, window, strict=True)
        )

    def _write_accepted(self, writer: Writer) -> None:
        """The covered jobs use at most the accepted GPUs at the holder."""
        arrays, lattice = writer.arrays, writer.loads.gpus
        accepts = self._accepts(arrays)
        limited = np.array([gpus is not None for gpus in accepts])
        limits = [lattice.most_within(Fraction(gpus or 0)) for gpus in accepts]
        rows = writer.rows(
            "accepted",
            arrays.period_names,
            prefix=(self.name,),
            upper=limits,
            strict=True,
            where=limited,
        )
        covered = [job for job in arrays.jobs if covers(self, job)]
        most = sum(max(option.gpus for option in job.options) for job in covered)
        writer.put(rows, bought_out(writer, self), -lattice.coefficient(Fraction(most)))
        writer.shared["accepted", self.name] = rows

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        shortages = writer.notes["first_refusal", self.name]
        covered = covers(self, job.data)
        for block in job.all_blocks():
            shortages.put_load(block, covered)
            if covered:
                self._put_accepted(writer, block, shortages.holder)
        for phase, periods in enumerate(job.data.phases):
            if covered and window_of(self, arrays)[periods].any():
                self._write_phase(writer, job, phase, shortages)

    def _put_accepted(self, writer: Writer, block: Block, holder: int) -> None:
        here = writer.arrays.offer_provider[block.offers] == holder
        gpus = writer.loads.gpus.coefficient(Fraction(block.gpus_per_shard))
        rows = writer.shared["accepted", self.name][block.periods]
        writer.put(rows[None, :], block.shards[here, None], gpus)

    def _write_phase(
        self, writer: Writer, job: JobColumns, phase: int, shortages: ShortageRows
    ) -> None:
        """A phase is outside only where the holder has no room for any unit of the job."""
        arrays = writer.arrays
        blocks = [phases[phase] for phases in job.blocks]
        prefix = (self.name, *blocks[0].prefix[::2])
        out = int(writer.columns("outside", prefix=prefix))
        for block in blocks:
            away = arrays.offer_provider[block.offers] != shortages.holder
            row = writer.rows("outside", prefix=(self.name, *block.prefix), upper=0)
            writer.put(row, block.shards[away], 1)
            writer.put(row, out, -block.shards_total)
        barring = contracts_barring(arrays, job.data, blocks[0].periods)
        for unit in units_of(arrays, job.data, shortages.holder):
            site = arrays.offer_site[unit.offer]
            excuses = [bought_out(writer, contract) for contract, sites in barring if sites[site]]
            self._write_unit(writer, blocks[0], unit, out, excuses, shortages)

    def _write_unit(
        self,
        writer: Writer,
        block: Block,
        unit: Unit,
        out: int,
        excuses: list[int],
        shortages: ShortageRows,
    ) -> None:
        """`outside <= sum of short + excuses`, for one unit on one offer of the holder.

        An excuse is a contract that bars the offer and is not bought out.
        """
        ways = shortages.ways(block.job.data, unit, block.periods)
        short = [shortages.columns[way] for way in ways]
        if None in short or MISSING in excuses:
            return
        offer = writer.arrays.offer_names[unit.offer]
        keys = (self.name, *block.prefix[::2], offer, f"unit {unit.gpus}")
        row = writer.rows("no room", prefix=keys, upper=len(excuses))
        writer.put(row, out, 1)
        writer.put(row, np.array(short, dtype=np.int64), -1)
        writer.put(row, np.array(excuses, dtype=np.int64), 1)
        writer.put(row, bought_out(writer, self), -1)


def unit_gpus(job: Job, option: Option) -> int:
    """The GPUs that are asked for at once: those of a shard, or of all if they stay together."""
    together = job.max_data_centers == 1
    return option.gpus_per_shard * (option.shards if together else 1)
