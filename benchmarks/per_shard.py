r"""The model that comes to mind first: one binary for each shard, offer and phase.

.. math:: x_{jksof} \in \{0, 1\}, \qquad \sum_o x_{jksof} = \mathrm{on}_{jk}

for each job j, option k, shard s, offer o and phase f, written with PuLP as a newcomer would: big
sums, a row for every shard, and the solver left to find out that shards are alike. It has all
rules and costs but flows and contracts; it says so of an instance with one of these.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import Any

import pulp
from per_shard_job import JobModel

from gpualloc import Instance
from gpualloc.engines.backends.pulp_answer import Answer as SolverAnswer
from gpualloc.engines.backends.pulp_answer import read_answer
from gpualloc.instance.arrays import Arrays, JobArrays, build_arrays
from gpualloc.layout import Layout

LEAST_S = 1.0
"""With less time left after building, the solver is not started."""

SETTINGS: dict[str, tuple[dict[str, Any], ...]] = {"HiGHS": ({}, {"presolve": "off"})}
"""What a solver is tried with in turn: HiGHS' presolve breaks rows of some programs."""


@dataclass(frozen=True)
class Answer:
    """What became of an instance.

    Attributes
    ----------
    layout : Layout or None
        None where there is no plan.
    bound_usd : float or None
        As the solver proved it.
    infeasible : bool
        Whether the solver found that no plan is valid.
    missing : tuple of str
        What the instance has that the model has not; then nothing was solved.
    note : str
        How large the model was, or what is missing.
    """

    layout: Layout | None
    bound_usd: float | None = None
    infeasible: bool = False
    missing: tuple[str, ...] = ()
    note: str = ""


def solve_per_shard(instance: Instance, time_limit: float, solver: str = "HiGHS") -> Answer:
    """Build the model and solve it, both within the time limit.

    Parameters
    ----------
    time_limit : float
        Seconds.
    solver : str
        As PuLP calls it.
    """
    if missing := missing_features(instance):
        return Answer(None, missing=missing, note=f"the model has no {' and no '.join(missing)}")
    began = monotonic()
    model = PerShardModel(instance)
    note = f"{model.binaries:,} binaries for shards, built in {monotonic() - began:.1f} s"
    for settings in SETTINGS.get(solver, ({},)):
        left = time_limit - (monotonic() - began)
        if left < LEAST_S:
            break
        answer = _solve(model.model, solver, {"timeLimit": left, **settings})
        if answer.found or answer.infeasible:
            layout = model.layout() if answer.found else None
            return Answer(layout, answer.bound, answer.infeasible, note=note)
    return Answer(None, note=note)


def _solve(model: pulp.LpProblem, solver: str, settings: dict[str, Any]) -> SolverAnswer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made = getattr(pulp, solver)(msg=False, **settings)
    return read_answer(solver, model, model.solve(made))


def missing_features(instance: Instance) -> tuple[str, ...]:
    """What an instance has that this model has not."""
    found = {"flows": instance.flows, "contracts": instance.contracts}
    return tuple(feature for feature, rows in found.items() if rows)


