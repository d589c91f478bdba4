"""An instance by its names, in exact figures: the checker's view."""

from __future__ import annotations

from fractions import Fraction

from gpualloc.instance.contracts import Contract
from gpualloc.instance.instance import Instance
from gpualloc.instance.records import DataCenter, Job
from gpualloc.rules.figures import at_period
from gpualloc.rules.paths import Paths
from gpualloc.units import exact


class Catalog:
    """An instance by its names.

    Attributes
    ----------
    period_at : dict
        Position of each period, by name.
    sites, offers, jobs, contracts : dict
        The records by name; `sites` are the data centers.
    site_of : dict
        The data center of each offer, by the offer's name.
    paths : Paths
        What joins the data centers.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.periods = tuple(period.name for period in instance.periods)
        self.hours = tuple(exact(period.hours) for period in instance.periods)
        self.period_at = {name: at for at, name in enumerate(self.periods)}
        self.sites = {site.name: site for site in instance.data_centers}
        self.offers = {offer.name: offer for offer in instance.offers}
        self.jobs = {job.name: job for job in instance.jobs}
        self.contracts = {contract.name: contract for contract in instance.contracts}
        self.site_of = {offer.name: self.sites[offer.data_center] for offer in instance.offers}
        self.paths = Paths(instance)
        self._kw = {gpu_type.name: exact(gpu_type.kw) for gpu_type in instance.gpu_types}

    def window(self, row: Job | Contract) -> range:
        """The periods from `start` to `end` of a job or a contract."""
        first = 0 if row.start is None else self.period_at[row.start]
        last = len(self.periods) - 1 if row.end is None else self.period_at[row.end]
        return range(first, last + 1)

    def phases(self, job: Job) -> tuple[range, ...]:
        """The periods of each phase: all in one, or one each for a job that may move."""
        span = self.window(job)
        if job.move_usd_per_shard is None:
            return (span,)
        return tuple(range(t, t + 1) for t in span)

    def phases_in_window(self, contract: Contract, job: Job) -> tuple[range, ...]:
        """The phases of a job that have a period in the contract's window."""
        window = self.window(contract)
        return tuple(phase for phase in self.phases(job) if overlap(phase, window))

    def covers(self, contract: Contract, job: Job) -> bool:
        """Whether the job has one of the contract's tags; without tags all jobs are covered."""
        return contract.jobs is None or any(tag in contract.jobs for tag in job.tags)

    def allows(self, job: Job, site: DataCenter) -> bool:
        """Whether the job's own lists allow a data center."""
        return (
            (job.providers is None or site.provider in job.providers)
            and (job.regions is None or site.region in job.regions)
            and (job.data_centers is None or site.name in job.data_centers)
        )

    def gpu_kw(self, offer: str) -> Fraction:
        """Facility power of one GPU of an offer in kW: its IT power times the site's PUE."""
        return self._kw[self.offers[offer].gpu_type] * exact(self.site_of[offer].pue)

    def power_kw(self, site: str, t: int) -> Fraction | None:
        """Power limit of a data center in period `t` in kW; None without a limit."""
        power_mw = self.sites[site].power_mw
        return None if power_mw is None else 1000 * at_period(power_mw, t)

    def gpus(self, offer: str, t: int) -> int:
        """GPUs of an offer in period `t`."""
        return int(at_period(self.offers[offer].gpus, t))

    def name_phase(self, phase: range) -> str:
        """A phase in words: its period, or its first and last."""
        first, last = self.periods[phase[0]], self.periods[phase[-1]]
        return first if first == last else f"{first} to {last}"


def overlap(a: range, b: range) -> bool:
    """Whether two stretches of periods share one."""
    return a.start < b.stop and b.start < a.stop
