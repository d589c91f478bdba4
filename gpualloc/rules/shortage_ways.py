r"""Which resources can leave a unit without room at a holder of a first refusal.

A unit of u GPUs (or of as much power) has no room where a resource of capacity C, in steps of its
quantum q, is loaded with at least

.. math:: L = (\lfloor (C - u) / q \rfloor + 1) \, q

An offer, its data center's power and the GPUs that the holder accepts load one another: of p's GPUs
:math:`x_p`, at most :math:`M_p`, the power is :math:`\sum w_p x_p`. So some ways to be short can
never come about, and others never come about alone:

- L is above the largest load that the resource can have;
- :math:`w_p L_p \ge L_d`: an offer that is short of GPUs is short of power, too;
- :math:`(L_d - \sum_{p' \ne p} w_{p'} M_{p'}) / w_p \ge L_p`: and the other way round;
- the GPUs that the holder accepts are used up only where the offer's are.

Those need no binary. Each one less is sharper: a relaxation adds up the parts of all ways, and
counts a site that is half full as short of GPUs by half and short of power by half.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from gpualloc.instance.arrays import Arrays, JobArrays
from gpualloc.rules.lattice import Lattice
from gpualloc.rules.loads import Loads
from gpualloc.vectors import Ints

Resource = Literal["offer", "power", "accepted"]


@dataclass(frozen=True)
class Unit:
    """The room that a job asks of the holder: GPUs of a type, on an offer."""

    offer: int
    gpus: int


@dataclass(frozen=True)
class Shortage:
    """One way to have no room: a resource (`at` its index), a period, a unit, a rank."""

    resource: Resource
    at: int
    period: int
    unit: Fraction
    rank: int


@dataclass(frozen=True)
class Capacity:
    """What a resource holds in a period, and the figures that its load can have."""

    limit: Fraction
    lattice: Lattice


def units_of(arrays: Arrays, job: JobArrays, holder: int) -> list[Unit]:
    """What a job would ask of each offer of the holder that one of its options could use."""
    whole = job.record.max_data_centers == 1
    at_holder = (arrays.offer_provider == holder) & job.site_allowed[arrays.offer_site]
    units = {
        Unit(int(offer), option.gpus if whole else option.gpus_per_shard)
        for option in job.options
        for offer in np.flatnonzero(at_holder & (arrays.offer_gpu_type == option.gpu_type))
    }
    return sorted(units, key=lambda unit: (unit.offer, unit.gpus))


class Ways:
    """The ways to be short of room at one holder.

    Parameters
    ----------
    arrays : Arrays
    loads : Loads
    holder : int
        The provider.
    accepts_gpus : (T,) sequence of int or None
        GPUs that the holder accepts, None outside the window or without a limit.
    """

    def __init__(
        self, arrays: Arrays, loads: Loads, holder: int, accepts_gpus: tuple[int | None, ...]
    ) -> None:
        self._arrays = arrays
        self._loads = loads
        self._accepts_gpus = accepts_gpus
        self._sites = np.flatnonzero(arrays.site_provider == holder).tolist()
        self._found: dict[tuple[Unit, int, int], tuple[Shortage, ...]] = {}
        self._gpus_at: dict[tuple[int, int], Fraction] = {}

    def find(self, unit: Unit, periods: Ints, rank: int) -> Iterator[Shortage]:
        """The ways to have no room for a unit in one of the periods."""
        for period in map(int, periods):
            key = unit, period, rank
            if key not in self._found:
                self._found[key] = tuple(self._find(*key))
            yield from self._found[key]

    def capacity(self, way: Shortage) -> Capacity:
        """What the resource of a way holds."""
        loads = self._loads
        if way.resource == "offer":
            gpus = int(self._arrays.offer_gpus[way.at, way.period])
            return Capacity(Fraction(gpus), loads.offer(way.at))
        if way.resource == "power":
            return Capacity(loads.power_limit_kw(way.at, way.period), loads.power[way.at])
        accepted = self._accepts_gpus[way.period]
        assert accepted is not None
        return Capacity(Fraction(accepted), loads.gpus)

    def _find(self, unit: Unit, period: int, rank: int) -> Iterator[Shortage]:
        """The ways that can come about without another."""
        ways = {way.resource: way for way in self._asked(unit, period, rank)}
        least = {resource: self._least(way) for resource, way in ways.items()}
        kept = [name for name, way in ways.items() if least[name] <= self._most(way, unit.offer)]
        if "power" in kept:
            gpu_kw = self._loads.gpu_kw(unit.offer)
            if "offer" in kept and gpu_kw * least["offer"] >= least["power"]:
                kept.remove("offer")
            elif self._fills(unit.offer, ways["power"], least):
                kept.remove("power")
        if "accepted" in kept and self._fills(unit.offer, ways["accepted"], least):
            kept.remove("accepted")
        yield from (ways[name] for name in kept)

    def _most(self, way: Shortage, offer: int) -> Fraction:
        """The largest load that the resource of a way can have, or more."""
        if way.resource == "offer":
            return self._loads.most_gpus(offer, way.period)
        if way.resource == "accepted":
            return self._most_at_holder(way.period)
        gpus, others_kw = (
            self._loads.most_gpus(offer, way.period),
            self._beside(offer, way.period)[1],
        )
        return min(self.capacity(way).limit, gpus * self._loads.gpu_kw(offer) + others_kw)

    def _fills(self, offer: int, way: Shortage, least: dict[Resource, Fraction]) -> bool:
        """Whether an offer is short of GPUs wherever its power, or what is accepted, is short."""
        loads, t = self._loads, way.period
        others, others_kw = self._beside(offer, t)
        if way.resource == "power":
            gpu_kw = loads.gpu_kw(offer)
            used = (least["power"] - others_kw) / gpu_kw if gpu_kw else Fraction(0)
        else:
            elsewhere = self._most_at_holder(t) - self._most_at(
                int(self._arrays.offer_site[offer]), t
            )
            used = least["accepted"] - elsewhere - others
        return loads.offer(offer).first_from(used) >= least["offer"]

    def _asked(self, unit: Unit, period: int, rank: int) -> Iterator[Shortage]:
        """Every way to have no room for a unit in a period."""
        arrays = self._arrays
        site, gpu_type = int(arrays.offer_site[unit.offer]), arrays.offer_gpu_type[unit.offer]
        gpus, kw = Fraction(unit.gpus), self._loads.shard_kw(site, int(gpu_type), unit.gpus)
        yield Shortage("offer", unit.offer, period, gpus, rank)
        if np.isfinite(arrays.power_kw[site, period]):
            yield Shortage("power", site, period, kw, rank)
        if self._accepts_gpus[period] is not None:
            yield Shortage("accepted", 0, period, gpus, rank)

    def _least(self, way: Shortage) -> Fraction:
        """The smallest load that leaves no room."""
        capacity = self.capacity(way)
        return capacity.lattice.first_above(capacity.limit - way.unit)

    def _beside(self, offer: int, period: int) -> tuple[Fraction, Fraction]:
        """GPUs, and power in kW, that the other offers of a data center can have in use at most."""
        loads, at = self._loads, self._arrays.offer_site
        others = [int(other) for other in np.flatnonzero(at == at[offer]) if other != offer]
        most = [(loads.most_gpus(other, period), loads.gpu_kw(other)) for other in others]
        gpus = sum((gpus for gpus, _ in most), Fraction(0))
        return gpus, sum((gpus * gpu_kw for gpus, gpu_kw in most), Fraction(0))

    def _most_at_holder(self, period: int) -> Fraction:
        return sum((self._most_at(site, period) for site in self._sites), Fraction(0))

    def _most_at(self, site: int, period: int) -> Fraction:
        key = site, period
        if key not in self._gpus_at:
            self._gpus_at[key] = self._loads.most_gpus_at(site, period)
        return self._gpus_at[key]
