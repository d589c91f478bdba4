"""The business rules of an instance, one by one: what each demands, and what easing it means.

An explanation speaks of rules as a planner does: "memphis may draw 250 MW in 2025Q4". Each can be
dropped from an instance, and each can be eased by just as much as a plan needs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from gpualloc.instance.instance import Instance
from gpualloc.instance.records import Link, PairLink
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.paths import pair_of

if TYPE_CHECKING:
    from gpualloc.answers.relaxations_elastic import Elastic

MICRO = 1_000_000
"""Figures that are not whole are eased to the next millionth."""


class Edits:
    """Changes to the rows of an instance, collected and then made at once."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._columns: dict[tuple[str, str], dict[str, Any]] = {}
        self._removed: set[tuple[str, str]] = set()
        self._flows: set[tuple[str, str]] = set()
        self._links: dict[tuple[str, str], float] = {}

    def set(self, table: str, name: str, column: str, value: Any) -> None:
        """Set a column of a named row."""
        self._columns.setdefault((table, name), {})[column] = value

    def set_in_period(self, table: str, name: str, column: str, t: int, value: Any) -> None:
        """Set a figure of a named row in one period alone."""
        columns = self._columns.setdefault((table, name), {})
        if column not in columns:
            row = next(row for row in getattr(self.instance, table) if row.name == name)
            columns[column] = per_period(getattr(row, column), len(self.instance.periods))
        columns[column][t] = value

    def remove(self, table: str, name: str) -> None:
        """Take a named row out."""
        self._removed.add((table, name))

    def remove_flow(self, a: str, b: str) -> None:
        """Take the flow between two jobs out."""
        self._flows.add((a, b))

    def set_link(self, a: str, b: str, gbps: float) -> None:
        """Give a pair of data centers a link of so much bandwidth, its own or a new one."""
        self._links[pair_of(a, b)] = gbps

    def made(self) -> Instance:
        """The instance with all changes made, validated."""
        tables: dict[str, Any] = {}
        for table in {table for table, _ in (*self._columns, *self._removed)}:
            tables[table] = tuple(
                row.model_copy(update=self._given(table, row.name))
                for row in getattr(self.instance, table)
                if (table, row.name) not in self._removed
            )
        if self._flows:
            flows = self.instance.flows
            tables["flows"] = tuple(flow for flow in flows if (flow.a, flow.b) not in self._flows)
        if self._links:
            tables["network"] = self.instance.network.model_copy(update=self._network())
        return self.instance.replace(**tables)

    def _given(self, table: str, name: str) -> dict[str, Any]:
        """The new columns of a row, as its record holds them."""
        columns = self._columns.get((table, name), {})
        return {
            column: tuple(value) if isinstance(value, list) else value
            for column, value in columns.items()
        }

    def _network(self) -> dict[str, Any]:
        network = self.instance.network
        known = {pair_of(link.a, link.b): link for link in network.links}
        for pair, gbps in self._links.items():
            own = known.get(pair) or self._new_link(*pair)
            known[pair] = own.model_copy(update={"gbps": gbps})
        return {"links": tuple(known.values())}

    def _new_link(self, a: str, b: str) -> Link:
        """A link for a pair without one, at the price of all such pairs where there is one."""
        provider = {site.name: site.provider for site in self.instance.data_centers}
        shared = shared_link(self.instance, provider[a] == provider[b])
        return Link(a=a, b=b, gbps=0, usd_per_gb=0 if shared is None else shared.usd_per_gb)


def shared_link(instance: Instance, same_provider: bool) -> PairLink | None:
    """What pairs of data centers of one provider, or of two, have without a link of their own."""
    network = instance.network
    return network.same_provider if same_provider else network.cross_provider


def per_period(figure: Any, periods: int) -> list[Any]:
    """A figure as a list with one a period."""
    return list(figure) if isinstance(figure, list | tuple) else [figure] * periods


