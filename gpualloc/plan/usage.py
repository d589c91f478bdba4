"""How a plan uses what there is: GPUs, power and network, by place and period."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.use_rows import (
    Fee,
    LinkUse,
    OfferUse,
    PlacedGpus,
    PowerUse,
    TransferUse,
    UplinkUse,
)
from gpualloc.rules.figures import at_period
from gpualloc.rules.ledger import Ledger

FULL = 0.95
"""From this share of its limit on, a resource is called full."""


class Usage:
    """What a plan uses, in floats for people to read; the ledger behind it is exact.

    Rows of the plan that make no sense in the instance are left out.

    Parameters
    ----------
    instance : Instance
    layout : Layout
    """

    def __init__(self, instance: Instance, layout: Layout) -> None:
        self.instance = instance
        self.layout = layout
        self.ledger = Ledger(instance, layout)
        self._periods = tuple(enumerate(self.ledger.catalog.periods))

    @cached_property
    def placed(self) -> tuple[PlacedGpus, ...]:
        """The placements, with their GPUs and their cost of compute and energy."""
        return tuple(self._placed())

    @cached_property
    def fees(self) -> tuple[Fee, ...]:
        """The fixed fees of the offers used."""
        used = {offer for offer, _ in self.ledger.gpus_used}
        site_of = self.ledger.catalog.site_of
        return tuple(
            Fee(offer.name, offer.data_center, site_of[offer.name].provider, float(offer.fixed_usd))
            for offer in self.instance.offers
            if offer.name in used and offer.fixed_usd
        )

    @cached_property
    def offers(self) -> tuple[OfferUse, ...]:
        """GPUs of every offer in every period."""
        return tuple(self._offers())

    @cached_property
    def power(self) -> tuple[PowerUse, ...]:
        """MW of every data center in every period."""
        return tuple(self._power())

    @cached_property
    def links(self) -> tuple[LinkUse, ...]:
        """Gbit/s of every link that carries something, period by period."""
        return tuple(self._links())

    @cached_property
    def uplinks(self) -> tuple[UplinkUse, ...]:
        """Gbit/s of every data center that sends or receives, period by period."""
        used = self.ledger.uplink_gbps_used
        return tuple(
            UplinkUse(site.name, period, gbps, site.uplink_gbps, share(gbps, site.uplink_gbps))
            for site in self.instance.data_centers
            for t, period in self._periods
            if (gbps := used.get((site.name, t), 0.0))
        )

    @cached_property
    def transfer(self) -> tuple[TransferUse, ...]:
        """TB of every data center that sends or receives, period by period."""
        used = self.ledger.transfer_tb_used
        return tuple(
            TransferUse(site.name, period, tb, site.transfer_tb, share(tb, site.transfer_tb))
            for site in self.instance.data_centers
            for t, period in self._periods
            if (tb := used.get((site.name, t), 0.0))
        )

    def _placed(self) -> Iterator[PlacedGpus]:
        catalog = self.ledger.catalog
        for row in self.layout.placements:
            job, t = catalog.jobs.get(row.job), catalog.period_at.get(row.period)
            stay = None if job is None or t is None else self.ledger.stay(job, t)
            if stay is not None and row.offer in stay.gpus:
                gpus, site = stay.gpus[row.offer], catalog.site_of[row.offer]
                gpu_type = catalog.offers[row.offer].gpu_type
                usd = self._usd(row.offer, stay.t, gpus)
                yield PlacedGpus(*row, gpus, gpu_type, site.name, site.provider, usd)

    def _usd(self, offer: str, t: int, gpus: int) -> float:
        """Compute and energy of some GPUs over a period."""
        catalog = self.ledger.catalog
        mwh = gpus * catalog.gpu_kw(offer) / 1000 * catalog.hours[t]
        usd_per_mwh = at_period(catalog.site_of[offer].usd_per_mwh, t)
        return float(self.ledger.compute_usd(offer, t, gpus)) + float(mwh) * float(usd_per_mwh)

    def _offers(self) -> Iterator[OfferUse]:
        catalog, used = self.ledger.catalog, self.ledger.gpus_used
        for offer in self.instance.offers:
            provider = catalog.site_of[offer.name].provider
            own = (offer.data_center, provider, offer.gpu_type)
            for t, period in self._periods:
                gpus, limit = used.get((offer.name, t), 0), catalog.gpus(offer.name, t)
                yield OfferUse(offer.name, period, *own, gpus, limit, share(gpus, limit) or 0.0)

    def _power(self) -> Iterator[PowerUse]:
        for site in self.instance.data_centers:
            for t, period in self._periods:
                used_mw = float(self.ledger.power_kw_used.get((site.name, t), 0)) / 1000
                limit = self.ledger.catalog.power_kw(site.name, t)
                limit_mw = None if limit is None else float(limit) / 1000
                yield PowerUse(site.name, period, used_mw, limit_mw, share(used_mw, limit_mw))

    def _links(self) -> Iterator[LinkUse]:
        catalog = self.ledger.catalog
        for (a, b, t), gbps in self.ledger.link_gbps_used.items():
            path = catalog.paths.between(a, b)
            limit_gbps = 0.0 if path is None else float(path.gbps)
            used_share = share(gbps, limit_gbps) or 0.0
            yield LinkUse(a, b, catalog.periods[t], gbps, limit_gbps, used_share)


def share(used: float, limit: float | None) -> float | None:
    """Used part of a limit; None without a limit."""
    if limit is None:
        return None
    if limit:
        return used / limit
    return 0.0 if not used else float("inf")
