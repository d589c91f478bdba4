"""The jobs of a plan, for its summary: which are not served, and which spread."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from gpualloc.instance.wording import printable
from gpualloc.plan.sections import Column, Section, section
from gpualloc.plan.text import count, usd, usd_column

if TYPE_CHECKING:
    from gpualloc.instance.instance import Instance
    from gpualloc.plan.plan import Plan
    from gpualloc.plan.usage import Usage

SITES_NAMED = 3
"""Data centers of a spread job that are named; the rest is counted."""


class Spread(NamedTuple):
    """A job that uses several data centers alike in some periods, one after the other."""

    job: str
    first: str
    last: str
    hub: str | None
    gpus: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """GPUs of the job."""
        return sum(gpus for _, gpus in self.gpus)


def unserved_section(plan: Plan) -> Section:
    """The jobs that the plan leaves unserved, the dearest first where prices are known."""
    prices = {} if plan.instance is None else _unserved_usd(plan.instance)
    names = sorted(plan.layout.unserved, key=lambda name: -prices.get(name, 0.0))
    amounts = usd_column(prices[name] for name in names) if prices else [""] * len(names)
    rows = zip(map(printable, names), amounts, strict=True)
    columns = [Column("job"), Column("USD" if prices else "", True)]
    return section(f"Jobs not served: {len(names):,}", columns, rows)


def unserved_line(plan: Plan) -> Section:
    """How many jobs the plan leaves unserved, and what that costs."""
    names, usd_lost = plan.layout.unserved, (plan.costs or {}).get("unserved", 0.0)
    return section(f"Jobs not served: {len(names):,}, {usd(usd_lost)} USD", [], [])


def _unserved_usd(instance: Instance) -> dict[str, float]:
    return {job.name: job.unserved_usd or 0.0 for job in instance.jobs}


def spread_section(usage: Usage) -> Section | None:
    """The jobs that use two or more data centers, the largest first."""
    found = sorted(_spreads(usage), key=lambda spread: -spread.total)
    if not found:
        return None
    several = len(usage.instance.periods) > 1
    columns = [Column("job"), Column("GPUs", True), Column("where")]
    rows = [(_job_label(spread, several), count(spread.total), _where(spread)) for spread in found]
    jobs = len({spread.job for spread in found})
    return section(f"Jobs over several data centers: {jobs:,}", columns, rows)


def _spreads(usage: Usage) -> list[Spread]:
    """Equal placements of a job in periods that follow each other, joined."""
    hubs = {(hub.job, hub.period): hub.data_center for hub in usage.layout.hubs}
    gpus: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in usage.placed:
        gpus[row.job, row.period][row.data_center] += row.gpus
    joined: list[Spread] = []
    for job in usage.instance.jobs:
        last: Spread | None = None
        for period in usage.instance.periods:
            key = (job.name, period.name)
            here = tuple(sorted(gpus[key].items(), key=lambda item: (-item[1], item[0])))
            now = Spread(job.name, period.name, period.name, hubs.get(key), here)
            if last is not None and (last.hub, last.gpus) == (now.hub, now.gpus):
                last = last._replace(last=period.name)
                joined[-1] = last
            elif len(here) > 1:
                joined.append(now)
                last = now
            else:
                last = None
    return joined


def _job_label(spread: Spread, several: bool) -> str:
    if not several:
        return printable(spread.job)
    periods = spread.first if spread.first == spread.last else f"{spread.first} to {spread.last}"
    return printable(f"{spread.job} ({periods})")


def _where(spread: Spread) -> str:
    named = [_site(spread, site, gpus) for site, gpus in spread.gpus[:SITES_NAMED]]
    rest = spread.gpus[SITES_NAMED:]
    if rest:
        named.append(f"{len(rest)} more {count(sum(gpus for _, gpus in rest))}")
    return ", ".join(named)


def _site(spread: Spread, site: str, gpus: int) -> str:
    return f"{printable(site)} {count(gpus)}{' (hub)' if site == spread.hub else ''}"
