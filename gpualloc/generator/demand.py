"""Draws what is asked for: jobs with their sizes, kinds, teams and windows."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from random import Random

import numpy as np

from gpualloc.generator.catalog import WORK_KINDS, WORK_SHARES, GpuKind
from gpualloc.generator.rounding import draw_log
from gpualloc.generator.settings import Settings

SMALLEST_SHARD = -3
"""Shards are a rack or server times a power of two, from an eighth."""


@dataclass(frozen=True)
class Need:
    """A job before it has been placed.

    Attributes
    ----------
    rank : int
        0 for the largest job.
    gpus : int
        What it is meant to use.
    pieces : int
        About how many shards it splits into.
    first, last : int
        Its periods.
    one_site : bool
        Whether it must fit into one data center.
    """

    rank: int
    name: str
    kind: str
    team: str
    gpus: int
    pieces: int
    first: int
    last: int
    one_site: bool

    @property
    def periods(self) -> slice:
        """Its periods, to index arrays with."""
        return slice(self.first, self.last + 1)


def draw_demand(settings: Settings) -> tuple[Need, ...]:
    """Draw jobs, the largest first: sizes fall as the power -0.9 of the rank, with noise."""
    dice = settings.dice("demand")
    count, digits = settings.jobs, len(str(settings.jobs))
    windows = [_draw_window(dice, rank, settings.periods) for rank in range(count)]
    numbers = dice.sample(range(1, count + 1), count)
    teams = [f"team-{letter}" for letter in "abcdefgh"[: max(2, min(8, count // 8))]]
    needs = []
    for rank, gpus in enumerate(_draw_sizes(dice, settings, windows)):
        kind = _draw_kind(dice, rank, count)
        needs.append(
            Need(
                rank=rank,
                name=f"{kind}-{numbers[rank]:0{digits}}",
                kind=kind,
                team=dice.choice(teams),
                gpus=gpus,
                pieces=_draw_pieces(dice, kind, rank, count),
                first=windows[rank][0],
                last=windows[rank][1],
                one_site=rank >= count / 4 and dice.random() < 0.25,
            )
        )
    return tuple(needs)


def split_into_shards(gpus: float, pieces: int, gpu: GpuKind) -> tuple[int, int]:
    """Shards and GPUs per shard for about `gpus` GPUs in about that many pieces."""
    power = max(SMALLEST_SHARD, round(log2(max(gpus, 1) / (pieces * gpu.rack))))
    gpus_per_shard = int(gpu.rack * 2.0**power)
    return max(1, round(gpus / gpus_per_shard)), gpus_per_shard


def draw_span(dice: Random, periods: int) -> tuple[int, int]:
    """First and last of some periods in a row."""
    first = dice.randrange(periods)
    return first, dice.randrange(first, periods)


def _draw_sizes(dice: Random, settings: Settings, windows: list[tuple[int, int]]) -> list[int]:
    """GPUs of each job, so that the busiest period asks for `settings.gpus`."""
    weights = [dice.lognormvariate(0, 0.25) / (1 + rank) ** 0.9 for rank in range(settings.jobs)]
    weights.sort(reverse=True)
    asked = np.zeros(settings.periods)
    for weight, (first, last) in zip(weights, windows, strict=True):
        asked[first : last + 1] += weight
    scale = settings.gpus / asked.max()
    return [max(1, round(weight * scale)) for weight in weights]


def _draw_window(dice: Random, rank: int, periods: int) -> tuple[int, int]:
    """All periods for the largest jobs and for half of the others."""
    if periods == 1 or rank < 2 or dice.random() < 0.5:
        return 0, periods - 1
    return draw_span(dice, periods)


def _draw_kind(dice: Random, rank: int, count: int) -> str:
    if rank < max(1, count // 10):
        return WORK_KINDS[0]
    return dice.choices(WORK_KINDS, WORK_SHARES)[0]


def _draw_pieces(dice: Random, kind: str, rank: int, count: int) -> int:
    """Many shards for training and for the largest, few for the small."""
    most = 48 if rank < max(1, count // 5) else 24 if kind in ("training", "inference") else 10
    return round(draw_log(dice, 3, most))
