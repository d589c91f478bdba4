"""Draws what else a job says: its other options, its limits, its synchronization, its moves."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from random import Random
from typing import NamedTuple

from gpualloc.generator.catalog import MODEL_SIZES, GpuKind
from gpualloc.generator.demand import Need, split_into_shards
from gpualloc.generator.placement import Berth
from gpualloc.generator.pledges import Pledges
from gpualloc.generator.rounding import round_up
from gpualloc.generator.settings import Row, Settings
from gpualloc.generator.supply import Supply

USD_PER_IDLE_GPU_HOUR = 2.5
MOST_STAGED_JOBS = 40


class OptionDraft(NamedTuple):
    """A configuration of a job."""

    gpu: GpuKind
    shards: int
    gpus_per_shard: int


@dataclass(frozen=True)
class JobDraft:
    """A placed job, its options (`chosen` is the hidden plan's) and its synchronization."""

    berth: Berth
    options: tuple[OptionDraft, ...]
    chosen: int
    sync: Row | None

    @property
    def need(self) -> Need:
        return self.berth.need

    @property
    def spokes_gbps(self) -> float:
        """What each of its spokes may reserve; 0 where the hidden plan has none."""
        return float(self.sync["gbps"]) if self.sync and len(self.berth.sites) > 1 else 0.0


def draw_drafts(
    settings: Settings, supply: Supply, berths: tuple[Berth, ...]
) -> tuple[JobDraft, ...]:
    """Draw other options and the synchronization of every placed job."""
    dice = settings.dice("drafts")
    return tuple(_draw_draft(dice, supply, berth) for berth in berths)


def _draw_draft(dice: Random, supply: Supply, berth: Berth) -> JobDraft:
    own = OptionDraft(berth.gpu, berth.shards, berth.gpus_per_shard)
    others = [gpu for gpu in supply.gpu_kinds if gpu != berth.gpu]
    extra = min(len(others), dice.choices((0, 1, 2), (0.4, 0.5, 0.1))[0])
    options = [own, *(_convert(dice, berth, gpu) for gpu in dice.sample(others, extra))]
    dice.shuffle(options)
    return JobDraft(berth, tuple(options), options.index(own), _draw_sync(dice, berth))


def _convert(dice: Random, berth: Berth, gpu: GpuKind) -> OptionDraft:
    """The job on other GPUs: about as much throughput, rounded to whole shards."""
    gpus = berth.gpus * berth.gpu.speed / gpu.speed * dice.uniform(0.95, 1.15)
    return OptionDraft(gpu, *split_into_shards(gpus, berth.shards, gpu))


def _draw_sync(dice: Random, berth: Berth) -> Row | None:
    """Gradients or weights of 0.5 to 2 bytes a parameter, every few to every hundred steps."""
    if berth.need.kind == "inference" or berth.need.one_site:
        return None
    place = min(len(MODEL_SIZES) - 2, int(log(max(berth.gpus, 8) / 8, 4)))
    parameters_bn = dice.choice(MODEL_SIZES[max(0, place - 1) : place + 2])
    return {
        "gb": round_up(parameters_bn * dice.choice((0.5, 1, 2))),
        "every_s": float(dice.choice((60, 120, 300, 600, 1200))),
        "gbps": float(dice.choice((100, 200, 400, 800) if place < 5 else (400, 800, 1600))),
        "overlap_s": float(dice.choice((0, 0, 3, 10, 30))),
        "usd_per_gpu_hour": USD_PER_IDLE_GPU_HOUR,
    }


def write_jobs(
    settings: Settings,
    supply: Supply,
    drafts: tuple[JobDraft, ...],
    pledges: Pledges,
    worst_rtt_ms: dict[int, float],
) -> list[Row]:
    """The rows of the table of jobs, by rank.

    Parameters
    ----------
    worst_rtt_ms : dict of int to float
        By rank, the longest spoke of the hidden plan.
    """
    dice = settings.dice("jobs")
    ranks = range(len(drafts))
    movable = set(dice.sample(ranks, round(settings.movable * len(drafts))))
    staged = set(dice.sample(ranks, min(MOST_STAGED_JOBS, ceil(len(drafts) / 8))))
    rows = []
    for rank, draft in enumerate(drafts):
        row = _write_basics(supply, draft, pledges)
        row |= _draw_places(dice, supply, draft.berth)
        row |= _draw_spread(dice, draft.berth, worst_rtt_ms.get(rank))
        if dice.random() < 0.2 and rank >= max(1, len(drafts) // 10):
            row["unserved_usd"] = _draw_worth(dice, supply, draft.berth)
        row |= _draw_moves(dice, supply, draft, can_move=rank in movable)
        if rank in staged:
            row["staging_usd"] = _draw_staging(dice, supply, draft.berth)
        rows.append(row)
    return rows


def _write_basics(supply: Supply, draft: JobDraft, pledges: Pledges) -> Row:
    need, last = draft.need, len(supply.period_names) - 1
    row: Row = {"name": need.name, "tags": pledges.tags_of(need)}
    if need.first > 0:
        row["start"] = supply.period_names[need.first]
    if need.last < last:
        row["end"] = supply.period_names[need.last]
    row["options"] = [
        {"gpu_type": gpu.name, "shards": shards, "gpus_per_shard": gpus}
        for gpu, shards, gpus in draft.options
    ]
    if draft.sync is not None:
        row["sync"] = draft.sync
    return row


def _draw_places(dice: Random, supply: Supply, berth: Berth) -> Row:
    """At times, the only places allowed: those of the hidden plan and some others."""
    columns = {
        "providers": [site.operator.name for site in supply.sites],
        "regions": [site.metro.region for site in supply.sites],
        "data_centers": [site.name for site in supply.sites],
    }
    row: Row = {}
    for column, names in columns.items():
        if dice.random() < 0.08:
            own = {names[at] for at in berth.sites}
            others = (name for name in sorted(set(names)) if dice.random() < 0.4)
            row[column] = sorted(own.union(others))
    return row


def _draw_spread(dice: Random, berth: Berth, worst_rtt_ms: float | None) -> Row:
    row: Row = {}
    if berth.need.one_site:
        row["max_data_centers"] = 1
    elif dice.random() < 0.3:
        row["max_data_centers"] = len(berth.sites) + dice.randint(0, 2)
    if worst_rtt_ms is not None and dice.random() < 0.4:
        row["max_rtt_ms"] = float(ceil(worst_rtt_ms * dice.uniform(1.0, 1.5) + 1))
    return row


def _draw_worth(dice: Random, supply: Supply, berth: Berth) -> float:
    """0.9 to 2.5 times the price of the job's GPU-hours in the market."""
    hours = sum(supply.hours[berth.need.periods])
    usd = 0.5 * (berth.gpu.cheap_usd + berth.gpu.dear_usd) * berth.gpus * hours
    return round_up(usd * dice.uniform(0.9, 2.5))


def _draw_moves(dice: Random, supply: Supply, draft: JobDraft, *, can_move: bool) -> Row:
    """What a move costs (some hours of a shard), and where the job has been so far."""
    row: Row = {}
    if can_move:
        usd_per_shard = draft.berth.gpus_per_shard * dice.uniform(2, 40)
        row["move_usd_per_shard"] = round_up(usd_per_shard)
    if draft.need.first == 0 and dice.random() < (0.6 if can_move else 0.05):
        row["current"] = _draw_current(dice, supply, draft.berth)
    return row


def _draw_current(dice: Random, supply: Supply, berth: Berth) -> dict[str, int]:
    """The hidden plan's placement with some of the shards elsewhere."""
    peers = [at for at, stock in enumerate(supply.stocks) if stock.gpu == berth.gpu]
    current: dict[int, int] = {}
    for offer, shards in berth.on_offer.items():
        away = dice.randint(0, shards) if dice.random() < 0.7 else 0
        for at, count in ((offer, shards - away), (dice.choice(peers), away)):
            current[at] = current.get(at, 0) + count
    return {supply.stocks[at].name: count for at, count in current.items() if count}


def _draw_staging(dice: Random, supply: Supply, berth: Berth) -> dict[str, float]:
    """0.05 to 2 PB at 20 to 90 USD a TB to every region but one that the data is in."""
    tb = 1000 * dice.uniform(0.05, 2)
    home = supply.sites[dice.choice(berth.sites)].metro.region
    return {
        site.name: round_up(tb * dice.uniform(20, 90))
        for site in supply.sites
        if site.metro.region != home or len({at.metro.region for at in supply.sites}) == 1
    }
