"""What a frontier holds against the cost: penalty, energy, providers, moves."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from gpualloc.rules import COST_LINES, rules_of
from gpualloc.rules.contracts.count import CountUsed
from gpualloc.rules.measure import Measure, Terms, join_terms
from gpualloc.rules.writer import JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger

PENALTY_LINES = ("stall", "latency", "egress")
"""The lines of a plan's cost that are its synchronization penalty."""


class Cost(Measure):
    """What a plan costs, in USD."""

    label: str = "cost, USD"
    lines: ClassVar[tuple[str, ...]] = COST_LINES

    def terms(self, writer: Writer) -> Terms:
        return join_terms((ids, usd) for line, ids, usd in writer.costs if line in self.lines)

    def amount(self, ledger: Ledger) -> Fraction:
        charges = (charge for rule in rules_of(ledger.instance) for charge in rule.charge(ledger))
        return sum((usd for line, usd in charges if line in self.lines), Fraction(0))


class Penalty(Cost):
    """The synchronization penalty: stall, latency and egress."""

    label: str = "penalty, USD"
    lines: ClassVar[tuple[str, ...]] = PENALTY_LINES


class OtherCost(Cost):
    """What a plan costs without its synchronization penalty."""

    label: str = "other costs, USD"
    lines: ClassVar[tuple[str, ...]] = tuple(set(COST_LINES) - set(PENALTY_LINES))


class Energy(Measure):
    r"""The energy of all GPUs, cooling and losses included, in MWh.

    .. math:: \sum_{d, t} P_{dt} \, h_t / 1000

    with :math:`P_{dt}` the facility power in kW and :math:`h_t` the hours of period t.
    """

    label: str = "energy, MWh"

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        arrays = writer.arrays
        for block in job.all_blocks():
            gpu_kw = arrays.gpu_kw[job.data.options[block.option].gpu_type]
            shard_kw = block.gpus_per_shard * gpu_kw * arrays.pue[block.sites[block.site_at]]
            mwh = shard_kw * arrays.hours[block.periods].sum() / 1000
            writer.count(self, block.shards, mwh)

    def amount(self, ledger: Ledger) -> Fraction:
        hours = ledger.catalog.hours
        used = ledger.power_kw_used.items()
        return sum((kw * hours[t] / 1000 for (_, t), kw in used), Fraction(0))


class Providers(Measure):
    r"""How many providers the plan uses in any period.

    .. math:: \sum_r \max_{j, o, f, \; p \in r} [x_{jofp} > 0]

    with :math:`x` the shards on the offers p of provider r. The columns are those of a contract
    that counts providers and limits nothing.
    """

    label: str = "providers"
    is_whole: ClassVar[bool] = True

    def __init__(self) -> None:
        self._count = CountUsed.model_construct(name="", type="count", of="provider")

    def write_shared(self, writer: Writer) -> None:
        self._count.write_shared(writer)
        counted, _ = writer.shared["count", self._count.name]
        writer.count(self, counted, 1)

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        self._count.write_job(writer, job)

    def amount(self, ledger: Ledger) -> Fraction:
        sites = {site for stay in ledger.all_stays for site in stay.shards_at}
        return Fraction(len({ledger.catalog.sites[site].provider for site in sites}))
