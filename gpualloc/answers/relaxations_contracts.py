"""Rules of the contracts: each is kept, or one of its figures is eased by just as much as need be.

A contract that can be bought out, or that only costs or pays, never makes a plan impossible. A
contract that has a figure (a cap, a share, a number, a least use, GPUs that are accepted) is eased
in that figure; one that has none can only be ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import floor
from typing import TYPE_CHECKING, Any, ClassVar

from gpualloc.answers.relaxations import MICRO, BusinessRule, Edits, Enough, per_period, rounded_up
from gpualloc.answers.relaxations_supply import LimitInPeriod
from gpualloc.plan.text import count, usd
from gpualloc.rules.catalog import Catalog
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.contracts.count import CountUsed
from gpualloc.rules.contracts.first_refusal import FirstRefusal
from gpualloc.rules.contracts.minimum_use import MinimumUse
from gpualloc.rules.contracts.share import Share
from gpualloc.rules.contracts.spend_cap import SpendCap
from gpualloc.rules.figures import exceeds
from gpualloc.rules.ledger import Ledger

if TYPE_CHECKING:
    from gpualloc.answers.relaxations_elastic import Elastic

MOST_PLACES = 1e6
"""More than any instance has providers or data centers."""


@dataclass(frozen=True)
class ContractHolds(BusinessRule):
    """A contract without a figure is kept."""

    kind: ClassVar[str] = "contract"
    type: str

    @property
    def text(self) -> str:
        return f"contract {self.place[0]} ({self.type.replace('_', ' ')}) is kept"

    def drop(self, edits: Edits) -> None:
        edits.set("contracts", self.place[0], "buyout_usd", 0.0)

    def soften(self, elastic: Elastic) -> None:
        elastic.price_buyout(self.place[0])

    def needed(self, ledger: Ledger) -> Any:
        return True if self.place[0] in ledger.bought_out else None

    def ease(self, edits: Edits, to: Any) -> None:
        edits.remove("contracts", self.place[0])

    def told(self, to: Any) -> str:
        return f"end the contract {self.place[0]} altogether"


@dataclass(frozen=True)
class CapHolds(ContractHolds):
    """A spend cap is kept; its ceiling may be raised."""

    contract: SpendCap = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        return f"contract {self.place[0]} caps spend at {usd(self.contract.usd)} USD"

    def drop(self, edits: Edits) -> None:
        edits.remove("contracts", self.place[0])

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_cap(self.contract)

    def needed(self, ledger: Ledger) -> float | None:
        spend = ledger.spend_usd(self.contract, self.contract.providers)
        return rounded_up(spend) if exceeds(spend, self.contract.usd) else None

    def ease(self, edits: Edits, to: float) -> None:
        edits.set("contracts", self.place[0], "usd", to)

    def told(self, to: float) -> str:
        more = usd(to - self.contract.usd)
        return f"raise the cap of {self.place[0]} by {more} USD (to {usd(to)} USD)"

    def amount(self, to: float) -> tuple[float | None, str]:
        return to - self.contract.usd, "USD"


@dataclass(frozen=True)
class FigureHolds(ContractHolds):
    """A contract with a least or a most is kept; either may be eased.

    For the elastic program the contract stays, and its rows get slack.
    """

    contract: Any = field(compare=False, repr=False)

    def loosen(self, edits: Edits) -> None:
        """Leave the contract in: its own rows are softened."""

    def needed(self, ledger: Ledger) -> float | None:
        breach = next(self.contract.read_binding(ledger), None)
        return None if breach is None else breach.figure


@dataclass(frozen=True)
class BoundsHold(FigureHolds):
    """A contract that bounds a figure from both sides is kept."""

    def is_least(self, to: float) -> bool:
        """Whether it is the least that must be eased, and not the most."""
        return bool(to < self.contract.min)

    def was(self, to: float) -> float:
        """The bound that must be eased."""
        return float(self.contract.min if self.is_least(to) else self.contract.max)

    def ease(self, edits: Edits, to: float) -> None:
        edits.set("contracts", self.place[0], "min" if self.is_least(to) else "max", to)

    def told(self, to: float) -> str:
        verb, bound = ("lower", "minimum") if self.is_least(to) else ("raise", "maximum")
        figures = f"{self.figure(to)} (instead of {self.figure(self.was(to))})"
        return f"{verb} the {bound} of contract {self.place[0]} to {figures}"

    @property
    def bounds(self) -> str:
        """Both bounds, in words."""
        contract, words = self.contract, []
        if contract.min:
            words.append(f"at least {self.figure(contract.min)}")
        if contract.max is not None and contract.max < self.largest:
            words.append(f"at most {self.figure(contract.max)}")
        return " and ".join(words)

    largest: ClassVar[float] = float("inf")
    """A most that bounds nothing."""

    def figure(self, figure: float) -> str:
        """A figure for people."""
        raise NotImplementedError


@dataclass(frozen=True)
class ShareHolds(BoundsHold):
    """A share of GPU-hours is kept; its bounds may be eased."""

    contract: Share = field(compare=False, repr=False)
    largest: ClassVar[float] = 1.0

    @property
    def text(self) -> str:
        places = (self.contract.providers, self.contract.regions, self.contract.data_centers)
        names = ", ".join(name for names in places for name in names or ())
        return f"contract {self.place[0]} places {self.bounds} of its GPU-hours with {names}"

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_contract("share at least", self.place[0], 1, 1000.0, whole=1000.0)
        elastic.soften_contract("share at most", self.place[0], -1, 1000.0, whole=1000.0)

    def needed(self, ledger: Ledger) -> float | None:
        share = super().needed(ledger)
        if share is None:
            return None
        return floor(share * MICRO) / MICRO if self.is_least(share) else rounded_up(share)

    def amount(self, to: float) -> tuple[float | None, str]:
        return 100 * abs(to - self.was(to)), "percentage points"

    def figure(self, figure: float) -> str:
        return f"{count(round(100 * figure, 4))} %"


@dataclass(frozen=True)
class CountHolds(BoundsHold):
    """A number of providers or data centers is kept; its bounds may be eased."""

    contract: CountUsed = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        return f"contract {self.place[0]} uses {self.bounds}"

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_contract("count at least", self.place[0], 1, self.contract.min)
        elastic.soften_contract("count at most", self.place[0], -1, MOST_PLACES)

    def ease(self, edits: Edits, to: float) -> None:
        super().ease(edits, int(to))

    def amount(self, to: float) -> tuple[float | None, str]:
        return abs(to - self.was(to)), f"{self.contract.of.replace('_', ' ')}s"

    def figure(self, figure: float) -> str:
        noun = self.contract.of.replace("_", " ")
        return f"{count(figure)} {noun}{'' if figure == 1 else 's'}"


@dataclass(frozen=True)
class MinimumUseHolds(FigureHolds):
    """A place is used by so much or not at all; less may be allowed."""

    contract: MinimumUse = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        least = count(self.contract.gpu_hours)
        return f"contract {self.place[0]} uses its places for {least} GPU-hours or not at all"

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_contract("minimum_use", self.place[0], 1, 1.0)

    def needed(self, ledger: Ledger) -> float | None:
        used = super().needed(ledger)
        return None if used is None else floor(used * MICRO) / MICRO

    def ease(self, edits: Edits, to: float) -> None:
        edits.set("contracts", self.place[0], "gpu_hours", to)

    def told(self, to: float) -> str:
        figures = f"{count(to)} GPU-hours (instead of {count(self.contract.gpu_hours)})"
        return f"lower the minimum of contract {self.place[0]} to {figures}"

    def amount(self, to: float) -> tuple[float | None, str]:
        return self.contract.gpu_hours - to, "GPU-hours"


@dataclass(frozen=True)
class Accepted(LimitInPeriod):
    """A holder of a first refusal takes no more GPUs than it accepts."""

    kind: ClassVar[str] = "accepts"
    unit: ClassVar[str] = "GPUs"
    contract: FirstRefusal = field(compare=False, repr=False)

    @property
    def somewhere(self) -> str:
        return f"accepted by {self.contract.holder} under {self.place[0]}"

    @property
    def text(self) -> str:
        accepted = f"accepts {count(self.limit)} GPUs{self.when}"
        return f"{self.contract.holder} {accepted} under {self.place[0]}"

    def soften(self, elastic: Elastic) -> None:
        elastic.soften_accepted(self.place[0], self.t, int(self.limit))

    def needed(self, ledger: Ledger) -> int | None:
        covered = ledger.covered_gpus(self.contract).items()
        sites = ledger.catalog.site_of
        holder = self.contract.holder
        used = sum(
            gpus for (offer, t), gpus in covered if t == self.t and sites[offer].provider == holder
        )
        return used if used > self.limit else None

    def ease(self, edits: Edits, to: float) -> None:
        edits.set_in_period("contracts", self.place[0], "accepts_gpus", self.t, int(to))


FIGURES: dict[type[ContractRule], Callable[..., ContractHolds]] = {
    SpendCap: CapHolds,
    Share: ShareHolds,
    CountUsed: CountHolds,
    MinimumUse: MinimumUseHolds,
}
"""The contract types that have a figure to ease."""


def contract_rules(catalog: Catalog) -> Iterator[BusinessRule]:
    """The rules of the contracts that can bind at all."""
    enough = Enough(catalog.instance)
    for contract in catalog.instance.contracts:
        assert isinstance(contract, ContractRule)
        binds = type(contract).read_binding is not ContractRule.read_binding
        if contract.buyout_usd is not None or not binds:
            continue
        if type(contract) in FIGURES:
            yield FIGURES[type(contract)]((contract.name,), contract.type, contract)
        else:
            yield ContractHolds((contract.name,), contract.type)
        if isinstance(contract, FirstRefusal) and contract.accepts_gpus is not None:
            yield from _accepted(catalog, contract, enough)


def _accepted(catalog: Catalog, contract: FirstRefusal, enough: Enough) -> Iterator[Accepted]:
    """What a holder accepts, in each period of the window."""
    several = len(catalog.periods) > 1
    figures = per_period(contract.accepts_gpus, len(catalog.periods))
    for t in catalog.window(contract):
        period = catalog.periods[t] if several else ""
        place = (contract.name, period) if several else (contract.name,)
        # With twice what all jobs use, one more unit of any job has always room.
        yield Accepted(place, figures[t], 2.0 * enough.gpus, t, period, contract)
