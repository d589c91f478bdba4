"""Draws traffic between pairs of jobs, and how the hidden plan pairs up their replicas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from gpualloc.generator.demand import Need
from gpualloc.generator.placement import Berth
from gpualloc.generator.rounding import draw_log, round_up
from gpualloc.generator.settings import Settings

MOST_FLOWS = 60


@dataclass(frozen=True)
class FlowDraft:
    """Traffic between two jobs.

    Attributes
    ----------
    fractions : dict of (int, int) to Fraction
        Parts of the flow, from a site of `a` to a site of `b`.
    """

    a: Berth
    b: Berth
    gbps: float
    usd_per_ms_hour: float
    fractions: dict[tuple[int, int], Fraction]

    @property
    def need(self) -> Need:
        """Either job, for its periods."""
        return self.a.need

    def crossing(self) -> Iterator[tuple[tuple[int, int], float]]:
        """Pairs of different sites, the smaller index in front, with their part of the flow."""
        for (x, y), fraction in self.fractions.items():
            if x != y:
                yield (min(x, y), max(x, y)), float(fraction)


def draw_flows(settings: Settings, berths: tuple[Berth, ...]) -> tuple[FlowDraft, ...]:
    """Draw flows between about a tenth of the jobs and others with the same periods."""
    if not settings.flows:
        return ()
    dice = settings.dice("flows")
    peers: dict[tuple[int, int], list[Berth]] = defaultdict(list)
    for berth in berths:
        peers[berth.need.first, berth.need.last].append(berth)
    groups = [group for group in peers.values() if len(group) > 1]
    wanted = min(MOST_FLOWS, max(1, len(berths) // 10))
    chosen = dice.choices(groups, [len(group) for group in groups], k=wanted)
    pairs = {_ordered(*dice.sample(group, 2)) for group in chosen}
    return tuple(
        FlowDraft(
            a=berths[a],
            b=berths[b],
            gbps=round_up(draw_log(dice, 2, 80)),
            usd_per_ms_hour=round(dice.uniform(0, 2), 2),
            fractions=pair_up(berths[a].by_site, berths[b].by_site),
        )
        for a, b in sorted(pairs)
    )


def _ordered(a: Berth, b: Berth) -> tuple[int, int]:
    first, second = sorted((a.need.rank, b.need.rank))
    return first, second


def pair_up(a: dict[int, int], b: dict[int, int]) -> dict[tuple[int, int], Fraction]:
    """A transport plan between two jobs' shards by site: as much as can be at the same site.

    Parameters
    ----------
    a, b : dict of int to int
        Shards by site.

    Returns
    -------
    dict of (int, int) to Fraction
        Positive parts of the flow; they add up to each job's shares.
    """
    left = [
        {site: Fraction(count, sum(job.values())) for site, count in job.items()} for job in (a, b)
    ]
    plan: dict[tuple[int, int], Fraction] = {}
    same = [(site, site) for site in a if site in b]
    for x, y in [*same, *((x, y) for x in a for y in b if x != y)]:
        part = min(left[0][x], left[1][y])
        if part > 0:
            plan[x, y] = part
            left[0][x] -= part
            left[1][y] -= part
    return plan
