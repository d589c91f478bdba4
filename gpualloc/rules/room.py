"""What a holder of a first refusal has room for: the checker's view."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from gpualloc.instance.records import Job

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class Room:
    """The GPUs that a holder's offers have left over, as jobs take theirs one after another.

    An offer is short of room where its GPUs, its data center's power or the accepted GPUs are. Each
    is turned into whole GPUs of the offer, exactly, so that one number tells what fits.

    Parameters
    ----------
    ledger : Ledger
    holder : str
        The provider.
    accepted : mapping
        The covered GPUs that the holder accepts, by the periods in which that is limited.
    """

    def __init__(self, ledger: Ledger, holder: str, accepted: Mapping[int, int]) -> None:
        self._ledger = ledger
        self._catalog = ledger.catalog
        self._accepted_left = dict(accepted)
        self._gpus_used: Counter[tuple[str, int]] = Counter()
        self._power_kw_used: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
        self._left: dict[tuple[str, int], int] = {}
        self._by_type: dict[str, list[str]] = defaultdict(list)
        self._by_site: dict[str, list[str]] = defaultdict(list)
        for offer in ledger.instance.offers:
            if self._catalog.sites[offer.data_center].provider == holder:
                self._by_type[offer.gpu_type].append(offer.name)
                self._by_site[offer.data_center].append(offer.name)

    def offers(self, gpu_type: str) -> list[str]:
        """The holder's offers of a GPU type."""
        return self._by_type.get(gpu_type, [])

    def take(self, job: Job, covered: bool) -> None:
        """Count what a job uses at the holder; `covered` jobs count as accepted too."""
        for stay in self._ledger.stays(job, range(len(self._catalog.periods))):
            for offer, gpus in stay.gpus.items():
                site = self._catalog.site_of[offer].name
                if site in self._by_site:
                    self._count(offer, site, stay.t, gpus)
                    if covered and stay.t in self._accepted_left:
                        self._accepted_left[stay.t] -= gpus

    def holds(self, offer: str, phase: range, gpus: int) -> bool:
        """Whether an offer has room for some GPUs more in every period of a phase."""
        return all(
            self._find_left(offer, t) >= gpus and self._accepted_left.get(t, gpus) >= gpus
            for t in phase
        )

    def _count(self, offer: str, site: str, t: int, gpus: int) -> None:
        self._gpus_used[offer, t] += gpus
        self._power_kw_used[site, t] += gpus * self._catalog.gpu_kw(offer)
        for other in self._by_site[site]:
            self._left.pop((other, t), None)

    def _find_left(self, offer: str, t: int) -> int:
        key = (offer, t)
        if key not in self._left:
            self._left[key] = self._work_out_left(offer, t)
        return self._left[key]

    def _work_out_left(self, offer: str, t: int) -> int:
        """The GPUs left over; whole GPUs of power fit in the power that is left over."""
        left = self._catalog.gpus(offer, t) - self._gpus_used[offer, t]
        site = self._catalog.site_of[offer].name
        limit_kw, gpu_kw = self._catalog.power_kw(site, t), self._catalog.gpu_kw(offer)
        if limit_kw is None:
            return left
        left_kw = limit_kw - self._power_kw_used[site, t]
        if gpu_kw == 0:
            return left if left_kw >= 0 else -1
        return min(left, left_kw // gpu_kw)
