"""The quantities of a plan: the columns that every rule writes its rows over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpualloc.instance.arrays import Arrays, FlowArrays, JobArrays, OptionArrays
from gpualloc.rules.writer import MISSING, Block, FlowColumns, JobColumns, Writer
from gpualloc.vectors import Ints

ROUNDING = 1e-9


def declare_job(writer: Writer, data: JobArrays) -> JobColumns:
    """Declare a job's columns: which option it runs in, and its blocks."""
    names = [f"option {at}" for at in range(len(data.options))]
    on = writer.columns("on", names, prefix=(data.name,))
    optional = np.asarray(data.record.unserved_usd is not None)
    unserved = int(writer.columns("unserved", prefix=(data.name,), where=optional))
    job = JobColumns(data, writer.arrays.period_names, on, unserved)
    job.blocks = tuple(
        tuple(_declare_block(writer, job, option, phase) for phase in range(len(data.phases)))
        for option in range(len(data.options))
    )
    return job


def _declare_block(writer: Writer, job: JobColumns, option: int, phase: int) -> Block:
    arrays, data = writer.arrays, job.data
    periods, choice = data.phases[phase], data.options[option]
    offers, most = _usable_offers(arrays, data, choice, periods)
    sites, site_at = np.unique(arrays.offer_site[offers], return_inverse=True)
    block = Block(
        job=job,
        option=option,
        phase=phase,
        periods=periods,
        gpus_per_shard=choice.gpus_per_shard,
        on=int(job.on[option]),
        offers=offers,
        shards=np.empty(0, dtype=np.int64),
        shards_max=most,
        sites=sites,
        site_at=site_at,
        used=np.empty(0, dtype=np.int64),
        hub=np.full(len(sites), MISSING, dtype=np.int64),
        spoke=np.full((len(sites), len(sites)), MISSING, dtype=np.int64),
    )
    site_names = [arrays.site_names[site] for site in sites]
    offer_names = [arrays.offer_names[offer] for offer in offers]
    block.shards = writer.columns("shards", offer_names, prefix=block.prefix, upper=most)
    block.used = writer.columns("used", site_names, prefix=block.prefix)
    if data.sync is not None and data.record.max_data_centers != 1:
        block.hub = writer.columns("hub", site_names, prefix=block.prefix)
        block.spoke = _declare_spokes(writer, block, site_names)
    return block


def _usable_offers(
    arrays: Arrays, job: JobArrays, option: OptionArrays, periods: Ints
) -> tuple[Ints, Ints]:
    """Offers that can take a shard in all the periods, and the most that each could take."""
    fits = arrays.offer_gpu_type == option.gpu_type
    offers = np.flatnonzero(fits & job.site_allowed[arrays.offer_site])
    gpus = arrays.offer_gpus[np.ix_(offers, periods)].min(axis=1)
    sites = arrays.offer_site[offers]
    shard_kw = option.gpus_per_shard * arrays.gpu_kw[option.gpu_type] * arrays.pue[sites]
    power_kw = arrays.power_kw[np.ix_(sites, periods)].min(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        powered = np.where(shard_kw > 0, power_kw / shard_kw, np.inf) * (1 + ROUNDING)
    most = np.minimum(gpus // option.gpus_per_shard, option.shards)
    most = np.minimum(most, np.floor(powered + ROUNDING)).astype(np.int64)
    keep = most > 0
    return offers[keep], most[keep]


def _declare_spokes(writer: Writer, block: Block, site_names: list[str]) -> NDArray[np.int64]:
    arrays, max_rtt_ms = writer.arrays, block.job.data.record.max_rtt_ms
    pairs = np.ix_(block.sites, block.sites)
    allowed = arrays.can_talk[pairs]
    if max_rtt_ms is not None:
        allowed = allowed & (arrays.link_rtt_ms[pairs] <= max_rtt_ms * (1 + ROUNDING))
    return writer.columns("spoke", site_names, site_names, prefix=block.prefix, where=allowed)


def declare_flow(writer: Writer, data: FlowArrays, a: JobColumns, b: JobColumns) -> FlowColumns:
    """Declare which fraction of a flow runs between each pair of data centers, in each period."""
    arrays = writer.arrays
    sites = np.union1d(_sites(a), _sites(b))
    names = [arrays.site_names[site] for site in sites]
    periods = [arrays.period_names[period] for period in data.periods]
    pairs = np.ix_(sites, sites)
    reaches = np.isin(sites, _sites(a))[:, None] & np.isin(sites, _sites(b))[None, :]
    joined = (arrays.can_talk[pairs] | np.eye(len(sites), dtype=bool)) & reaches
    share = writer.columns(
        "flow",
        periods,
        names,
        names,
        prefix=(a.data.name, b.data.name),
        integer=False,
        where=joined[None],
    )
    return FlowColumns(data, a, b, sites, share)


def _sites(job: JobColumns) -> Ints:
    blocks = job.all_blocks()
    found: Ints = np.unique(np.concatenate([block.sites for block in blocks]))
    return found
