"""Today's placement, and how far a plan is from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.errors import UsageError
from gpualloc.instance.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.rules.measure import Measure
from gpualloc.rules.writer import Block, JobColumns, Writer

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger

Held = Mapping[str, int]
"""Shards by offer."""


@dataclass(frozen=True)
class Today:
    """Where the shards of each job are today.

    Parameters
    ----------
    by_job : mapping
        Job to period to `Held`. A job that is not there, or a phase none of whose periods is
        there, is new: wherever it is placed, it has not moved.
    """

    by_job: Mapping[str, Mapping[str, Held]]

    def held(self, job: str, periods: Sequence[str]) -> Held | None:
        """What a job holds in the first of these periods that today's placement knows."""
        known = self.by_job.get(job, {})
        return next((known[period] for period in periods if period in known), None)


def today_of(instance: Instance, plan: Plan | None) -> Today:
    """Read today's placement from a plan, or from the jobs' `current`.

    Raises
    ------
    NoPlanError
        The plan holds no placements.
    UsageError
        There is no plan, and no job has `current`.
    """
    if plan is not None:
        return _from_plan(plan)
    first = instance.periods[0].name
    found: dict[str, Mapping[str, Held]] = {
        job.name: {job.start or first: job.current}
        for job in instance.jobs
        if job.current is not None
    }
    if not found:
        raise UsageError("no job has `current`: today's placement is needed, as a plan")
    return Today(found)


def _from_plan(plan: Plan) -> Today:
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in plan.layout.placements:
        found.setdefault(row.job, {}).setdefault(row.period, {})[row.offer] = row.shards
    return Today(found)


class Moves(Measure):
    r"""How many shards are not where they are today, phase by phase.

    .. math:: \sum_{j, f} \sum_p \max(0, x_{jfp} - x^0_{jfp})

    with :math:`x` the shards on offer p and :math:`x^0` those of today's placement. Shards are
    alike, so what an offer gains is what has moved there. Jobs and phases that today's placement
    does not know move nothing.

    Parameters
    ----------
    today : Today
    jobs : collection of str or None
        The jobs that count; None for all.
    """

    label: str = "moves, shards"
    is_whole: ClassVar[bool] = True

    def __init__(self, today: Today, jobs: Collection[str] | None = None) -> None:
        self.today = today
        self.jobs = jobs

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        for block in job.all_blocks():
            held = self._held(job.data.name, [job.period_names[t] for t in block.periods])
            if held is not None:
                self._write_block(writer, block, held)

    def _write_block(self, writer: Writer, block: Block, held: Held) -> None:
        names = [writer.arrays.offer_names[offer] for offer in block.offers]
        before = np.minimum([held.get(name, 0) for name in names], block.shards_max)
        moved = writer.columns(
            "moved from today", names, prefix=block.prefix, upper=block.shards_max, integer=False
        )
        rows = writer.rows("moved from today", names, prefix=block.prefix, lower=0)
        writer.put(rows, moved, 1)
        writer.put(rows, block.shards, -1)
        writer.put(rows, block.on, before)
        writer.count(self, moved, 1)

    def amount(self, ledger: Ledger) -> Fraction:
        return Fraction(sum(self.by_job(ledger).values()))

    def by_job(self, ledger: Ledger) -> dict[str, int]:
        """How many shards of each job have moved; jobs that stay are left out."""
        moved: dict[str, int] = {}
        for job in ledger.instance.jobs:
            for phase in ledger.catalog.phases(job):
                held = self._held(job.name, [ledger.catalog.periods[t] for t in phase])
                stay = ledger.stay(job, phase[0])
                if held is not None and stay is not None:
                    gained = (max(0, n - held.get(offer, 0)) for offer, n in stay.shards.items())
                    moved[job.name] = moved.get(job.name, 0) + sum(gained)
        return {job: shards for job, shards in moved.items() if shards}

    def where(self, ledger: Ledger, name: str) -> str:
        """From which offers to which a job moves, in its first phase that does."""
        job = ledger.catalog.jobs[name]
        for phase in ledger.catalog.phases(job):
            held = self._held(name, [ledger.catalog.periods[t] for t in phase])
            stay = ledger.stay(job, phase[0])
            if held is not None and stay is not None:
                gone = Counter(held) - Counter(stay.shards)
                come = Counter(stay.shards) - Counter(held)
                if come:
                    return f"{_places(gone) or 'nowhere'} -> {_places(come)}"
        return ""

    def _held(self, job: str, periods: Sequence[str]) -> Held | None:
        if self.jobs is not None and job not in self.jobs:
            return None
        return self.today.held(job, periods)


def _places(shards: Counter[str]) -> str:
    return ", ".join(f"{offer} {count:,}" for offer, count in shards.items())
