"""The data of an instance, once, as numpy arrays with stated shapes.

Index letters: `t` period, `d` data center, `p` offer, `g` GPU type, `r` provider, `j` job.
No limit is `inf`; a pair of data centers that cannot talk has a link of 0 Gbit/s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gpualloc.instance.instance import Instance
from gpualloc.instance.records import DataCenter, Job, Network, Sync
from gpualloc.vectors import Bools, Floats, Ints

EARTH_RADIUS_KM = 6371.0
FIBER_KM_PER_MS = 204.0
ROUTE_STRETCH = 1.8


@dataclass(frozen=True)
class OptionArrays:
    """A configuration: index of its GPU type, shards to place, GPUs per shard."""

    gpu_type: int
    shards: int
    gpus_per_shard: int

    @property
    def gpus(self) -> int:
        """GPUs of the whole job in this configuration."""
        return self.shards * self.gpus_per_shard


@dataclass(frozen=True)
class JobArrays:
    """One job by indices.

    Attributes
    ----------
    phases : tuple of int arrays
        The periods of each phase: one phase for a job that may not move, else one a period.
    site_allowed : (D,) bool
        Data centers that the job's own lists allow.
    current : (P,) int or None
        Shards on each offer before the first period.
    staging_usd : (D,) float
        Cost of bringing the job's data to each data center.
    """

    index: int
    record: Job
    phases: tuple[Ints, ...]
    options: tuple[OptionArrays, ...]
    site_allowed: Bools
    current: Ints | None
    staging_usd: Floats

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def sync(self) -> Sync | None:
        return self.record.sync

    @property
    def periods(self) -> Ints:
        """All periods in which the job runs, ascending."""
        return np.concatenate(self.phases)


@dataclass(frozen=True)
class FlowArrays:
    """Traffic between two jobs, by their indices, in the periods that both run."""

    index: int
    a: int
    b: int
    gbps: float
    usd_per_ms_hour: float
    periods: Ints


@dataclass(frozen=True)
class Arrays:
    """An instance as arrays.

    Attributes
    ----------
    hours : (T,) float
        Length of each period.
    gpu_kw : (G,) float
        All-in IT power of one GPU.
    site_provider : (D,) int
        Provider of each data center.
    site_region : (D,) str
        Region of each data center.
    power_kw : (D, T) float
        Grid power, `inf` without a limit.
    pue : (D,) float
    usd_per_kwh : (D, T) float
    uplink_gbps : (D,) float
    transfer_tb : (D,) float
        Per period.
    offer_site, offer_gpu_type : (P,) int
    offer_gpus : (P, T) int
    offer_usd : (P, T) float
        USD per GPU-hour.
    offer_fixed_usd : (P,) float
    link_gbps, link_rtt_ms, link_usd_per_gb : (D, D) float
        Symmetric; the diagonal is a data center with itself: no limit, no time, no cost.
    """

    instance: Instance
    hours: Floats
    gpu_kw: Floats
    site_provider: Ints
    site_region: NDArray[np.str_]
    power_kw: Floats
    pue: Floats
    usd_per_kwh: Floats
    uplink_gbps: Floats
    transfer_tb: Floats
    offer_site: Ints
    offer_gpu_type: Ints
    offer_gpus: Ints
    offer_usd: Floats
    offer_fixed_usd: Floats
    link_gbps: Floats
    link_rtt_ms: Floats
    link_usd_per_gb: Floats
    jobs: tuple[JobArrays, ...]
    flows: tuple[FlowArrays, ...]

    @cached_property
    def period_names(self) -> tuple[str, ...]:
        return tuple(period.name for period in self.instance.periods)

    @cached_property
    def site_names(self) -> tuple[str, ...]:
        return tuple(site.name for site in self.instance.data_centers)

    @cached_property
    def offer_names(self) -> tuple[str, ...]:
        return tuple(offer.name for offer in self.instance.offers)

    @cached_property
    def provider_names(self) -> tuple[str, ...]:
        return tuple(provider.name for provider in self.instance.providers)

    @cached_property
    def offer_provider(self) -> Ints:
        """(P,) provider of each offer."""
        return self.site_provider[self.offer_site]

    @cached_property
    def can_talk(self) -> Bools:
        """(D, D) pairs of different data centers with a link between them."""
        joined: Bools = self.link_gbps > 0
        np.fill_diagonal(joined, False)
        return joined

    @cached_property
    def shard_sizes(self) -> tuple[tuple[int, ...], ...]:
        """(G,) the distinct GPUs per shard that any job's option asks of each GPU type."""
        sizes: list[set[int]] = [set() for _ in self.gpu_kw]
        for job in self.jobs:
            for option in job.options:
                sizes[option.gpu_type].add(option.gpus_per_shard)
        return tuple(tuple(sorted(found)) for found in sizes)

    def window(self, start: str | None, end: str | None) -> Bools:
        """(T,) the periods from `start` to `end`, by name; None is the first or the last."""
        names = self.period_names
        first = 0 if start is None else names.index(start)
        last = len(names) - 1 if end is None else names.index(end)
        inside = np.zeros(len(names), dtype=bool)
        inside[first : last + 1] = True
        return inside

    def sites_of(
        self,
        providers: Sequence[str] | None = None,
        regions: Sequence[str] | None = None,
        data_centers: Sequence[str] | None = None,
    ) -> Bools:
        """(D,) the union of the data centers that any of the lists names."""
        wanted_providers = set(providers or ())
        owned = np.array([name in wanted_providers for name in self.provider_names], dtype=bool)
        named = np.isin(self.site_names, list(data_centers or ()))
        return owned[self.site_provider] | np.isin(self.site_region, list(regions or ())) | named


