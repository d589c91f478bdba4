"""How near a contract's limit the covered jobs are, read off the columns that the contract has."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from gpualloc.instance.contracts import Contract
from gpualloc.instance.records import DataCenter
from gpualloc.rules.figures import at_period

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger

PROVIDER_COLUMNS = ("provider", "providers", "holder")
PLACE_COLUMNS = {"regions": "region", "data_centers": "name"}


class Standing(NamedTuple):
    """A figure that a contract limits.

    Attributes
    ----------
    what : {"spend", "share", "providers", "data centers", "GPU-hours", "accepted GPUs"}
    figure, limit : float
        In USD, as a fraction, a number, or GPU-hours.
    is_least : bool
        Whether the limit is the least that is allowed, else it is the most.
    """

    what: str
    figure: float
    limit: float
    is_least: bool = False

    @property
    def nearness(self) -> float:
        """1 at the limit, less the farther away; 0 where nothing is limited."""
        inner, outer = self.figure, self.limit
        if self.is_least:
            inner, outer = outer, inner
        return inner / outer if outer else 0.0


def standings(contract: Contract, ledger: Ledger) -> Iterator[Standing]:
    """Yield every figure that a contract limits, with the limit."""
    if hasattr(contract, "usd") and hasattr(contract, "providers"):
        spend = ledger.spend_usd(contract, named_providers(contract))
        yield Standing("spend", float(spend), float(contract.usd))
    if hasattr(contract, "of"):
        yield from _counts(contract, ledger)
    elif hasattr(contract, "min"):
        yield from _shares(contract, ledger)
    if hasattr(contract, "gpu_hours"):
        inside = float(hours_inside(contract, ledger))
        yield Standing("GPU-hours", inside, float(contract.gpu_hours), is_least=True)
    yield from accepted(contract, ledger)


def _shares(contract: Contract, ledger: Ledger) -> Iterator[Standing]:
    total = sum(ledger.gpu_hours(contract).values())
    if total:
        share = float(hours_inside(contract, ledger) / total)
        yield from _between("share", share, contract)


def _counts(contract: Contract, ledger: Ledger) -> Iterator[Standing]:
    sites = {site for stay in ledger.covered_stays(contract) for site in stay.shards_at}
    providers = {ledger.catalog.sites[site].provider for site in sites}
    if getattr(contract, "of", None) == "provider":
        yield from _between("providers", len(providers), contract)
    else:
        yield from _between("data centers", len(sites), contract)


def _between(what: str, figure: float, contract: Contract) -> Iterator[Standing]:
    least, most = getattr(contract, "min", None), getattr(contract, "max", None)
    if least:
        yield Standing(what, figure, float(least), is_least=True)
    all_of_it = what == "share" and most == 1
    if most is not None and not all_of_it:
        yield Standing(what, figure, float(most))


def accepted(contract: Contract, ledger: Ledger) -> Iterator[Standing]:
    """The covered GPUs at a holder that accepts so many only, in the period nearest to that."""
    accepts = getattr(contract, "accepts_gpus", None)
    if accepts is None:
        return
    used = dict.fromkeys(ledger.catalog.window(contract), 0)
    for (offer, t), gpus in ledger.covered_gpus(contract).items():
        if ledger.catalog.site_of[offer].provider in named_providers(contract):
            used[t] += gpus
    t = max(used, key=lambda at: used[at] - int(at_period(accepts, at)))
    yield Standing("accepted GPUs", used[t], float(at_period(accepts, t)))


def hours_inside(contract: Contract, ledger: Ledger) -> Fraction:
    """GPU-hours of the covered jobs in the places that a contract names."""
    hours = ledger.gpu_hours(contract).items()
    return sum((of for site, of in hours if _is_named(contract, ledger, site)), Fraction(0))


def names_places(contract: Contract) -> bool:
    """Whether a contract names providers, regions or data centers."""
    columns = (*PROVIDER_COLUMNS, *PLACE_COLUMNS)
    return any(getattr(contract, column, None) for column in columns)


def named_providers(contract: Contract) -> tuple[str, ...]:
    """The providers that a contract names, in any of its columns."""
    named: list[str] = []
    for column in PROVIDER_COLUMNS:
        value = getattr(contract, column, None) or ()
        named.extend([value] if isinstance(value, str) else value)
    return tuple(named)


def _is_named(contract: Contract, ledger: Ledger, site: str) -> bool:
    record: DataCenter = ledger.catalog.sites[site]
    return record.provider in named_providers(contract) or any(
        getattr(record, own) in (getattr(contract, column, None) or ())
        for column, own in PLACE_COLUMNS.items()
    )
