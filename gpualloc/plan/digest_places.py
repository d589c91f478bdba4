"""The places of a plan, for its summary: who gets how much, and what is full."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gpualloc.instance.wording import printable
from gpualloc.plan.sections import LONGEST, Column, Section, section
from gpualloc.plan.text import count, percent, usd
from gpualloc.plan.usage import FULL, share

if TYPE_CHECKING:
    from gpualloc.plan.usage import Usage

GETS = [
    Column("GPUs", True),
    Column("GPU-hours", True),
    Column("USD", True),
    Column("USD/GPU-h", True),
]


@dataclass
class Total:
    """What a place gets: GPUs by period, GPU-hours, and USD for GPUs, fees and energy."""

    gpus: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    gpu_hours: float = 0.0
    usd: float = 0.0

    @property
    def most_gpus(self) -> int:
        """GPUs in the period that uses the most."""
        return max(self.gpus.values(), default=0)

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The figures as texts, in the order of `GETS`."""
        mean = self.usd / self.gpu_hours if self.gpu_hours else 0.0
        return count(self.most_gpus), f"{self.gpu_hours:,.0f}", usd(self.usd), usd(mean)


class Full(NamedTuple):
    """A resource that is at its limit, or nearly, in some periods; figures of the fullest one."""

    kind: str
    place: str
    used: float
    limit: float
    unit: str
    periods: tuple[str, ...]

    @property
    def share(self) -> float:
        """Used part of the limit."""
        return share(self.used, self.limit) or 0.0


def provider_section(usage: Usage, longest: int = LONGEST) -> Section | None:
    """GPUs and USD by provider, the largest bill first."""
    rows = [
        (printable(name), *total.cells) for name, total in _ranked(totals_of(usage, "provider"))
    ]
    title = _title("Providers", usage)
    columns = [Column("provider"), *GETS]
    return section(title, columns, rows, longest=longest) if rows else None


def site_section(usage: Usage) -> Section | None:
    """GPUs and USD by data center, the largest bill first."""
    providers = {site.name: site.provider for site in usage.instance.data_centers}
    rows = [
        (printable(name), printable(providers[name]), *total.cells)
        for name, total in _ranked(totals_of(usage, "data_center"))
    ]
    columns = [Column("data center"), Column("provider"), *GETS]
    return section(_title("Data centers", usage), columns, rows) if rows else None


def full_section(usage: Usage, longest: int = LONGEST) -> Section | None:
    """Offers, power and network at 95 % of their limit or more; every kind has its turn."""
    found = _in_turn(find_full(usage), longest)
    if not found:
        return None
    several = len(usage.instance.periods) > 1
    columns = [Column("what"), Column("where"), Column("used", True), Column("limit", True)]
    columns += [Column(""), Column("share", True, tone="warn")] + (
        [Column("in")] if several else []
    )
    rows = [_full_cells(full, several) for full in found]
    counts = Counter(full.kind for full in found)
    title = ", ".join(f"{kind} {number:,}" for kind, number in counts.items())
    return section(f"Full, 95 % or more: {title}", columns, rows, longest=longest)


def find_full(usage: Usage) -> list[list[Full]]:
    """What is full, by kind, the fullest first."""
    return [sorted(kind, key=_fullness) for kind in _full(usage)]


def _in_turn(kinds: list[list[Full]], longest: int) -> list[Full]:
    """The first of each kind that fit the section, kind by kind, then all others."""
    turns = sorted((turn, at) for at, kind in enumerate(kinds) for turn in range(len(kind)))
    first = sorted(turns[:longest], key=lambda pair: (pair[1], pair[0]))
    return [kinds[at][turn] for turn, at in (*first, *turns[longest:])]


def _fullness(full: Full) -> tuple[float, float]:
    return -round(full.share, 4), -full.limit


def _title(word: str, usage: Usage) -> str:
    gpus = "GPUs in the peak period, " if len(usage.instance.periods) > 1 else ""
    return f"{word} ({gpus}USD for GPUs, fees and energy)"


def totals_of(usage: Usage, key: str) -> dict[str, Total]:
    """What each provider or data center gets, by the column of placements that names it."""
    totals: dict[str, Total] = defaultdict(Total)
    hours = {period.name: period.hours for period in usage.instance.periods}
    for row in usage.placed:
        total = totals[getattr(row, key)]
        total.gpus[row.period] += row.gpus
        total.gpu_hours += row.gpus * hours[row.period]
        total.usd += row.usd
    for fee in usage.fees:
        totals[getattr(fee, key)].usd += fee.usd
    return totals


def _ranked(totals: dict[str, Total]) -> list[tuple[str, Total]]:
    return sorted(totals.items(), key=lambda item: (-item[1].usd, -item[1].gpu_hours))


def _full(usage: Usage) -> Iterator[list[Full]]:
    """What is full, by kind."""
    yield _fullest(
        ("offer", row.offer, row.used_gpus, row.limit_gpus, "GPUs", row.period)
        for row in usage.offers
    )
    yield _fullest(
        ("power", row.data_center, row.used_mw, row.limit_mw, "MW", row.period)
        for row in usage.power
    )
    yield _fullest(
        ("link", f"{row.a} - {row.b}", row.used_gbps, row.limit_gbps, "Gbit/s", row.period)
        for row in usage.links
    )
    yield _fullest(
        ("uplink", row.data_center, row.used_gbps, row.limit_gbps, "Gbit/s", row.period)
        for row in usage.uplinks
    )
    yield _fullest(
        ("transfer", row.data_center, row.used_tb, row.limit_tb, "TB", row.period)
        for row in usage.transfer
    )


def _fullest(rows: Iterable[tuple[str, str, float, float | None, str, str]]) -> list[Full]:
    """One `Full` for each place, with its fullest period's figures."""
    found: dict[str, Full] = {}
    for kind, place, used, limit, unit, period in rows:
        if limit is None or not used or used < FULL * limit:
            continue
        here = Full(kind, place, used, limit, unit, (period,))
        before = found.get(place)
        if before is not None:
            fuller = max(before, here, key=lambda full: full.share)
            here = fuller._replace(periods=(*before.periods, period))
        found[place] = here
    return list(found.values())


def _full_cells(full: Full, several: bool) -> tuple[str, ...]:
    cells = (full.kind, printable(full.place), count(full.used), count(full.limit), full.unit)
    return (*cells, percent(full.share), *([_periods(full)] if several else []))


def _periods(full: Full) -> str:
    if len(full.periods) == 1:
        return printable(full.periods[0])
    return f"{printable(full.periods[0])} and {len(full.periods) - 1} more"