def great_circle_km(latitude: Floats, longitude: Floats) -> Floats:
    """(D, D) distances on a sphere of radius 6371 km, by the haversine formula."""
    phi, lam = np.radians(latitude), np.radians(longitude)
    half_phi = np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
    half_lam = np.sin((lam[:, None] - lam[None, :]) / 2) ** 2
    chord = half_phi + np.cos(phi)[:, None] * np.cos(phi)[None, :] * half_lam
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1))))


def build_arrays(instance: Instance) -> Arrays:
    """Turn a valid instance into arrays.

    Parameters
    ----------
    instance : Instance
        Its records are taken as checked; nothing is validated again.
    """
    periods = len(instance.periods)
    gpu_index = {row.name: at for at, row in enumerate(instance.gpu_types)}
    provider_index = {row.name: at for at, row in enumerate(instance.providers)}
    site_index = {row.name: at for at, row in enumerate(instance.data_centers)}
    sites, offers = instance.data_centers, instance.offers
    site_provider = _ints(provider_index[row.provider] for row in sites)
    site_region = np.array([row.region for row in sites])
    gbps, rtt_ms, usd_per_gb = _link_tables(instance.network, sites, site_index, site_provider)
    jobs = tuple(
        _job_arrays(at, record, instance, gpu_index, site_index, site_provider)
        for at, record in enumerate(instance.jobs)
    )
    return Arrays(
        instance=instance,
        hours=_floats(row.hours for row in instance.periods),
        gpu_kw=_floats(row.kw for row in instance.gpu_types),
        site_provider=site_provider,
        site_region=site_region,
        power_kw=1000 * _by_period([row.power_mw for row in sites], periods),
        pue=_floats(row.pue for row in sites),
        usd_per_kwh=_by_period([row.usd_per_mwh for row in sites], periods) / 1000,
        uplink_gbps=_limits(row.uplink_gbps for row in sites),
        transfer_tb=_limits(row.transfer_tb for row in sites),
        offer_site=_ints(site_index[row.data_center] for row in offers),
        offer_gpu_type=_ints(gpu_index[row.gpu_type] for row in offers),
        offer_gpus=_by_period([row.gpus for row in offers], periods).astype(np.int64),
        offer_usd=_by_period([row.usd_per_gpu_hour for row in offers], periods),
        offer_fixed_usd=_floats(row.fixed_usd for row in offers),
        link_gbps=gbps,
        link_rtt_ms=rtt_ms,
        link_usd_per_gb=usd_per_gb,
        jobs=jobs,
        flows=_flow_arrays(instance, jobs),
    )