class PerShardModel:
    """The model of an instance.

    Parameters
    ----------
    instance : Instance
        Without flows and contracts.

    Attributes
    ----------
    model : pulp.LpProblem
    binaries : int
        How many there are for shards.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.arrays: Arrays = build_arrays(instance)
        self.model = pulp.LpProblem("per_shard", pulp.LpMinimize)
        self.binaries = 0
        self._numbers = count()
        self._cost: list[Any] = []
        self._gpus: dict[tuple[int, int], list[Any]] = defaultdict(list)
        self._kw: dict[tuple[int, int], list[Any]] = defaultdict(list)
        self._opened: dict[int, list[Any]] = defaultdict(list)
        self._gbps: dict[tuple[int, int, int], list[Any]] = defaultdict(list)
        self._tb: dict[tuple[int, int], list[Any]] = defaultdict(list)
        self._jobs = [JobModel(self, job) for job in self.arrays.jobs]
        self._limit_offers()
        self._limit_sites()
        self._limit_links()
        self.model += pulp.lpSum(self._cost)

    def binary(self) -> Any:
        """A new column, 0 or 1."""
        return self.model.add_variable(f"v{next(self._numbers)}", 0, 1, "Integer")

    def amount(self) -> Any:
        """A new column from 0 on."""
        return self.model.add_variable(f"v{next(self._numbers)}", 0)

    def require(self, row: Any) -> None:
        """Add a row."""
        self.model += row

    def charge(self, usd: float, column: Any) -> None:
        """Charge USD for a column."""
        if usd:
            self._cost.append(usd * column)

    def place(self, column: Any, offer: int, gpus: int, periods: Iterable[int]) -> None:
        """Let a column take GPUs of an offer in some periods, at its price for GPUs and energy."""
        arrays = self.arrays
        site = int(arrays.offer_site[offer])
        kw = float(gpus * arrays.gpu_kw[arrays.offer_gpu_type[offer]] * arrays.pue[site])
        usd = 0.0
        for period in periods:
            self._gpus[offer, period].append(gpus * column)
            self._kw[site, period].append(kw * column)
            hourly = gpus * arrays.offer_usd[offer, period] + kw * arrays.usd_per_kwh[site, period]
            usd += float(arrays.hours[period] * hourly)
        self._opened[offer].append(column)
        self.charge(usd, column)

    def talk(self, column: Any, a: int, h: int, job: JobArrays, periods: Iterable[int]) -> None:
        """Let a column reserve a spoke of a job in some periods, and move data over it."""
        assert job.sync is not None
        arrays, rate = self.arrays, self.rate_gbps(job, a, h)
        gb_per_hour = 7200 * job.sync.gb / (job.sync.every_s + self.exposed_s(job, a, h))
        for period in periods:
            hours = float(arrays.hours[period])
            self._gbps[min(a, h), max(a, h), period].append(rate * column)
            for site in (a, h):
                self._tb[site, period].append(gb_per_hour * hours / 1000 * column)
            self.charge(gb_per_hour * hours * float(arrays.link_usd_per_gb[a, h]), column)

    def rate_gbps(self, job: JobArrays, a: int, h: int) -> float:
        """What a spoke of a job reserves."""
        assert job.sync is not None
        return float(min(job.sync.gbps, self.arrays.link_gbps[a, h]))

    def exposed_s(self, job: JobArrays, a: int, h: int) -> float:
        """Seconds of an exchange over a spoke that compute does not hide."""
        assert job.sync is not None
        seconds = 16 * job.sync.gb / self.rate_gbps(job, a, h)
        seconds += float(self.arrays.link_rtt_ms[a, h]) / 1000
        return max(0.0, seconds - job.sync.overlap_s)

    def _limit_offers(self) -> None:
        for (offer, period), used in self._gpus.items():
            self.require(pulp.lpSum(used) <= int(self.arrays.offer_gpus[offer, period]))
        for offer, placed in self._opened.items():
            usd = float(self.arrays.offer_fixed_usd[offer])
            if usd:
                opened = self.binary()
                self.charge(usd, opened)
                for column in placed:
                    self.require(column <= opened)

    def _limit_sites(self) -> None:
        for (site, period), drawn in self._kw.items():
            self._limit(drawn, float(self.arrays.power_kw[site, period]))
        for (site, _), moved in self._tb.items():
            self._limit(moved, float(self.arrays.transfer_tb[site]))

    def _limit_links(self) -> None:
        uplinks: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for (a, b, period), reserved in self._gbps.items():
            self._limit(reserved, float(self.arrays.link_gbps[a, b]))
            for site in (a, b):
                uplinks[site, period] += reserved
        for (site, _), reserved in uplinks.items():
            self._limit(reserved, float(self.arrays.uplink_gbps[site]))

    def _limit(self, terms: list[Any], most: float) -> None:
        if most != float("inf"):
            self.require(pulp.lpSum(terms) <= most)

    def layout(self) -> Layout:
        """What the solved columns decide."""
        jobs = self._jobs
        return Layout(
            placements=tuple(row for job in jobs for row in job.placements()),
            hubs=tuple(row for job in jobs for row in job.hubs()),
            unserved=tuple(job.job.name for job in jobs if job.is_unserved()),
        )
