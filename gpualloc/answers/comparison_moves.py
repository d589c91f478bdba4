"""Where the GPUs of each job are in one plan and not in another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from gpualloc.plan.plan import Plan

PLACES_NAMED = 3
"""Data centers of a change that are named; the rest is counted."""

Gpus = dict[tuple[str, str], Counter[str]]
"""GPUs by (job, period), then by data center."""


class Move(NamedTuple):
    """A job whose GPUs are elsewhere, in periods that follow each other alike.

    Attributes
    ----------
    job, first, last : str
        The job, and the first and the last of the periods.
    gpus : int
        How many GPUs come to a data center, or leave one where that is more.
    gone, come : tuple of (data center, GPUs)
        What each data center loses, and what it gains.
    """

    job: str
    first: str
    last: str
    gpus: int
    gone: tuple[tuple[str, int], ...]
    come: tuple[tuple[str, int], ...]

    @property
    def when(self) -> str:
        """The periods in words."""
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def where(self) -> str:
        """From where to where, for people: ``abilene 2,000 -> denton 2,000``."""
        return f"{_places(self.gone) or 'not placed'} -> {_places(self.come) or 'not placed'}"


def _places(places: tuple[tuple[str, int], ...]) -> str:
    named = [f"{site} {gpus:,}" for site, gpus in places[:PLACES_NAMED]]
    if len(places) > PLACES_NAMED:
        named.append(f"{len(places) - PLACES_NAMED} more")
    return ", ".join(named)


def find_moves(before: Plan, after: Plan) -> tuple[Move, ...]:
    """What moved between two plans that are bound to their instances, job by job."""
    was, now = _gpus(before), _gpus(after)
    periods = _names(before, after, "periods")
    jobs = _names(before, after, "jobs")
    return tuple(move for job in jobs for move in _moves_of(job, periods, was, now))


def _names(before: Plan, after: Plan, table: str) -> list[str]:
    """The names in a table of both instances, in order."""
    instances = (before.usage.instance, after.usage.instance)
    return list(dict.fromkeys(row.name for one in instances for row in getattr(one, table)))


def _gpus(plan: Plan) -> Gpus:
    found: Gpus = {}
    for row in plan.usage.placed:
        found.setdefault((row.job, row.period), Counter())[row.data_center] += row.gpus
    return found


def _moves_of(job: str, periods: list[str], was: Gpus, now: Gpus) -> Iterator[Move]:
    """The changes of one job; periods that follow each other with the same change are one."""
    last: Move | None = None
    for period in periods:
        before, after = was.get((job, period), Counter()), now.get((job, period), Counter())
        gone, come = _ranked(before - after), _ranked(after - before)
        if last is not None and (last.gone, last.come) == (gone, come):
            last = last._replace(last=period)
            continue
        if last is not None:
            yield last
        gpus = max(sum(n for _, n in gone), sum(n for _, n in come))
        last = Move(job, period, period, gpus, gone, come) if gpus else None
    if last is not None:
        yield last


def _ranked(gpus: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(gpus.items(), key=lambda item: (-item[1], item[0])))