@dataclass(frozen=True)
class Enough:
    """Figures that no plan of an instance can need more of."""

    instance: Instance

    @cached_property
    def gpus(self) -> int:
        """GPUs of all jobs in their largest options."""
        return sum(
            max(option.shards * option.gpus_per_shard for option in job.options)
            for job in self.instance.jobs
        )

    @cached_property
    def gbps(self) -> float:
        """Bandwidth of all spokes and flows together."""
        sites = len(self.instance.data_centers)
        spokes = sum(job.sync.gbps * sites for job in self.instance.jobs if job.sync is not None)
        return 1.0 + spokes + sum(flow.gbps for flow in self.instance.flows)

    @cached_property
    def tb(self) -> float:
        """Data that all spokes and flows move in the longest period, hubs counted for each."""
        sites = len(self.instance.data_centers)
        syncs = (job.sync for job in self.instance.jobs if job.sync is not None)
        gb_per_hour = sum(2 * sync.gb * 3600 / sync.every_s * sites for sync in syncs)
        gb_per_hour += sum(450 * flow.gbps for flow in self.instance.flows)
        return 1.0 + gb_per_hour * max(period.hours for period in self.instance.periods) / 1000

    def mw(self, pue: float) -> float:
        """Facility power of all jobs at a data center."""
        kw = max(gpu_type.kw for gpu_type in self.instance.gpu_types)
        return 1.0 + self.gpus * kw * pue / 1000


@dataclass(frozen=True)
class BusinessRule(ABC):
    """A rule of an instance that can be dropped or eased.

    Attributes
    ----------
    place : tuple of str
        The instance's own names of what it is about.
    """

    kind: ClassVar[str]
    place: tuple[str, ...]

    @property
    def names(self) -> str:
        """What it is about, in the instance's own names."""
        return ", ".join(self.place)

    @property
    def row(self) -> str:
        """Its name as rows of a program have it: ``power[memphis, 2025Q4]``."""
        return f"{self.kind}[{self.names}]"

    @property
    def group(self) -> tuple[str, ...]:
        """What it shares with the same rule in other periods."""
        return (self.kind, *self.place)

    @property
    @abstractmethod
    def text(self) -> str:
        """What it demands, in a sentence."""

    @abstractmethod
    def drop(self, edits: Edits) -> None:
        """Make the instance one without the rule."""

    def loosen(self, edits: Edits) -> None:
        """Make the instance one whose program can put a price on what the rule forbids."""
        self.drop(edits)

    @abstractmethod
    def soften(self, elastic: Elastic) -> None:
        """In the program of an instance that is loosened, put a price on what it forbids."""

    @abstractmethod
    def needed(self, ledger: Ledger) -> Any:
        """To what it must be eased for a plan; None where the plan keeps it."""

    @abstractmethod
    def ease(self, edits: Edits, to: Any) -> None:
        """Make the instance one with the rule eased."""

    @abstractmethod
    def told(self, to: Any) -> str:
        """The easing, in words: ``50 MW more at memphis in 2025Q4``."""

    def amount(self, to: Any) -> tuple[float | None, str]:
        """How much more it allows when eased, with the unit; None where it has no figure."""
        return None, ""


@dataclass(frozen=True)
class Change:
    """A rule eased to a figure, or dropped."""

    rule: BusinessRule
    to: Any

    @property
    def text(self) -> str:
        """The change, in words."""
        return self.rule.told(self.to)


def without(instance: Instance, rules: Iterable[BusinessRule]) -> Instance:
    """The instance without some of its rules."""
    edits = Edits(instance)
    for rule in rules:
        rule.drop(edits)
    return edits.made()


def loosened(instance: Instance, rules: Iterable[BusinessRule]) -> Instance:
    """The instance whose program can put a price on what some of its rules forbid."""
    edits = Edits(instance)
    for rule in rules:
        rule.loosen(edits)
    return edits.made()


def with_changes(instance: Instance, changes: Iterable[Change]) -> Instance:
    """The instance with some of its rules eased."""
    edits = Edits(instance)
    for change in changes:
        change.rule.ease(edits, change.to)
    return edits.made()


def rounded_up(figure: Fraction | float) -> float:
    """The least decimal of six places that is not below a figure."""
    return ceil(Fraction(figure) * MICRO) / MICRO
