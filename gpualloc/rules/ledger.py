"""A finished plan, counted against its instance: the checker's view."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from functools import cached_property

from gpualloc.instance.contracts import Contract
from gpualloc.instance.instance import Instance
from gpualloc.instance.records import Flow, Job
from gpualloc.layout import Layout
from gpualloc.rules.catalog import Catalog
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.entries import read_entries
from gpualloc.rules.figures import at_period
from gpualloc.rules.stay import FlowTraffic, Spoke, Stay, Traffic, spokes_of

OfferPeriod = tuple[str, int]
SitePeriod = tuple[str, int]


class Ledger:
    """What a plan uses, in exact figures, by the names of the instance.

    Parameters
    ----------
    instance : Instance
        A valid instance; its records are read as they are.
    layout : Layout
        Any rows at all. Those that cannot be counted are left out and stand in `faults`.

    Attributes
    ----------
    catalog : Catalog
        The instance by its names.
    faults : tuple of Breach
        One for each row that cannot be counted.
    hubs : dict
        The data center named as hub, by `(job, t)`.
    shares : dict
        The fraction of each flow between two data centers: by `(a, b, t)`, then by
        `(origin, target)`.
    bought_out : frozenset of str
        The contracts that are bought out.
    unserved : frozenset of str
        The jobs that the plan lists as unserved.
    """

    def __init__(self, instance: Instance, layout: Layout) -> None:
        self.catalog = Catalog(instance)
        entries = read_entries(self.catalog, layout)
        self.faults = tuple(entries.faults)
        self.bought_out = frozenset(entries.buyouts)
        self.unserved = frozenset(entries.unserved)
        period_at = self.catalog.period_at
        self.hubs = {(row.job, period_at[row.period]): row.data_center for row in entries.hubs}
        self.shares: dict[tuple[str, str, int], dict[tuple[str, str], float]] = defaultdict(dict)
        for row in entries.flows:
            key = (row.a, row.b, period_at[row.period])
            self.shares[key][row.origin, row.target] = float(row.fraction)
        self._stays: dict[str, dict[int, Stay]] = {name: {} for name in self.catalog.jobs}
        for placement in entries.placements:
            if placement.shards > 0:
                job, t = self.catalog.jobs[placement.job], period_at[placement.period]
                stay = self._stays[job.name].setdefault(t, Stay(job, t))
                stay.add(placement, self.catalog.site_of[placement.offer].name)
        self._spokes: dict[tuple[str, int], tuple[Spoke, ...]] = {}

    @property
    def instance(self) -> Instance:
        """The instance that the plan is counted against."""
        return self.catalog.instance

    def stay(self, job: Job, t: int) -> Stay | None:
        """What a job uses in period `t`; None if nothing."""
        return self._stays[job.name].get(t)

    def stays(self, job: Job, periods: Iterable[int]) -> list[Stay]:
        """What a job uses in some periods, those without shards left out."""
        own = self._stays[job.name]
        return [own[t] for t in periods if t in own]

    @cached_property
    def all_stays(self) -> tuple[Stay, ...]:
        """What every job uses in every period in which it uses anything."""
        return tuple(stay for own in self._stays.values() for stay in own.values())

    def is_served(self, job: Job) -> bool:
        """Whether a job has a shard anywhere."""
        return bool(self._stays[job.name])

    @cached_property
    def gpus_used(self) -> dict[OfferPeriod, int]:
        """GPUs in use by `(offer, t)`."""
        used: Counter[OfferPeriod] = Counter()
        for stay in self.all_stays:
            for offer, gpus in stay.gpus.items():
                used[offer, stay.t] += gpus
        return dict(used)

    @cached_property
    def power_kw_used(self) -> dict[SitePeriod, Fraction]:
        """Facility power in kW by `(data center, t)`."""
        used: dict[SitePeriod, Fraction] = defaultdict(Fraction)
        for (offer, t), gpus in self.gpus_used.items():
            used[self.catalog.site_of[offer].name, t] += gpus * self.catalog.gpu_kw(offer)
        return dict(used)

    def compute_usd(self, offer: str, t: int, gpus: int) -> Fraction:
        """What some GPUs of an offer cost for the whole of period `t`."""
        price = at_period(self.catalog.offers[offer].usd_per_gpu_hour, t)
        return gpus * price * self.catalog.hours[t]

    def spokes(self, stay: Stay) -> tuple[Spoke, ...]:
        """The spokes of a job in a period, as far as its hub and its paths make sense."""
        key = (stay.job.name, stay.t)
        if key not in self._spokes:
            self._spokes[key] = tuple(spokes_of(stay, self.hubs.get(key), self.catalog.paths))
        return self._spokes[key]

    def flow_stays(self, flow: Flow) -> Iterator[tuple[Stay, Stay]]:
        """What the two jobs of a flow use, in each period in which both use something."""
        a, b = self.catalog.jobs[flow.a], self.catalog.jobs[flow.b]
        for t in self.catalog.window(a):
            at_a, at_b = self.stay(a, t), self.stay(b, t)
            if at_a is not None and at_b is not None:
                yield at_a, at_b

    def flow_shares(self, flow: Flow, t: int) -> dict[tuple[str, str], float]:
        """The fraction of a flow in period `t` by `(origin, target)`, as the plan's rows say."""
        return self.shares.get((flow.a, flow.b, t), {})

    @cached_property
    def flow_traffic(self) -> tuple[FlowTraffic, ...]:
        """What the flows of served jobs send between different data centers."""
        return tuple(self._flow_traffic())

    def _flow_traffic(self) -> Iterator[FlowTraffic]:
        for flow in self.instance.flows:
            for stay, _ in self.flow_stays(flow):
                for (x, y), fraction in self.flow_shares(flow, stay.t).items():
                    path = None if x == y else self.catalog.paths.between(x, y)
                    if path is not None and fraction > 0:
                        yield FlowTraffic(flow, fraction, stay.t, x, y, path)

    @cached_property
    def traffic(self) -> tuple[Traffic, ...]:
        """All that moves between data centers: spokes and flows."""
        spokes = (spoke for stay in self.all_stays for spoke in self.spokes(stay))
        return (*spokes, *self.flow_traffic)

    @cached_property
    def link_gbps_used(self) -> dict[tuple[str, str, int], float]:
        """Bandwidth in use by `(a, b, t)`, with the names of the two ends in order."""
        used: dict[tuple[str, str, int], float] = defaultdict(float)
        for sent in self.traffic:
            used[(*sent.pair, sent.t)] += sent.gbps
        return dict(used)

    @cached_property
    def uplink_gbps_used(self) -> dict[SitePeriod, float]:
        """Bandwidth in use to and from each data center, by `(data center, t)`."""
        used: dict[SitePeriod, float] = defaultdict(float)
        for (a, b, t), gbps in self.link_gbps_used.items():
            used[a, t] += gbps
            used[b, t] += gbps
        return dict(used)

    @cached_property
    def transfer_tb_used(self) -> dict[SitePeriod, float]:
        """Data moved to and from each data center over a period, by `(data center, t)`."""
        used: dict[SitePeriod, float] = defaultdict(float)
        for sent in self.traffic:
            moved_tb = sent.gb_per_hour * float(self.catalog.hours[sent.t]) / 1000
            for site in sent.pair:
                used[site, sent.t] += moved_tb
        return dict(used)

    @cached_property
    def contracts(self) -> tuple[ContractRule, ...]:
        """The contracts that bind: all but those bought out."""
        rules = (row for row in self.instance.contracts if isinstance(row, ContractRule))
        return tuple(rule for rule in rules if not self.is_bought_out(rule))

    def is_bought_out(self, contract: Contract) -> bool:
        """Whether the plan pays to leave a contract."""
        return contract.name in self.bought_out

    def covered_jobs(self, contract: Contract) -> list[Job]:
        """The jobs that a contract covers, in the order of the instance."""
        return [job for job in self.instance.jobs if self.catalog.covers(contract, job)]

    def covered_stays(self, contract: Contract) -> list[Stay]:
        """What the covered jobs use in each period of the contract's window."""
        window = self.catalog.window(contract)
        return [stay for job in self.covered_jobs(contract) for stay in self.stays(job, window)]

    def covered_gpus(self, contract: Contract) -> dict[OfferPeriod, int]:
        """GPUs that the covered jobs use in the contract's window, by `(offer, t)`."""
        used: Counter[OfferPeriod] = Counter()
        for stay in self.covered_stays(contract):
            for offer, gpus in stay.gpus.items():
                used[offer, stay.t] += gpus
        return dict(used)

    def spend_usd(self, contract: Contract, providers: Collection[str]) -> Fraction:
        """Compute cost of the covered jobs at some providers in the contract's window."""
        used = self.covered_gpus(contract).items()
        site_of = self.catalog.site_of
        costs = (
            self.compute_usd(offer, t, gpus)
            for (offer, t), gpus in used
            if site_of[offer].provider in providers
        )
        return sum(costs, Fraction(0))

    def gpu_hours(self, contract: Contract) -> dict[str, Fraction]:
        """GPU-hours of the covered jobs in the contract's window, by data center."""
        hours: dict[str, Fraction] = defaultdict(Fraction)
        for (offer, t), gpus in self.covered_gpus(contract).items():
            hours[self.catalog.site_of[offer].name] += gpus * self.catalog.hours[t]
        return dict(hours)
