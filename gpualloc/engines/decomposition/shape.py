r"""What of a group's own rows the compiled pricing understands.

The rules write a group's rows without knowing who will price it. Here they are read back by their
*form*, never by their names. The core must be there, exactly as the rules of placement and spokes
state it: one option or none, all shards placed, a data center used exactly where shards are, one
hub, spokes that end at it. Around the core a few forms of further rows are understood:

=============  =========================================  =======================================
form           rows                                       meaning in pricing
=============  =========================================  =======================================
spread         :math:`\sum v_d \le M y`                   at most M data centers
stall          :math:`D_h \ge \sigma_{ah} z_{ah}`         a cost on the largest :math:`\sigma` used
set-up         :math:`\sum_{p \in E} x_p \le T y_E`,      a cost if anything in E is used
               :math:`v_d \le y_E`
moved          :math:`m_p \ge x_p - c_p y`                a higher price from the c-th shard on
barred         :math:`\sum_{p \in E} x_p \le 0`           nothing in E
shut           :math:`y = 0`                              the option is not possible
implied        a hub has spokes for what it cannot hold   nothing new
=============  =========================================  =======================================

A further column has one meaning: where several forms claim it, the first one read has it.
Every other row is left out. What remains is a relaxation, so pricing still proves a bound; it is
exact where nothing was left out. A rule of a new form is thereby handled from the day it is
written: soundly at first, and sharply once a form for it stands here.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpualloc.engines.decomposition.forms import ON, OTHER, Forms
from gpualloc.errors import InternalError
from gpualloc.formulation.groups import Part
from gpualloc.rules.writer import MISSING, Block
from gpualloc.vectors import Bools, Floats, Ints


@dataclass(eq=False)
class BlockShape:
    """A block as pricing sees it; columns count from 0 in the group.

    Attributes
    ----------
    job, option, phase : int
        Whose it is; the job by its position in the group.
    total : int
        Shards to place.
    most_sites : int
        Data centers that may be used.
    shards, most, site_at : (n,) int
        Column, largest number and data center of each offer.
    used, hub, stall : (m,) int
        Columns of each data center, `MISSING` where there is none.
    spoke : (m, m) int
        Columns of the spokes (a, hub).
    stalled : (m, m) float
        What a spoke asks of its hub's `stall` column.
    moved, held : (n,)
        Column that counts shards on an offer beyond `held`.
    setups : list of (column, (n,) bool)
        Columns that must be one if any of these offers is used.
    """

    job: int
    option: int
    phase: int
    on: int
    total: int
    most_sites: int
    shards: Ints
    most: Ints
    site_at: Ints
    used: Ints
    hub: Ints
    spoke: Ints
    stall: Ints
    stalled: Floats
    moved: Ints
    held: Ints
    setups: list[tuple[int, Bools]]


@dataclass(frozen=True, eq=False)
class Shape:
    """A group as pricing sees it.

    Attributes
    ----------
    blocks : list of BlockShape
    on : list of int arrays
        Columns of each job's options.
    unserved : list of int
        Column of each job, `MISSING` for a job that must be served.
    known : (m,) bool
        The rows that are understood.
    core : (k,) int
        The columns of placement and spokes.
    """

    blocks: list[BlockShape]
    on: list[Ints]
    unserved: list[int]
    known: Bools
    core: Ints

    @property
    def exact(self) -> bool:
        """Whether every row is understood."""
        return bool(self.known.all())


def read_shape(part: Part) -> Shape:
    """Read a group's rows back.

    Raises
    ------
    InternalError
        The rows of placement or spokes are not there as expected.
    """
    positions = {job.data.index: at for at, job in enumerate(part.jobs)}
    blocks = [block for job in part.jobs for block in job.all_blocks()]
    shapes = [_core(part, block, positions[block.job.data.index]) for block in blocks]
    if (part.problem.lower < 0).any():
        raise InternalError("pricing expects columns that do not fall below zero")
    forms, meanings = Forms(part, blocks), _Meanings()
    _require_core(forms, part, shapes)
    _read_spread(forms, shapes)
    _read_barred(forms, shapes)
    _read_stall(forms, shapes, meanings)
    _read_setups(forms, shapes, meanings)
    _read_moved(forms, shapes, meanings)
    _read_implied(forms, shapes)
    on = [job.on - part.first for job in part.jobs]
    unserved = [job.unserved - part.first if job.unserved >= 0 else MISSING for job in part.jobs]
    core = np.flatnonzero(forms.kind_of_column != OTHER)
    return Shape(shapes, on, unserved, forms.known, core)


def place(block: BlockShape, shards: NDArray[np.int32], hub: int) -> dict[int, float]:
    """The columns of a block that places some shards on its offers, with a hub."""
    values: dict[int, float] = {}
    sites = set()
    for offer in np.flatnonzero(shards).tolist():
        values[int(block.shards[offer])] = float(shards[offer])
        sites.add(int(block.site_at[offer]))
        beyond = shards[offer] - block.held[offer]
        if block.moved[offer] != MISSING and beyond > 0:
            values[int(block.moved[offer])] = float(beyond)
    for site in sites:
        values[int(block.used[site])] = 1.0
    if hub >= 0:
        values[int(block.hub[hub])] = 1.0
        stalled = 0.0
        for site in sites - {hub}:
            values[int(block.spoke[site, hub])] = 1.0
            stalled = max(stalled, float(block.stalled[site, hub]))
        if stalled > 0:
            values[int(block.stall[hub])] = stalled
    for column, members in block.setups:
        if shards[members].any():
            values[column] = 1.0
    return values


class _Meanings:
    """What each further column stands for."""

    def __init__(self) -> None:
        self._known: dict[int, Hashable] = {}

    def claim(self, columns: Ints, *meaning: Hashable) -> bool:
        """Give columns a meaning; False if one of them has another."""
        given = [self._known.setdefault(column, meaning) for column in columns.tolist()]
        return all(known == meaning for known in given)


def _core(part: Part, block: Block, job: int) -> BlockShape:
    def own(columns: Ints) -> Ints:
        return np.where(columns >= 0, columns - part.first, MISSING)

    offers, sites = len(block.offers), len(block.sites)
    return BlockShape(
        job=job,
        option=block.option,
        phase=block.phase,
        on=block.on - part.first,
        total=block.shards_total,
        most_sites=sites,
        shards=own(block.shards),
        most=np.minimum(block.shards_max, block.shards_total),
        site_at=block.site_at,
        used=own(block.used),
        hub=own(block.hub),
        spoke=own(block.spoke),
        stall=np.full(sites, MISSING),
        stalled=np.zeros((sites, sites)),
        moved=np.full(offers, MISSING),
        held=np.zeros(offers, dtype=np.int64),
        setups=[],
    )


def _require_core(forms: Forms, part: Part, shapes: list[BlockShape]) -> None:
    """Mark the rows of placement and spokes; every one of them must be there."""
    with_hub = [shape for shape in shapes if (shape.hub >= 0).any()]
    wanted = {
        "one option": len(part.jobs),
        "place": sum(len(shape.shards) > 0 for shape in shapes),
        "shut": sum(len(shape.shards) == 0 for shape in shapes),
        "fill": sum(len(shape.shards) for shape in shapes),
        "need": sum(len(shape.used) for shape in shapes),
        "choose": sum(len(shape.used) for shape in shapes),
        "one hub": len(with_hub),
        "reach": sum(len(shape.used) for shape in with_hub),
        "end": sum(int((shape.spoke >= 0).sum()) for shape in with_hub),
    }
    for name, number in wanted.items():
        found = int(forms.core(name).sum())
        if found < number:
            raise InternalError(f"pricing finds {found} rows of the form {name!r}, not {number}")
    shut = forms.columns_of(ON, np.flatnonzero(forms.core("shut")))
    for shape in shapes:
        if shape.on in shut:
            shape.most[:] = 0


def _read_spread(forms: Forms, shapes: list[BlockShape]) -> None:
    for row in np.flatnonzero(forms.spread()).tolist():
        shape = shapes[forms.block[row]]
        if forms.used_in(row) == len(shape.used):
            shape.most_sites = min(shape.most_sites, forms.most_sites(row))
            forms.known[row] = True


def _read_barred(forms: Forms, shapes: list[BlockShape]) -> None:
    for row in np.flatnonzero(forms.barred()).tolist():
        shapes[forms.block[row]].most[forms.positions(row)] = 0
        forms.known[row] = True


def _read_stall(forms: Forms, shapes: list[BlockShape], meanings: _Meanings) -> None:
    rows = np.flatnonzero(forms.stall())
    column, spoke = forms.columns_of(OTHER, rows), forms.spoke_entry(rows)
    figure = -forms.value[spoke] / forms.value[forms.other_entry(rows)]
    for block in np.unique(forms.block[rows]):
        shape, mine = shapes[block], forms.block[rows] == block
        a, hub = np.divmod(forms.at[spoke[mine]], len(shape.used))
        one_each = _one_each(column[mine], hub) and _one_each(hub, column[mine])
        if one_each and meanings.claim(column[mine], "stall", shape.job, shape.phase):
            shape.stall[hub] = column[mine]
            shape.stalled[a, hub] = figure[mine]
            forms.known[rows[mine]] = True


def _one_each(keys: Ints, values: Ints) -> bool:
    """Whether each key has one value."""
    value_of = np.zeros(int(keys.max(initial=0)) + 1, dtype=np.int64)
    value_of[keys] = values
    return bool((value_of[keys] == values).all())


def _read_setups(forms: Forms, shapes: list[BlockShape], meanings: _Meanings) -> None:
    """A set-up may serve several blocks only if a plan uses one of them at most."""
    rows = np.flatnonzero(forms.setup())
    by_column: dict[int, list[int]] = {}
    for row, column in zip(rows.tolist(), forms.columns_of(OTHER, rows).tolist(), strict=True):
        by_column.setdefault(column, []).append(row)
    for column, own in by_column.items():
        blocks = {int(forms.block[row]) for row in own}
        places = {(shapes[at].job, shapes[at].phase) for at in blocks}
        if len(places) > 1 or not meanings.claim(np.array([column]), "set-up", *places):
            continue
        for block in sorted(blocks):
            members = np.zeros(len(shapes[block].shards), dtype=bool)
            for row in own:
                if forms.block[row] == block and forms.opens_enough(row, shapes[block]):
                    members |= forms.offers_of(row, shapes[block])
                    forms.known[row] = True
            shapes[block].setups.append((column, members))


def _read_moved(forms: Forms, shapes: list[BlockShape], meanings: _Meanings) -> None:
    for row in np.flatnonzero(forms.moved()).tolist():
        block, offer = int(forms.block[row]), int(forms.positions(row)[0])
        shape, column = shapes[block], forms.columns_of(OTHER, np.array([row]))
        if shape.moved[offer] == MISSING and meanings.claim(column, "moved", block, offer):
            shape.moved[offer] = column[0]
            shape.held[offer] = forms.held(row)
            forms.known[row] = True


def _read_implied(forms: Forms, shapes: list[BlockShape]) -> None:
    """A hub without room for all shards has spokes with room for the rest: so does every plan."""
    rooms = [np.bincount(s.site_at, s.most, minlength=len(s.used)) for s in shapes]
    for row in np.flatnonzero(forms.hub_room()).tolist():
        shape, room = shapes[forms.block[row]], rooms[forms.block[row]]
        hub, rest, spokes, figures = forms.read_hub_room(row)
        a, end = np.divmod(spokes, len(shape.used))
        others = np.setdiff1d(np.flatnonzero((shape.spoke[:, hub] >= 0) & (room > 0)), a)
        fits = (end == hub).all() and rest <= max(0, shape.total - room[hub]) + 1e-9
        if fits and not len(others) and (figures >= np.minimum(room[a], rest) - 1e-9).all():
            forms.known[row] = True


__all__ = ["MISSING", "BlockShape", "Shape", "place", "read_shape"]
