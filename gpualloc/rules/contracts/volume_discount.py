"""Volume discount: a rebate that grows with spend."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from gpualloc.errors import Fault
from gpualloc.instance.records import Amount, Fraction01, Listed, ProviderName, Record
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.rule import Charge
from gpualloc.rules.scope import bought_out, covers, most_spend, spend_per_shard
from gpualloc.rules.writer import JobColumns, Writer
from gpualloc.units import exact
from gpualloc.vectors import Floats, Ints

if TYPE_CHECKING:
    from gpualloc.instance.directory import Directory
    from gpualloc.rules.ledger import Ledger


class Tier(Record):
    """A step of a volume discount."""

    above_usd: Annotated[Amount, Field(description="Spend from which the tier counts, in USD.")]
    discount: Annotated[Fraction01, Field(description="Fraction of spend that is given back.")]


class VolumeDiscount(ContractRule):
    r"""The provider gives back a part of the covered jobs' spend, the larger the more they spend.

    With spend :math:`s` (the compute cost of the covered jobs at the provider in the window, in
    USD) and tiers :math:`k` with thresholds :math:`a_k` and discounts :math:`\delta_k`, the rebate
    is, for `incremental` and for `all_units`,

    .. math:: \sum_k \delta_k \, \max(0, \min(s, a_{k+1}) - a_k) \qquad \text{and} \qquad
              s \cdot \max \{ \delta_k : s \ge a_k \}

    `incremental` discounts each dollar at the tier that it falls into, so the cost is concave and
    has no jumps. `all_units` discounts the whole spend at the highest tier that it reaches, so a
    plan that spends a little more can cost less.
    """

    kind: ClassVar[str] = "volume_discount"

    provider: Annotated[ProviderName, Field(description="The provider that gives the discount.")]
    tiers: Annotated[
        Listed[Tier], Field(min_length=1, description="Steps, both columns rising from row to row.")
    ]
    mode: Annotated[
        Literal["incremental", "all_units"],
        Field(description="Whether a tier discounts the spend above it, or all spend."),
    ] = "incremental"

    def faults(self, directory: Directory) -> Iterator[Fault]:
        """Thresholds and discounts rise."""
        yield from super().faults(directory)
        for at, (lower, tier) in enumerate(pairwise(self.tiers), start=1):
            for column in ("above_usd", "discount"):
                before, here = getattr(lower, column), getattr(tier, column)
                if here <= before:
                    message = f"{here:.15g} is not above {before:.15g}, that of the tier before"
                    yield Fault(f"tiers[{at}].{column}", message)

    def charge_binding(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield the rebate, negative."""
        spend = ledger.spend_usd(self, (self.provider,))
        by_mode = self._incremental if self.mode == "incremental" else self._all_units
        yield "discounts", -by_mode(spend)

    def _incremental(self, spend: Fraction) -> Fraction:
        rebate = Fraction(0)
        for at, tier in enumerate(self.tiers):
            following = self.tiers[at + 1 : at + 2]
            top = min([spend, *(exact(after.above_usd) for after in following)])
            rebate += exact(tier.discount) * max(Fraction(0), top - exact(tier.above_usd))
        return rebate

    def _all_units(self, spend: Fraction) -> Fraction:
        reached = [tier.discount for tier in self.tiers if spend >= exact(tier.above_usd)]
        return spend * exact(max(reached, default=0))

    def write_shared(self, writer: Writer) -> None:
        here = writer.arrays.sites_of(providers=[self.provider])
        most = 1.001 * most_spend(self, writer.arrays, here)
        tiers = [tier for tier in self.tiers if tier.above_usd < most]
        if not tiers:
            return
        spend = writer.rows("spend is discounted once", prefix=(self.name,), lower=0)
        writer.shared["volume_discount", self.name] = spend
        names = [f"tier {at}" for at in range(len(tiers))]
        above = np.array([tier.above_usd for tier in tiers])
        until = np.append(above[1:], most)
        discount = np.array([tier.discount for tier in tiers])
        reached = writer.columns("tier reached", names, prefix=(self.name,))
        inside = writer.columns("spend in tier", names, prefix=(self.name,), integer=False)
        if self.mode == "incremental":
            self._write_incremental(writer, names, reached, inside, above, until)
            width = until - above
        else:
            self._write_all_units(writer, names, reached, inside, above, until)
            width = until
        writer.put(spend, inside, -width / self._unit_usd)
        writer.charge("discounts", inside, -discount * width)

    def _write_incremental(
        self,
        writer: Writer,
        names: list[str],
        reached: Ints,
        inside: Ints,
        above: Floats,
        until: Floats,
    ) -> None:
        """`inside` is how full each tier is; a tier opens when all below it are full."""
        spend = writer.shared["volume_discount", self.name]
        open_ = writer.rows("tier opens", names, prefix=(self.name,), upper=0)
        writer.put(open_, inside, 1)
        writer.put(open_, reached, -1)
        writer.put(spend, reached[0], -above[0] / self._unit_usd)
        full = writer.rows("tier below is full", names[1:], prefix=(self.name,), lower=0)
        writer.put(full, inside[:-1], 1)
        writer.put(full, reached[1:], -1)
        keep = writer.rows("tier or buyout", prefix=(self.name,), upper=1)
        writer.put(keep, [reached[0], bought_out(writer, self)], 1)

    def _write_all_units(
        self,
        writer: Writer,
        names: list[str],
        reached: Ints,
        inside: Ints,
        above: Floats,
        until: Floats,
    ) -> None:
        """`inside` is the whole spend, as a fraction of the end of the one tier that is reached."""
        open_ = writer.rows("tier opens", names, prefix=(self.name,), upper=0)
        writer.put(open_, inside, 1)
        writer.put(open_, reached, -1)
        least = writer.rows("tier is reached", names, prefix=(self.name,), lower=0, strict=True)
        writer.put(least, inside, 1)
        writer.put(least, reached, -above / until)
        one = writer.rows("one tier or buyout", prefix=(self.name,), upper=1)
        writer.put(one, reached, 1)
        writer.put(one, bought_out(writer, self), 1)

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        rows = writer.shared.get(("volume_discount", self.name))
        if rows is None or not covers(self, job.data):
            return
        here = writer.arrays.sites_of(providers=[self.provider])
        for block in job.all_blocks():
            spend = spend_per_shard(self, writer.arrays, block, here)
            writer.put(rows, block.shards, spend / self._unit_usd)

    @property
    def _unit_usd(self) -> float:
        """The unit of the spend row, so that its figures stay near one."""
        return max(self.tiers[-1].above_usd / 1000, 1.0)
