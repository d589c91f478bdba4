"""Which rows of a plan's tables can be counted at all, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import TypeVar

from gpualloc.instance.wording import quoted, shown
from gpualloc.layout import FlowShare, Hub, Layout, Placement
from gpualloc.rules.catalog import Catalog
from gpualloc.rules.figures import TOLERANCE
from gpualloc.rules.rule import Breach

MOST_SHARDS = 10**12

Row = TypeVar("Row")


@dataclass
class Entries:
    """The rows that can be counted, and a breach for each that cannot.

    A row cannot be counted if it repeats another, names what the instance does not have, or holds
    a figure that is none.
    """

    placements: list[Placement] = field(default_factory=list)
    hubs: list[Hub] = field(default_factory=list)
    flows: list[FlowShare] = field(default_factory=list)
    buyouts: list[str] = field(default_factory=list)
    unserved: list[str] = field(default_factory=list)
    faults: list[Breach] = field(default_factory=list)


def read_entries(catalog: Catalog, layout: Layout) -> Entries:
    """Sort the rows of a layout into those that can be counted and faults."""
    entries = Entries()
    reader = _Reader(catalog, entries.faults)
    entries.placements = reader.placements(layout.placements)
    entries.hubs = reader.hubs(layout.hubs)
    entries.flows = reader.flows(layout.flows)
    entries.buyouts = reader.buyouts(layout.buyouts)
    entries.unserved = reader.unserved(layout.unserved)
    return entries


class _Reader:
    def __init__(self, catalog: Catalog, faults: list[Breach]) -> None:
        self._catalog = catalog
        self._faults = faults
        self._flows = {(flow.a, flow.b) for flow in catalog.instance.flows}

    def placements(self, rows: Iterable[Placement]) -> list[Placement]:
        return self._keep("placement", "placements", rows, self._placement, _placement_key)

    def hubs(self, rows: Iterable[Hub]) -> list[Hub]:
        return self._keep("spokes", "hubs", rows, self._hub, lambda row: row[:2])

    def flows(self, rows: Iterable[FlowShare]) -> list[FlowShare]:
        return self._keep("flows", "flows", rows, self._flow, lambda row: row[:5])

    def buyouts(self, names: Iterable[str]) -> list[str]:
        return self._keep("buyouts", "buyouts", names, self._buyout, lambda name: name)

    def unserved(self, names: Iterable[str]) -> list[str]:
        return self._keep("placement", "unserved", names, self._job, lambda name: name)

    def _keep(
        self,
        rule: str,
        table: str,
        rows: Iterable[Row],
        problems: Callable[[Row], Iterator[str]],
        key: Callable[[Row], Hashable],
    ) -> list[Row]:
        kept: dict[Hashable, Row] = {}
        for at, row in enumerate(rows):
            found = next(problems(row), None)
            if found is None and key(row) in kept:
                found = "repeats an earlier row"
            if found is None:
                kept[key(row)] = row
            else:
                self._faults.append(Breach(rule, f"{table}[{at}]", found))
        return list(kept.values())

    def _placement(self, row: Placement) -> Iterator[str]:
        yield from self._job(row.job)
        yield from self._period(row.period)
        yield from _unknown(row.offer, self._catalog.offers, "an offer")
        options = len(self._catalog.jobs[row.job].options)
        if not _is_whole(row.option) or not 0 <= row.option < options:
            yield f"option {shown(row.option)} is not one of the job's, 0 to {options - 1}"
        if not _is_whole(row.shards) or not 0 <= row.shards <= MOST_SHARDS:
            yield f"{shown(row.shards)} is no number of shards; a whole number from 0 is allowed"

    def _hub(self, row: Hub) -> Iterator[str]:
        yield from self._job(row.job)
        yield from self._period(row.period)
        yield from self._site(row.data_center)

    def _flow(self, row: FlowShare) -> Iterator[str]:
        yield from self._job(row.a)
        yield from self._job(row.b)
        if (row.a, row.b) not in self._flows:
            yield f"there is no flow from {quoted(row.a)} to {quoted(row.b)}"
        yield from self._period(row.period)
        yield from self._site(row.origin)
        yield from self._site(row.target)
        if not _is_number(row.fraction) or not 0 <= row.fraction <= 1 + TOLERANCE:
            yield f"{shown(row.fraction)} is not a fraction; a number from 0 to 1 is allowed"

    def _buyout(self, name: str) -> Iterator[str]:
        yield from _unknown(name, self._catalog.contracts, "a contract")
        if self._catalog.contracts[name].buyout_usd is None:
            yield f"{quoted(name)} cannot be bought out: it has no buyout_usd"

    def _job(self, name: str) -> Iterator[str]:
        yield from _unknown(name, self._catalog.jobs, "a job")

    def _period(self, name: str) -> Iterator[str]:
        yield from _unknown(name, self._catalog.period_at, "a period")

    def _site(self, name: str) -> Iterator[str]:
        yield from _unknown(name, self._catalog.sites, "a data center")


def _placement_key(row: Placement) -> Hashable:
    return row.job, row.period, row.offer


def _unknown(name: object, known: Collection[str], noun: str) -> Iterator[str]:
    if not isinstance(name, str) or name not in known:
        yield f"{shown(name)} is not {noun}"


def _is_whole(number: object) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)


def _is_number(number: object) -> bool:
    return isinstance(number, Real) and not isinstance(number, bool)
