r"""When a holder of a first refusal has no room: the engines' view.

For a resource at the holder (an offer's GPUs, a data center's power, the GPUs that the holder
accepts), a period and a unit u, the binary `short` may be 1 only where the load leaves less than u:

.. math:: \text{load} \ge (\lfloor (C - u) / q \rfloor + 1) \, q \cdot \text{short}

with C the capacity and q the quantum of loads, so that the factor is the smallest load that leaves
no room. With `precedence` listed there is one `short` for each rank in the list of jobs, and only
jobs up to that rank count as load.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from gpualloc.instance.arrays import Arrays, JobArrays
from gpualloc.rules.lattice import Lattice
from gpualloc.rules.writer import Block, Writer
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


class ShortageRows:
    """The `short` columns of one first refusal, and the rows that hold them to the load.

    Parameters
    ----------
    writer : Writer
    name : str
        The contract's name.
    holder : int
        Its provider.
    accepts_gpus : (T,) sequence of int or None
        GPUs that the holder accepts, None outside the window or without a limit.
    listed : bool
        Whether only the load of jobs up to the asking job's rank counts.
    """

    def __init__(
        self,
        writer: Writer,
        name: str,
        holder: int,
        accepts_gpus: tuple[int | None, ...],
        listed: bool,
    ) -> None:
        self.writer = writer
        self.name = name
        self.holder = holder
        self.accepts_gpus = accepts_gpus
        self.listed = listed
        self.columns: dict[Shortage, int | None] = {}
        self.rows: dict[tuple[Resource, int, int], list[tuple[int, int]]] = {}

    def ways(self, job: JobArrays, unit: Unit, periods: Ints) -> Iterator[Shortage]:
        """Every way to have no room for a unit of a job in one of the periods."""
        arrays = self.writer.arrays
        site, gpu_type = int(arrays.offer_site[unit.offer]), arrays.offer_gpu_type[unit.offer]
        rank = job.index if self.listed else len(arrays.jobs)
        gpus, kw = Fraction(unit.gpus), self.writer.loads.shard_kw(site, gpu_type, unit.gpus)
        for period in map(int, periods):
            yield Shortage("offer", unit.offer, period, gpus, rank)
            if np.isfinite(arrays.power_kw[site, period]):
                yield Shortage("power", site, period, kw, rank)
            if self.accepts_gpus[period] is not None:
                yield Shortage("accepted", 0, period, gpus, rank)

    def declare(self, ways: Iterable[Shortage]) -> None:
        """Declare the `short` columns that are not there yet."""
        for way in ways:
            if way not in self.columns:
                self.columns[way] = self._declare(way)

    def _declare(self, way: Shortage) -> int | None:
        """The column and row of a shortage; None where there is no room even in an empty plan."""
        capacity = self._capacity(way)
        if capacity.limit < way.unit:
            return None
        keys = (self.name, *self._names(way))
        column = int(self.writer.columns("short", prefix=keys))
        row = int(self.writer.rows("short", prefix=keys, lower=0, strict=True))
        least = capacity.lattice.least_above(capacity.limit - way.unit)
        self.writer.put(row, column, -least)
        self.rows.setdefault((way.resource, way.at, way.period), []).append((row, way.rank))
        return column

    def _capacity(self, way: Shortage) -> Capacity:
        loads = self.writer.loads
        if way.resource == "offer":
            gpus = int(self.writer.arrays.offer_gpus[way.at, way.period])
            return Capacity(Fraction(gpus), loads.offer(way.at))
        if way.resource == "power":
            return Capacity(loads.power_limit_kw(way.at, way.period), loads.power[way.at])
        accepted = self.accepts_gpus[way.period]
        assert accepted is not None
        return Capacity(Fraction(accepted), loads.gpus)

    def _names(self, way: Shortage) -> tuple[str, ...]:
        arrays, where = self.writer.arrays, "accepted"
        if way.resource == "offer":
            where = arrays.offer_names[way.at]
        elif way.resource == "power":
            where = f"power of {arrays.site_names[way.at]}"
        unit = f"unit {float(way.unit):.12g}"
        rank = (f"up to {arrays.jobs[way.rank].name}",) if self.listed else ()
        return (where, arrays.period_names[way.period], unit, *rank)

    def put_load(self, block: Block, covered: bool) -> None:
        """Count a block's shards as load wherever it uses what may be short."""
        arrays, loads = self.writer.arrays, self.writer.loads
        gpu_type = block.job.data.options[block.option].gpu_type
        gpus = Fraction(block.gpus_per_shard)
        found: list[tuple[int, int, float]] = []
        for offer, shards in zip(block.offers.tolist(), block.shards.tolist(), strict=True):
            site = int(arrays.offer_site[offer])
            if arrays.offer_provider[offer] != self.holder:
                continue
            used: list[tuple[Resource, int, Lattice, Fraction]] = [
                ("offer", offer, loads.offer(offer), gpus)
            ]
            kw = loads.shard_kw(site, gpu_type, block.gpus_per_shard)
            used.append(("power", site, loads.power[site], kw))
            if covered:
                used.append(("accepted", 0, loads.gpus, gpus))
            for resource, at, lattice, load in used:
                rows = self._rows_of(resource, at, block)
                if rows:
                    coefficient = lattice.coefficient(load)
                    found.extend((row, shards, coefficient) for row in rows)
        if found:
            self.writer.put(*zip(*found, strict=True))

    def _rows_of(self, resource: Resource, at: int, block: Block) -> list[int]:
        """The rows that a block's load on a resource counts in."""
        rank = block.job.data.index
        return [
            row
            for period in block.periods.tolist()
            for row, up_to in self.rows.get((resource, at, period), ())
            if rank <= up_to
        ]
