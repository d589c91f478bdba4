"""Rules of the demand side: jobs that must be served, where they may be, and their traffic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from gpualloc.answers.relaxations import BusinessRule, Edits, rounded_up
from gpualloc.answers.relaxations_contracts import contract_rules
from gpualloc.instance.instance import Instance
from gpualloc.instance.records import DataCenter, Job
from gpualloc.plan.text import count
from gpualloc.rules.catalog import Catalog
from gpualloc.rules.figures import exceeds
from gpualloc.rules.ledger import Ledger

if TYPE_CHECKING:
    from gpualloc.answers.relaxations_elastic import Elastic

PLACE_COLUMNS = ("providers", "regions", "data_centers")
PLACE_WORDS = {"providers": "provider", "regions": "region", "data_centers": "data center"}

LISTED = 4
"""Names of a list that a sentence tells."""


@dataclass(frozen=True)
class Served(BusinessRule):
    """A job must be served."""

    kind: ClassVar[str] = "served"
    job: Job = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        sizes = " or ".join(
            f"{count(option.shards * option.gpus_per_shard)} {option.gpu_type}"
            for option in self.job.options
        )
        return f"{self.job.name} must be served ({sizes})"

    def drop(self, edits: Edits) -> None:
        edits.set("jobs", self.job.name, "unserved_usd", 0.0)

    def soften(self, elastic: Elastic) -> None:
        elastic.price_unserved(self.job.name)

    def needed(self, ledger: Ledger) -> bool | None:
        return None if ledger.is_served(self.job) else True

    def ease(self, edits: Edits, to: Any) -> None:
        self.drop(edits)

    def told(self, to: Any) -> str:
        return f"leave {self.job.name} unserved"


@dataclass(frozen=True)
class AllowedPlaces(BusinessRule):
    """A job may be in some places alone."""

    kind: ClassVar[str] = "places"
    job: Job = field(compare=False, repr=False)
    column: str
    sites: tuple[DataCenter, ...] = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        allowed = getattr(self.job, self.column)
        word = PLACE_WORDS[self.column]
        words = word if len(allowed) == 1 else f"{word}s"
        return f"{self.job.name} may use {words} {_joined(allowed)} alone"

    def allows(self, site: DataCenter) -> bool:
        """Whether this list names the data center, or its region or provider."""
        return _key(site, self.column) in getattr(self.job, self.column)

    def drop(self, edits: Edits) -> None:
        edits.set("jobs", self.job.name, self.column, None)

    def soften(self, elastic: Elastic) -> None:
        barred = [site.name for site in self.sites if not self.allows(site)]
        elastic.price_sites(self.job.name, barred)

    def needed(self, ledger: Ledger) -> tuple[str, ...] | None:
        stays = ledger.stays(self.job, range(len(ledger.catalog.periods)))
        used = {site for stay in stays for site in stay.shards_at}
        new = [site for site in self.sites if site.name in used and not self.allows(site)]
        return tuple(dict.fromkeys(_key(site, self.column) for site in new)) or None

    def ease(self, edits: Edits, to: tuple[str, ...]) -> None:
        allowed = (*getattr(self.job, self.column), *to)
        edits.set("jobs", self.job.name, self.column, allowed)

    def told(self, to: tuple[str, ...]) -> str:
        return f"allow {self.job.name} in {PLACE_WORDS[self.column]} {_joined(to)} as well"

    def amount(self, to: tuple[str, ...]) -> tuple[float | None, str]:
        return len(to), self.column.replace("_", " ")


@dataclass(frozen=True)
class Spread(BusinessRule):
    """A job uses at most so many data centers at a time."""

    kind: ClassVar[str] = "max_data_centers"
    job: Job = field(compare=False, repr=False)
    most: int

    @property
    def text(self) -> str:
        return f"{self.job.name} may use {_sites(self.most)} at a time"

    def drop(self, edits: Edits) -> None:
        edits.set("jobs", self.job.name, self.kind, None)

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_spread(self.job.name, self.most)

    def needed(self, ledger: Ledger) -> int | None:
        stays = ledger.stays(self.job, range(len(ledger.catalog.periods)))
        used = max((len(stay.shards_at) for stay in stays), default=0)
        return used if used > self.most else None

    def ease(self, edits: Edits, to: int) -> None:
        edits.set("jobs", self.job.name, self.kind, to)

    def told(self, to: int) -> str:
        return f"allow {self.job.name} {_sites(to)} at a time (instead of {self.most})"

    def amount(self, to: int) -> tuple[float | None, str]:
        return to - self.most, "data centers"


@dataclass(frozen=True)
class RoundTrip(BusinessRule):
    """The round trips between a job's hub and its other data centers are short."""

    kind: ClassVar[str] = "max_rtt_ms"
    job: Job = field(compare=False, repr=False)
    most_ms: float

    @property
    def text(self) -> str:
        return f"{self.job.name} takes round trips of {count(self.most_ms)} ms to its hub at most"

    def drop(self, edits: Edits) -> None:
        edits.set("jobs", self.job.name, self.kind, None)

    def soften(self, elastic: Elastic) -> None:
        elastic.price_round_trips(self.job.name, self.most_ms)

    def needed(self, ledger: Ledger) -> float | None:
        stays = ledger.stays(self.job, range(len(ledger.catalog.periods)))
        spokes = (spoke.path.rtt_ms for stay in stays for spoke in ledger.spokes(stay))
        longest = max(spokes, default=0.0)
        return rounded_up(longest) if exceeds(longest, self.most_ms) else None

    def ease(self, edits: Edits, to: float) -> None:
        edits.set("jobs", self.job.name, self.kind, to)

    def told(self, to: float) -> str:
        was = f"instead of {count(self.most_ms)} ms"
        return f"allow {self.job.name} round trips of {count(to)} ms ({was})"

    def amount(self, to: float) -> tuple[float | None, str]:
        return to - self.most_ms, "ms"


