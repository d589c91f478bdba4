"""Between the values of a program's columns and a plan's layout, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from gpualloc.instance.arrays import Arrays
from gpualloc.layout import FlowShare, Hub, Layout, Placement
from gpualloc.rules.writer import Block, FlowColumns, JobColumns
from gpualloc.vectors import Floats, Ints

LEAST_FRACTION = 1e-9
"""Smaller fractions of a flow are rounding."""


class Legend(Protocol):
    """What columns mean: those of a whole program, or of one that is written group by group."""

    @property
    def arrays(self) -> Arrays:
        """The instance."""

    @property
    def columns(self) -> int:
        """Number of columns."""

    @property
    def jobs(self) -> Sequence[JobColumns]:
        """The jobs' columns."""

    @property
    def flows(self) -> Sequence[FlowColumns]:
        """The flows' columns."""

    @property
    def bought(self) -> Mapping[str, int]:
        """Contract name to its buyout column."""


def decode(program: Legend, x: Floats) -> Layout:
    """Read a plan's decisions from the values of all columns, integers rounded."""
    chosen = {job.data.index: _chosen_option(job, x) for job in program.jobs}
    placements: list[Placement] = []
    hubs: list[Hub] = []
    for job in program.jobs:
        option = chosen[job.data.index]
        for block in () if option is None else job.blocks[option]:
            placements.extend(_placements(program, block, x))
            hubs.extend(_hubs(program, block, x))
    running = [
        flow for flow in program.flows if None not in (chosen[flow.data.a], chosen[flow.data.b])
    ]
    return Layout(
        placements=tuple(placements),
        hubs=tuple(hubs),
        flows=tuple(row for flow in running for row in _flow_shares(program, flow, x)),
        buyouts=tuple(name for name, column in program.bought.items() if x[column] > 0.5),
        unserved=tuple(job.data.name for job in program.jobs if chosen[job.data.index] is None),
    )


def _chosen_option(job: JobColumns, x: Floats) -> int | None:
    best = int(np.argmax(x[job.on]))
    return best if x[job.on[best]] > 0.5 else None


def _placements(program: Legend, block: Block, x: Floats) -> Iterator[Placement]:
    arrays = program.arrays
    shards = np.rint(x[block.shards]).astype(int)
    for period in block.periods:
        for at in np.flatnonzero(shards):
            yield Placement(
                block.job.data.name,
                arrays.period_names[period],
                block.option,
                arrays.offer_names[block.offers[at]],
                int(shards[at]),
            )


def _hubs(program: Legend, block: Block, x: Floats) -> Iterator[Hub]:
    used = np.unique(block.site_at[np.rint(x[block.shards]) > 0])
    if len(used) < 2 or (block.hub < 0).any():
        return
    hub = int(block.sites[used[np.argmax(x[block.hub[used]])]])
    for period in block.periods:
        site = program.arrays.site_names[hub]
        yield Hub(block.job.data.name, program.arrays.period_names[period], site)


def _flow_shares(program: Legend, flow: FlowColumns, x: Floats) -> Iterator[FlowShare]:
    arrays = program.arrays
    fractions = np.where(flow.share >= 0, x[flow.share], 0.0)
    for period, origin, target in np.argwhere(fractions > LEAST_FRACTION):
        yield FlowShare(
            flow.a.data.name,
            flow.b.data.name,
            arrays.period_names[flow.data.periods[period]],
            arrays.site_names[flow.sites[origin]],
            arrays.site_names[flow.sites[target]],
            float(fractions[period, origin, target]),
        )


@dataclass(frozen=True)
class Encoding:
    """A layout as values of columns.

    Attributes
    ----------
    values : (n,) float
        NaN for columns that the layout does not decide by itself.
    unknown : tuple of str
        What the layout says that the program has no column for.
    """

    values: Floats
    unknown: tuple[str, ...]


def encode(program: Legend, layout: Layout) -> Encoding:
    """Write a plan's decisions as values of columns, as far as the program has them."""
    values = np.full(program.columns, np.nan)
    unknown: list[str] = []
    _encode_jobs(program, layout, values, unknown)
    _encode_hubs(program, layout, values)
    _encode_flows(program, layout, values, unknown)
    for name, column in program.bought.items():
        values[column] = name in layout.buyouts
    unknown.extend(f"buyout of {name}" for name in layout.buyouts if name not in program.bought)
    return Encoding(values, tuple(unknown))


def _encode_jobs(program: Legend, layout: Layout, values: Floats, unknown: list[str]) -> None:
    rows: dict[tuple[str, int, str], dict[str, int]] = {}
    for row in layout.placements:
        rows.setdefault((row.job, row.option, row.period), {})[row.offer] = row.shards
    options = {row.job: row.option for row in layout.placements}
    for job in program.jobs:
        option = options.get(job.data.name)
        values[job.on] = [at == option for at in range(len(job.on))]
        if job.unserved >= 0:
            values[job.unserved] = option is None
        for block in job.all_blocks():
            period = program.arrays.period_names[block.periods[0]]
            shards = rows.get((job.data.name, block.option, period), {})
            unknown.extend(_encode_block(program, block, shards, values))
    known = {job.data.name for job in program.jobs}
    unknown.extend(f"job {name}" for name in options if name not in known)


def _encode_block(
    program: Legend, block: Block, shards: dict[str, int], values: Floats
) -> Iterator[str]:
    names = [program.arrays.offer_names[offer] for offer in block.offers]
    placed = np.array([shards.get(name, 0) for name in names], dtype=float)
    values[block.shards] = placed
    used = np.zeros(len(block.sites))
    used[block.site_at[placed > 0]] = 1
    values[block.used] = used
    _set(values, block.spoke[used == 0], 0)
    _set(values, block.hub[used == 0], 0)
    if used.sum() == 1:
        _set(values, block.hub[used == 1], 1)
        _set(values, block.spoke, 0)
    for name in shards.keys() - set(names):
        yield f"shards of {block.job.data.name} on {name}"


def _encode_hubs(program: Legend, layout: Layout, values: Floats) -> None:
    hubs = {(row.job, row.period): row.data_center for row in layout.hubs}
    for job in program.jobs:
        for block in job.all_blocks():
            period = program.arrays.period_names[block.periods[0]]
            hub = hubs.get((job.data.name, period))
            used = values[block.used] > 0.5
            if hub is None or used.sum() < 2:
                continue
            is_hub = np.array([program.arrays.site_names[site] == hub for site in block.sites])
            _set(values, block.hub, is_hub.astype(float))
            spokes = used[:, None] & is_hub[None, :] & ~is_hub[:, None]
            _set(values, block.spoke, spokes.astype(float))


def _encode_flows(program: Legend, layout: Layout, values: Floats, unknown: list[str]) -> None:
    shares = {row[:5]: row.fraction for row in layout.flows}
    arrays = program.arrays
    for flow in program.flows:
        _set(values, flow.share, 0)
        for period, origin, target in np.argwhere(flow.share >= 0):
            key = (
                flow.a.data.name,
                flow.b.data.name,
                arrays.period_names[flow.data.periods[period]],
                arrays.site_names[flow.sites[origin]],
                arrays.site_names[flow.sites[target]],
            )
            values[flow.share[period, origin, target]] = shares.pop(key, 0.0)
    unknown.extend(f"flow {key}" for key, fraction in shares.items() if fraction)


def _set(values: Floats, columns: Ints, figures: ArrayLike) -> None:
    exists = columns >= 0
    values[columns[exists]] = np.broadcast_to(np.asarray(figures, float), columns.shape)[exists]
