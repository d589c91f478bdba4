"""Rules of the supply side: power, GPUs, bandwidth and data volume of the sites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

from gpualloc.answers.relaxations import (
    BusinessRule,
    Edits,
    Enough,
    per_period,
    rounded_up,
    shared_link,
)
from gpualloc.instance.instance import Instance
from gpualloc.plan.text import count
from gpualloc.rules.figures import TOLERANCE, exceeds
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.paths import pair_of

if TYPE_CHECKING:
    from gpualloc.answers.relaxations_elastic import Elastic


@dataclass(frozen=True)
class Limit(BusinessRule):
    """A rule that is a figure not to be exceeded.

    Attributes
    ----------
    limit : float
        The figure, in `unit`.
    enough : float
        A figure that no plan needs more than.
    """

    unit: ClassVar[str]
    limit: float
    enough: float

    def drop(self, edits: Edits) -> None:
        self.ease(edits, max(self.limit, self.enough))

    def amount(self, to: float) -> tuple[float | None, str]:
        return to - self.limit, self.unit

    def told(self, to: float) -> str:
        more = f"{count(round(to - self.limit, 6))} {self.unit} more {self.where}"
        return f"{more} ({count(to)} instead of {count(self.limit)})"

    @property
    def where(self) -> str:
        """The place, as it stands in a sentence."""
        raise NotImplementedError


@dataclass(frozen=True)
class LimitInPeriod(Limit):
    """A figure not to be exceeded in one period; `t` is its position, None if there is but one."""

    t: int
    period: str

    @property
    def group(self) -> tuple[str, ...]:
        return (self.kind, self.place[0])

    @property
    def when(self) -> str:
        """The period, as it stands in a sentence."""
        return f" in {self.period}" if self.period else ""

    @property
    def where(self) -> str:
        return f"{self.somewhere}{self.when}"

    @property
    def somewhere(self) -> str:
        """The place without the period, as it stands in a sentence."""
        raise NotImplementedError

    def told_in_period(self, to: float) -> str:
        """The easing in its period, without the place."""
        more = count(round(to - self.limit, 6))
        return f"{more} {self.unit}{self.when} ({count(to)} instead of {count(self.limit)})"


@dataclass(frozen=True)
class SitePower(LimitInPeriod):
    """A data center draws no more power than the grid gives."""

    kind: ClassVar[str] = "power"
    unit: ClassVar[str] = "MW"

    @property
    def somewhere(self) -> str:
        return f"at {self.place[0]}"

    @property
    def text(self) -> str:
        return f"{self.place[0]} has {count(self.limit)} MW of power{self.when}"

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_power(self.place[0], self.t, self.limit)

    def needed(self, ledger: Ledger) -> float | None:
        used_kw = ledger.power_kw_used.get((self.place[0], self.t), 0)
        used_mw = rounded_up(used_kw / 1000)
        return used_mw if used_mw > self.limit else None

    def ease(self, edits: Edits, to: float) -> None:
        edits.set_in_period("data_centers", self.place[0], "power_mw", self.t, to)


@dataclass(frozen=True)
class OfferGpus(LimitInPeriod):
    """An offer gives out no more GPUs than it has."""

    kind: ClassVar[str] = "offers"
    unit: ClassVar[str] = "GPUs"

    @property
    def somewhere(self) -> str:
        return f"on offer {self.place[0]}"

    @property
    def text(self) -> str:
        return f"offer {self.place[0]} has {count(self.limit)} GPUs{self.when}"

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_offer(self.place[0], self.t, int(self.limit))

    def needed(self, ledger: Ledger) -> int | None:
        used = ledger.gpus_used.get((self.place[0], self.t), 0)
        return used if used > self.limit else None

    def ease(self, edits: Edits, to: float) -> None:
        edits.set_in_period("offers", self.place[0], "gpus", self.t, int(to))


@dataclass(frozen=True)
class Uplink(Limit):
    """A data center exchanges no more with all others than its uplink carries."""

    kind: ClassVar[str] = "uplinks"
    unit: ClassVar[str] = "Gbit/s"

    @property
    def where(self) -> str:
        return f"on the uplink of {self.place[0]}"

    @property
    def text(self) -> str:
        return f"the uplink of {self.place[0]} carries {count(self.limit)} Gbit/s"

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_rows("uplinks", self.place, self.limit, 1 / elastic.enough.gbps)

    def needed(self, ledger: Ledger) -> float | None:
        return _most(ledger.uplink_gbps_used, self.place, self.limit)

    def ease(self, edits: Edits, to: float) -> None:
        edits.set("data_centers", self.place[0], "uplink_gbps", to)


@dataclass(frozen=True)
class Transfer(Limit):
    """A data center moves no more data in a period than it may."""

    kind: ClassVar[str] = "transfer"
    unit: ClassVar[str] = "TB a period"

    @property
    def where(self) -> str:
        return f"to and from {self.place[0]}"

    @property
    def text(self) -> str:
        return f"{self.place[0]} may move {count(self.limit)} TB in a period"

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_rows("transfer", self.place, self.limit, 1 / elastic.enough.tb)

    def needed(self, ledger: Ledger) -> float | None:
        return _most(ledger.transfer_tb_used, self.place, self.limit)

    def ease(self, edits: Edits, to: float) -> None:
        edits.set("data_centers", self.place[0], "transfer_tb", to)


@dataclass(frozen=True)
class PairBandwidth(Limit):
    """A pair of data centers exchanges no more than its link carries; without one, nothing.

    Attributes
    ----------
    listed : bool
        Whether the pair has a link of its own.
    """

    kind: ClassVar[str] = "links"
    unit: ClassVar[str] = "Gbit/s"
    listed: bool

    @property
    def group(self) -> tuple[str, ...]:
        return (self.kind, *self.place) if self.listed else (self.kind,)

    @property
    def where(self) -> str:
        return f"between {self.place[0]} and {self.place[1]}"

    @property
    def text(self) -> str:
        if not self.limit:
            return f"{self.place[0]} and {self.place[1]} have no link"
        return f"the link {self.where} carries {count(self.limit)} Gbit/s"

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_rows("links", self.place, self.limit, 1 / elastic.enough.gbps)

    def needed(self, ledger: Ledger) -> float | None:
        return _most(ledger.link_gbps_used, pair_of(self.place[0], self.place[1]), self.limit)

    def ease(self, edits: Edits, to: float) -> None:
        edits.set_link(self.place[0], self.place[1], to)


def _most(
    used: dict[tuple[str, int], float] | dict[tuple[str, str, int], float],
    place: tuple[str, ...],
    limit: float,
) -> float | None:
    """The most of a figure by (place, t) in any period; None if that is within the limit."""
    most = max((figure for key, figure in used.items() if key[:-1] == place), default=0.0)
    return _padded(most) if exceeds(most, limit) else None


def _padded(figure: float) -> float:
    """What a flow needs: its fractions come from a solver, which may take a millionth too few."""
    near = round(figure, 3)
    if abs(near - figure) <= TOLERANCE * figure:
        return near
    return rounded_up(figure * (1 + 2 * TOLERANCE))


def supply_rules(instance: Instance) -> Iterator[BusinessRule]:
    """The rules of the supply side that can bind at all."""
    enough = Enough(instance)
    yield from _rules_by_period(instance, enough)
    if instance.flows or any(job.sync is not None for job in instance.jobs):
        yield from _network_rules(instance, enough)


def _rules_by_period(instance: Instance, enough: Enough) -> Iterator[BusinessRule]:
    periods = [period.name for period in instance.periods]
    for site in instance.data_centers:
        if site.power_mw is not None:
            most = enough.mw(site.pue)
            for t, mw in enumerate(per_period(site.power_mw, len(periods))):
                yield SitePower(*_at(site.name, periods, t, mw, most))
    for offer in instance.offers:
        for t, gpus in enumerate(per_period(offer.gpus, len(periods))):
            yield OfferGpus(*_at(offer.name, periods, t, gpus, enough.gpus))


def _at(
    name: str, periods: list[str], t: int, limit: float, enough: float
) -> tuple[tuple[str, ...], float, float, int, str]:
    """The fields of a limit in a period; a single period goes without saying."""
    if len(periods) == 1:
        return (name,), limit, enough, t, ""
    return (name, periods[t]), limit, enough, t, periods[t]


def _network_rules(instance: Instance, enough: Enough) -> Iterator[BusinessRule]:
    for site in instance.data_centers:
        if site.uplink_gbps is not None:
            yield Uplink((site.name,), site.uplink_gbps, enough.gbps)
        if site.transfer_tb is not None:
            yield Transfer((site.name,), site.transfer_tb, enough.tb)
    own = {pair_of(link.a, link.b): link.gbps for link in instance.network.links}
    for a, b in combinations(instance.data_centers, 2):
        shared = shared_link(instance, a.provider == b.provider)
        default = 0.0 if shared is None else shared.gbps
        pair = pair_of(a.name, b.name)
        yield PairBandwidth(pair, own.get(pair, default), enough.gbps, listed=pair in own)