@dataclass(frozen=True)
class StaysPut(BusinessRule):
    """A job stays where it starts."""

    kind: ClassVar[str] = "stays"
    job: Job = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        return f"{self.job.name} may not move between periods"

    def drop(self, edits: Edits) -> None:
        edits.set("jobs", self.job.name, "move_usd_per_shard", 1.0)

    def soften(self, elastic: Elastic) -> None:
        elastic.price_moves()

    def needed(self, ledger: Ledger) -> bool | None:
        stays = ledger.stays(self.job, range(len(ledger.catalog.periods)))
        moves = any(stay.shards != stays[0].shards for stay in stays)
        hubs = {ledger.hubs.get((self.job.name, stay.t)) for stay in stays} - {None}
        return True if moves or len(hubs) > 1 else None

    def ease(self, edits: Edits, to: Any) -> None:
        edits.set("jobs", self.job.name, "move_usd_per_shard", 0.0)

    def told(self, to: Any) -> str:
        return f"let {self.job.name} move between periods"


@dataclass(frozen=True)
class FlowRuns(BusinessRule):
    """Traffic runs between two jobs."""

    kind: ClassVar[str] = "flows"
    gbps: float

    @property
    def text(self) -> str:
        return f"{self.place[0]} and {self.place[1]} exchange {count(self.gbps)} Gbit/s"

    def drop(self, edits: Edits) -> None:
        edits.remove_flow(self.place[0], self.place[1])

    def soften(self, elastic: Elastic) -> None:
        """A program without the flow has nothing to price: it is given up as a whole."""

    def needed(self, ledger: Ledger) -> bool | None:
        return True

    def ease(self, edits: Edits, to: Any) -> None:
        self.drop(edits)

    def told(self, to: Any) -> str:
        return f"do without the traffic between {self.place[0]} and {self.place[1]}"


def demand_rules(instance: Instance) -> Iterator[BusinessRule]:
    """The rules of jobs, flows and contracts that can bind at all."""
    catalog = Catalog(instance)
    yield from contract_rules(catalog)
    for job in instance.jobs:
        yield from _job_rules(catalog, job)
    for flow in instance.flows:
        yield FlowRuns((flow.a, flow.b), flow.gbps)


def _job_rules(catalog: Catalog, job: Job) -> Iterator[BusinessRule]:
    sites = catalog.instance.data_centers
    place = (job.name,)
    for column in PLACE_COLUMNS:
        if getattr(job, column) is not None:
            yield AllowedPlaces((job.name, column), job, column, sites)
    if job.max_data_centers is not None:
        yield Spread(place, job, job.max_data_centers)
    if job.max_rtt_ms is not None and job.sync is not None:
        yield RoundTrip(place, job, job.max_rtt_ms)
    if job.move_usd_per_shard is None and len(catalog.window(job)) > 1:
        yield StaysPut(place, job)
    if job.unserved_usd is None:
        yield Served(place, job)


def _key(site: DataCenter, column: str) -> str:
    """What a list of places names a data center by."""
    return {"providers": site.provider, "regions": site.region, "data_centers": site.name}[column]


def _sites(number: int) -> str:
    return "one data center" if number == 1 else f"{number} data centers"


def _joined(names: tuple[str, ...]) -> str:
    """Names for a sentence; of many the first, and how many more there are."""
    if len(names) <= LISTED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:LISTED])} and {len(names) - LISTED} more"
