"""What a shard takes from an offer and from a data center's power, exactly: the engines' view."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property

import numpy as np

from gpualloc.instance.arrays import Arrays
from gpualloc.rules.lattice import Lattice, build_lattice
from gpualloc.units import exact


class Loads:
    """Exact loads and limits of an instance, each worked out once.

    Parameters
    ----------
    arrays : Arrays
        The instance.
    """

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._shard_kw: dict[tuple[int, int, int], Fraction] = {}

    @cached_property
    def gpus_by_type(self) -> tuple[Lattice, ...]:
        """(G,) the numbers of GPUs that loads on an offer of each GPU type can have."""
        return tuple(
            build_lattice(map(Fraction, sizes), Fraction(0)) for sizes in self._arrays.shard_sizes
        )

    @cached_property
    def gpus(self) -> Lattice:
        """The numbers of GPUs that loads over several GPU types can have."""
        sizes = {size for sizes in self._arrays.shard_sizes for size in sizes}
        return build_lattice(map(Fraction, sizes), Fraction(0))

    @cached_property
    def power(self) -> tuple[Lattice, ...]:
        """(D,) the figures in kW that a data center's load can have."""
        return tuple(self._power_lattice(site) for site in range(len(self._arrays.pue)))

    def offer(self, offer: int) -> Lattice:
        """The numbers of GPUs that the load on an offer can have."""
        return self.gpus_by_type[int(self._arrays.offer_gpu_type[offer])]

    def on_offer(self, gpu_type: int, gpus: int) -> float:
        """The coefficient of a shard of some GPUs in the row of an offer."""
        return self.gpus_by_type[gpu_type].coefficient(Fraction(gpus))

    def shard_kw(self, site: int, gpu_type: int, gpus: int) -> Fraction:
        """Facility power of some GPUs at a data center: GPUs * kW * PUE."""
        key = (int(site), int(gpu_type), int(gpus))
        if key not in self._shard_kw:
            instance = self._arrays.instance
            gpu_kw = exact(instance.gpu_types[key[1]].kw)
            self._shard_kw[key] = key[2] * gpu_kw * exact(instance.data_centers[key[0]].pue)
        return self._shard_kw[key]

    def gpu_kw(self, offer: int) -> Fraction:
        """Facility power of a GPU of an offer."""
        arrays = self._arrays
        return self.shard_kw(int(arrays.offer_site[offer]), int(arrays.offer_gpu_type[offer]), 1)

    def most_gpus(self, offer: int, period: int) -> Fraction:
        """The largest load that an offer can have: as many GPUs as it has, and has power for."""
        arrays = self._arrays
        site, gpus = int(arrays.offer_site[offer]), Fraction(int(arrays.offer_gpus[offer, period]))
        if np.isfinite(arrays.power_kw[site, period]) and self.gpu_kw(offer) > 0:
            gpus = min(gpus, self.power_limit_kw(site, period) / self.gpu_kw(offer))
        return self.offer(offer).last_within(gpus)

    def most_gpus_at(self, site: int, period: int) -> Fraction:
        """No fewer GPUs than a data center can have in use: those that draw least come first."""
        arrays = self._arrays
        offers = sorted(np.flatnonzero(arrays.offer_site == site).tolist(), key=self.gpu_kw)
        most = [(self.most_gpus(offer, period), self.gpu_kw(offer)) for offer in offers]
        if not np.isfinite(arrays.power_kw[site, period]):
            return sum((gpus for gpus, _ in most), Fraction(0))
        left_kw, total = self.power_limit_kw(site, period), Fraction(0)
        for gpus, gpu_kw in most:
            fits = min(gpus, left_kw / gpu_kw) if gpu_kw > 0 else gpus
            left_kw -= fits * gpu_kw
            total += fits
        return total

    def power_limit_kw(self, site: int, period: int) -> Fraction:
        """Grid power of a data center that has a limit."""
        power_mw = self._arrays.instance.data_centers[site].power_mw
        assert power_mw is not None
        return 1000 * exact(power_mw if isinstance(power_mw, int | float) else power_mw[period])

    def _power_lattice(self, site: int) -> Lattice:
        arrays = self._arrays
        here = set(arrays.offer_gpu_type[arrays.offer_site == site].tolist())
        loads = [
            self.shard_kw(site, gpu_type, gpus)
            for gpu_type in here
            for gpus in arrays.shard_sizes[gpu_type]
        ]
        limits_kw = arrays.power_kw[site][np.isfinite(arrays.power_kw[site])]
        return build_lattice(loads, Fraction(float(limits_kw.max(initial=0))))