def _floats(values: Iterable[float]) -> Floats:
    return np.array(list(values), dtype=np.float64)


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _limits(values: Iterable[float | None]) -> Floats:
    return _floats(np.inf if value is None else value for value in values)


def _by_period(figures: Sequence[float | Sequence[float] | None], periods: int) -> Floats:
    """(N, T) figures that are one number, one a period, or None for no limit."""
    table = np.empty((len(figures), periods))
    for at, figure in enumerate(figures):
        table[at] = np.inf if figure is None else figure
    return table


def _link_tables(
    network: Network,
    sites: Sequence[DataCenter],
    site_index: dict[str, int],
    site_provider: Ints,
) -> tuple[Floats, Floats, Floats]:
    distance = great_circle_km(
        _floats(row.latitude for row in sites), _floats(row.longitude for row in sites)
    )
    rtt_ms = 1 + 2 * ROUTE_STRETCH * distance / FIBER_KM_PER_MS
    same = site_provider[:, None] == site_provider[None, :]
    gbps, usd_per_gb = np.zeros(same.shape), np.zeros(same.shape)
    for where, link in ((same, network.same_provider), (~same, network.cross_provider)):
        if link is not None:
            gbps[where], usd_per_gb[where] = link.gbps, link.usd_per_gb
    for own in network.links:
        a, b = site_index[own.a], site_index[own.b]
        gbps[a, b] = gbps[b, a] = own.gbps
        usd_per_gb[a, b] = usd_per_gb[b, a] = own.usd_per_gb
        if own.rtt_ms is not None:
            rtt_ms[a, b] = rtt_ms[b, a] = own.rtt_ms
    np.fill_diagonal(gbps, np.inf)
    np.fill_diagonal(rtt_ms, 0)
    np.fill_diagonal(usd_per_gb, 0)
    return gbps, rtt_ms, usd_per_gb


def _job_arrays(
    index: int,
    job: Job,
    instance: Instance,
    gpu_index: dict[str, int],
    site_index: dict[str, int],
    site_provider: Ints,
) -> JobArrays:
    names = [period.name for period in instance.periods]
    first = 0 if job.start is None else names.index(job.start)
    last = len(names) - 1 if job.end is None else names.index(job.end)
    periods = np.arange(first, last + 1)
    still = job.move_usd_per_shard is None
    staging_usd = np.zeros(len(site_index))
    for site, usd in (job.staging_usd or {}).items():
        staging_usd[site_index[site]] = usd
    return JobArrays(
        index=index,
        record=job,
        phases=(periods,) if still else tuple(periods[:, None]),
        options=tuple(
            OptionArrays(gpu_index[row.gpu_type], row.shards, row.gpus_per_shard)
            for row in job.options
        ),
        site_allowed=_allowed_sites(job, instance.data_centers),
        current=_current_shards(job, instance),
        staging_usd=staging_usd,
    )


def _allowed_sites(job: Job, sites: Sequence[DataCenter]) -> Bools:
    lists = (
        (job.providers, [site.provider for site in sites]),
        (job.regions, [site.region for site in sites]),
        (job.data_centers, [site.name for site in sites]),
    )
    allowed = np.ones(len(sites), dtype=bool)
    for names, found in lists:
        if names is not None:
            allowed &= np.isin(found, list(names))
    return allowed


def _current_shards(job: Job, instance: Instance) -> Ints | None:
    if job.current is None:
        return None
    return _ints(job.current.get(offer.name, 0) for offer in instance.offers)


def _flow_arrays(instance: Instance, jobs: tuple[JobArrays, ...]) -> tuple[FlowArrays, ...]:
    by_name = {job.name: job for job in jobs}
    return tuple(
        FlowArrays(
            index=at,
            a=by_name[flow.a].index,
            b=by_name[flow.b].index,
            gbps=flow.gbps,
            usd_per_ms_hour=flow.usd_per_ms_hour,
            periods=by_name[flow.a].periods,
        )
        for at, flow in enumerate(instance.flows)
    )
