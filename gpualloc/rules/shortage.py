r"""When a holder of a first refusal has no room: the engines' view.

For a resource at the holder (an offer's GPUs, a data center's power, the GPUs that the holder
accepts), a period and a unit u, the binary `short` may be 1 only where the load leaves less than u:

.. math:: \text{load} \ge (\lfloor (C - u) / q \rfloor + 1) \, q \cdot \text{short}

with C the capacity and q the quantum of loads, so that the factor is the smallest load that leaves
no room. A resource without room for a unit has none for a larger one,

.. math:: \text{short}_u \le \text{short}_{u'} \qquad u < u'

which loses no plan, and lets one choice decide about all that hang together. With `precedence`
listed there is one `short` for each rank in the list of jobs, and only jobs up to that rank count
as load.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise

from gpualloc.instance.arrays import JobArrays
from gpualloc.rules.lattice import Lattice
from gpualloc.rules.shortage_ways import Resource, Shortage, Unit, Ways
from gpualloc.rules.writer import Block, Writer
from gpualloc.vectors import Ints


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
        self.listed = listed
        self._ways = Ways(writer.arrays, writer.loads, holder, accepts_gpus)
        self.columns: dict[Shortage, int | None] = {}
        self.rows: dict[tuple[Resource, int, int], list[tuple[int, int]]] = {}

    def ways(self, job: JobArrays, unit: Unit, periods: Ints) -> Iterator[Shortage]:
        """The ways to have no room for a unit of a job in one of the periods."""
        rank = job.index if self.listed else len(self.writer.arrays.jobs)
        yield from self._ways.find(unit, periods, rank)

    def declare(self, ways: Iterable[Shortage]) -> None:
        """Declare the `short` columns that are not there yet."""
        for way in ways:
            if way not in self.columns:
                self.columns[way] = self._declare(way)

    def declare_order(self) -> None:
        """A resource without room for a unit has none for a larger one."""
        alike: dict[tuple[Resource, int, int, int], list[tuple[Shortage, int]]] = defaultdict(list)
        for way, column in self.columns.items():
            if column is not None:
                alike[way.resource, way.at, way.period, way.rank].append((way, column))
        for ways in alike.values():
            by_unit = sorted(ways, key=lambda pair: pair[0].unit)
            for (way, smaller), (_, larger) in pairwise(by_unit):
                names = (self.name, *self._names(way))
                row = self.writer.rows("short for larger", prefix=names, upper=0)
                self.writer.put(row, [smaller, larger], [1, -1])

    def _declare(self, way: Shortage) -> int | None:
        """The column and row of a shortage; None where there is no room even in an empty plan."""
        capacity = self._ways.capacity(way)
        if capacity.limit < way.unit:
            return None
        keys = (self.name, *self._names(way))
        column = int(self.writer.columns("short", prefix=keys))
        row = int(self.writer.rows("short", prefix=keys, lower=0, strict=True))
        least = capacity.lattice.least_above(capacity.limit - way.unit)
        self.writer.put(row, column, -least)
        self.rows.setdefault((way.resource, way.at, way.period), []).append((row, way.rank))
        return column

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
