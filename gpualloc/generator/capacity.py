"""Sets how many GPUs each offer has: room for the hidden plan, and slack where it may be."""

from __future__ import annotations

from random import Random

import numpy as np

from gpualloc.generator.jobs import JobDraft
from gpualloc.generator.placement import count_used
from gpualloc.generator.pledges import Pledges
from gpualloc.generator.rounding import up_to_multiple
from gpualloc.generator.settings import Settings
from gpualloc.generator.supply import Supply
from gpualloc.vectors import Floats, Ints

MOST_STRETCH = 3.0
"""Unused room may grow to this much of what was meant, so that totals come out as asked."""

BISECTIONS = 40


def draw_capacity(
    settings: Settings, supply: Supply, drafts: tuple[JobDraft, ...], pledges: Pledges
) -> Ints:
    """(P, T) GPUs of each offer in each period.

    In the busiest period the offers have `1 + slack` times what the hidden plan uses, unless the
    holder of a first refusal takes in all it can: then its offers have less than a shard left.
    All other offers never shrink, which may leave more than asked where jobs have ended.
    """
    used = count_used(supply, tuple(draft.berth for draft in drafts))
    full = _find_full(settings, supply, drafts, pledges, used)
    spare = np.where(full > 0, 0.0, np.maximum(0.0, supply.target - used))
    gpus = _spread_slack(used, spare, settings.slack)
    return np.where(full > 0, full - 1, _round_to_racks(supply, gpus))


def _spread_slack(used: Ints, spare: Floats, slack: float) -> Ints:
    """`used` and as large a part of `spare` as gives the asked slack in the busiest period."""
    busiest = int(used.sum(axis=0).argmax())
    wanted = (1 + slack) * used[:, busiest].sum()
    low, high = 0.0, MOST_STRETCH
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        enough = _never_falling(used, spare, middle)[:, busiest].sum() >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return _never_falling(used, spare, high)


def _never_falling(used: Ints, spare: Floats, part: float) -> Ints:
    gpus: Ints = np.maximum.accumulate(used + np.floor(spare * part).astype(np.int64), axis=1)
    return gpus


def _find_full(
    settings: Settings,
    supply: Supply,
    drafts: tuple[JobDraft, ...],
    pledges: Pledges,
    used: Ints,
) -> Ints:
    """(P, T) 1 + GPUs of an offer that must have no room for a shard; 0 where it may have.

    A job that the hidden plan places outside the holder needs no room, in all its periods, on
    every offer of the holder that one of its options could use.
    """
    full = np.zeros_like(used)
    if pledges.holder is None or pledges.accepts:
        return full
    dice = settings.dice("full")
    smallest = _smallest_shards(supply, drafts, pledges)
    for offer, period in np.argwhere(np.isfinite(smallest)):
        left = _draw_remainder(dice, int(smallest[offer, period]))
        full[offer, period] = used[offer, period] + left + 1
    return full


def _smallest_shards(supply: Supply, drafts: tuple[JobDraft, ...], pledges: Pledges) -> Floats:
    """(P, T) the smallest shard of a job that is outside the holder and could use its offer."""
    smallest = np.full(supply.target.shape, np.inf)
    assert pledges.holder is not None
    held = set(supply.sites_run_by(pledges.holder))
    offers = [at for at, stock in enumerate(supply.stocks) if stock.site in held]
    for draft in drafts:
        berth = draft.berth
        if not pledges.gives_first_refusal(berth.need) or held.issuperset(berth.sites):
            continue
        for option in draft.options:
            for offer in offers:
                if supply.stocks[offer].gpu == option.gpu:
                    row = smallest[offer, berth.need.periods]
                    np.minimum(row, option.gpus_per_shard, out=row)
    return smallest


def _draw_remainder(dice: Random, shard: int) -> int:
    """GPUs left over, fewer than a shard."""
    return dice.choice((0, shard - 1, dice.randrange(shard)))


def _round_to_racks(supply: Supply, gpus: Ints) -> Ints:
    """Whole racks, where an offer has many."""
    rounded = gpus.copy()
    for offer, stock in enumerate(supply.stocks):
        if gpus[offer].max() >= 20 * stock.gpu.rack:
            rounded[offer] = [up_to_multiple(int(count), stock.gpu.rack) for count in gpus[offer]]
    return rounded
