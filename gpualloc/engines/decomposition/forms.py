"""The rows of a group sorted by their form: what kinds of columns they have, with which figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpualloc.formulation.groups import Part
from gpualloc.formulation.problem import Problem
from gpualloc.rules.writer import MISSING, Block
from gpualloc.vectors import Bools, Floats, Ints

if TYPE_CHECKING:
    from gpualloc.engines.decomposition.shape import BlockShape

ON, UNSERVED, SHARDS, USED, HUB, SPOKE, OTHER = range(7)
KINDS = 7
NEAR = 1e-9


class Forms:
    """A group's own rows, with what tells their forms apart.

    Attributes
    ----------
    known : (m,) bool
        Rows whose meaning has been read.
    kind_of_column : (n,) int
    block : (m,) int
        The one block whose columns a row has, with no `on` but its own; `MISSING` for none.
    value : (e,) float
        Coefficients, and for each the position `at` of its column in its block.
    """

    def __init__(self, part: Part, blocks: Sequence[Block]) -> None:
        problem = part.problem
        self.row, self.column = problem.matrix.row_of_entry, problem.matrix.columns
        self.value, self.starts = problem.matrix.values, problem.matrix.starts
        self.upper, self.lower = problem.row_upper, problem.row_lower
        kind, owner, position = _kinds(part, blocks)
        job = _job_of_choice(part)
        self.kind_of_column = kind
        self.kind, self.at = kind[self.column], position[self.column]
        rows = problem.rows
        key = self.row * KINDS + self.kind
        shape = (rows, KINDS)
        self.n = np.bincount(key, minlength=rows * KINDS).reshape(shape)
        self.sum = np.bincount(key, self.value, rows * KINDS).reshape(shape)
        self.smallest, self.largest = np.full(shape, np.inf), np.full(shape, -np.inf)
        np.minimum.at(self.smallest.ravel(), key, self.value)
        np.maximum.at(self.largest.ravel(), key, self.value)
        self.total_offers = np.array([len(block.shards) for block in blocks])
        self.total_sites = np.array([len(block.used) for block in blocks])
        self.shards_total = np.array([block.shards_total for block in blocks])
        on = np.array([block.on - part.first for block in blocks], dtype=np.int64)
        self.block = self._own_block(self._one(owner[self.column], rows), on)
        self.job = self._one(job[self.column], rows)
        self.is_local, self.is_ended, self.offers_at, self.spokes_of = self._places(blocks)
        self.total_ways = np.array([len(job.on) + (job.unserved >= 0) for job in part.jobs])
        self.most = problem.upper
        self.known = self._idle(problem)

    def _one(self, owner: Ints, rows: int) -> Ints:
        """The one owner of a row's columns that have any."""
        placed = owner >= 0
        least = np.full(rows, np.iinfo(np.int64).max)
        most = np.full(rows, MISSING)
        np.minimum.at(least, self.row[placed], owner[placed])
        np.maximum.at(most, self.row[placed], owner[placed])
        return np.where(least == most, most, MISSING)

    def _places(self, blocks: Sequence[Block]) -> tuple[Bools, Bools, Ints, Ints]:
        """Rows within one data center and rows at one hub, and what the one used there has."""
        entries = len(self.row)
        site, end = np.full(entries, MISSING), np.full(entries, MISSING)
        offers, spokes = np.zeros(entries), np.zeros(entries)
        for at, block in enumerate(blocks):
            own, sites = np.flatnonzero(self.block[self.row] == at), len(block.used)
            kind, place = self.kind[own], self.at[own]
            site[own] = np.where(kind == SPOKE, place // sites, place)
            site[own[kind == SHARDS]] = block.site_at[place[kind == SHARDS]]
            end[own] = np.where(kind == SPOKE, place % sites, place)
            used = own[kind == USED]
            offers[used] = np.bincount(block.site_at, minlength=sites)[self.at[used]]
            spokes[used] = (block.spoke >= 0).sum(axis=1)[self.at[used]]
        placed = (self.kind != ON) & (self.kind != UNSERVED) & (self.kind != OTHER)
        ended = (self.kind == HUB) | (self.kind == SPOKE)
        rows = len(self.n)
        return (
            self._one(np.where(placed, site, MISSING), rows) >= 0,
            self._one(np.where(ended, end, MISSING), rows) >= 0,
            np.bincount(self.row, offers, rows).astype(np.int64),
            np.bincount(self.row, spokes, rows).astype(np.int64),
        )

    def _own_block(self, block: Ints, on: Ints) -> Ints:
        """A row's block, if it has no `on` of another."""
        of_row = block[self.row]
        chosen = (self.kind == ON) & (of_row >= 0)
        foreign = np.zeros(len(block), dtype=bool)
        foreign[self.row[chosen][on[of_row[chosen]] != self.column[chosen]]] = True
        return np.where(foreign, MISSING, block)

    def _idle(self, problem: Problem) -> Bools:
        """Rows that the bounds of their columns keep by themselves."""
        ends = self.value * problem.lower[self.column], self.value * problem.upper[self.column]
        rows = problem.rows
        least = np.bincount(self.row, np.minimum(*ends), rows)
        most = np.bincount(self.row, np.maximum(*ends), rows)
        idle: Bools = (least >= self.lower) & (most <= self.upper)
        return idle

    def _has(self, **numbers: int | None) -> Bools:
        """Rows with these numbers of columns of each kind; None is any number above zero."""
        found = np.ones(len(self.n), dtype=bool)
        for kind, name in enumerate(("on", "unserved", "shards", "used", "hub", "spoke", "other")):
            number = numbers.get(name, 0)
            found &= self.n[:, kind] > 0 if number is None else self.n[:, kind] == number
        return found

    def _all(self, kind: int, figure: float | Floats) -> Bools:
        """Rows whose coefficients of a kind are all `figure`."""
        near = NEAR * np.maximum(1, np.abs(figure))
        smallest, largest = self.smallest[:, kind], self.largest[:, kind]
        alike: Bools = (smallest >= figure - near) & (largest <= figure + near)
        return alike

    def _is_equal(self, figure: float) -> Bools:
        equal: Bools = (self.lower == figure) & (self.upper == figure)
        return equal

    @property
    def _is_upper(self) -> Bools:
        """Rows `... <= 0`."""
        upper: Bools = (self.upper == 0) & np.isneginf(self.lower)
        return upper

    @property
    def _is_lower(self) -> Bools:
        """Rows `... >= 0`."""
        lower: Bools = (self.lower == 0) & np.isposinf(self.upper)
        return lower

    @staticmethod
    def _of(owner: Ints, figures: Ints) -> Ints:
        """A figure of each row's block or job; 0 where a row has none or several."""
        return np.where(owner >= 0, figures[owner], 0)

    def core(self, name: str) -> Bools:
        """Rows of one form of the core, which become known."""
        single = self.block >= 0
        forms: dict[str, Callable[[], Bools]] = {
            "one option": lambda: (
                (self._has(on=None) | self._has(on=None, unserved=1))
                & (self.n[:, ON] + self.n[:, UNSERVED] == self._of(self.job, self.total_ways))
                & self._is_equal(1)
                & self._all(ON, 1)
                & self._all(UNSERVED, 1)
            ),
            "place": lambda: (
                self._has(on=1, shards=None)
                & (self.n[:, SHARDS] == self._of(self.block, self.total_offers))
                & self._is_equal(0)
                & self._all(SHARDS, 1)
                & self._all(ON, -self._of(self.block, self.shards_total).astype(float))
            ),
            "shut": lambda: self._has(on=1) & self._is_equal(0),
            "fill": self._fill,
            "need": lambda: (
                self._has(shards=None, used=1)
                & (self.n[:, SHARDS] == self.offers_at)
                & self.is_local
                & self._is_upper
                & self._all(SHARDS, -1)
                & self._all(USED, 1)
            ),
            "choose": lambda: (
                self._has(on=1, used=1)
                & self._is_upper
                & self._all(USED, 1)
                & (self.sum[:, ON] <= -1)
            ),
            "one hub": lambda: (
                self._has(on=1, hub=None)
                & (self.n[:, HUB] == self._of(self.block, self.total_sites))
                & self._is_equal(0)
                & self._all(HUB, 1)
                & self._all(ON, -1)
            ),
            "reach": lambda: (
                (self._has(hub=1, used=1) | self._has(hub=1, used=1, spoke=None))
                & (self.n[:, SPOKE] == self.spokes_of)
                & self.is_local
                & self._is_equal(0)
                & self._all(HUB, 1)
                & self._all(SPOKE, 1)
                & self._all(USED, -1)
            ),
            "end": lambda: (
                self._has(hub=1, spoke=1)
                & self.is_ended
                & self._is_upper
                & self._all(SPOKE, 1)
                & self._all(HUB, -1)
            ),
        }
        found = forms[name]()
        if name not in ("one option", "shut"):
            found = found & single
        self.known |= found
        return found

    def _fill(self) -> Bools:
        """`x <= most * used`, with a factor that no number of shards passes."""
        found = self._has(shards=1, used=1) & self.is_local & self._is_upper & self._all(SHARDS, 1)
        rows = np.flatnonzero(found)
        shards = self._entry_of(SHARDS, rows)
        found[rows] = -self.sum[rows, USED] >= self.most[self.column[shards]] - NEAR
        return found

    def spread(self) -> Bools:
        """`sum of used <= M on`."""
        return (
            ~self.known
            & (self.block >= 0)
            & self._has(on=1, used=None)
            & self._is_upper
            & self._all(USED, 1)
            & (self.sum[:, ON] <= -1)
        )

    def used_in(self, row: int) -> int:
        """Number of `used` columns in a row."""
        return int(self.n[row, USED])

    def most_sites(self, row: int) -> int:
        """M of a row `sum of used <= M on`."""
        return int(np.floor(-self.sum[row, ON] + NEAR))

    def barred(self) -> Bools:
        """`sum of shards <= 0`."""
        positive, single = self.smallest[:, SHARDS] > 0, self.block >= 0
        equal = self._all(SHARDS, self.sum[:, SHARDS] / np.maximum(1, self.n[:, SHARDS]))
        return single & self._has(shards=None) & self._is_upper & positive & equal

    def stall(self) -> Bools:
        """`D >= figure * spoke`."""
        signs = (self.sum[:, OTHER] > 0) & (self.sum[:, SPOKE] < 0)
        return (self.block >= 0) & self._has(other=1, spoke=1) & self._is_lower & signs

    def setup(self) -> Bools:
        """`sum of shards <= T y`, or `used <= y`."""
        mean = self.sum[:, SHARDS] / np.maximum(1, self.n[:, SHARDS])
        by_shards = self._has(other=1, shards=None) & (mean > 0) & self._all(SHARDS, mean)
        by_site = self._has(other=1, used=1) & (self.sum[:, USED] > 0)
        opened = self._is_upper & (self.sum[:, OTHER] < 0) & (self.block >= 0)
        return opened & (by_shards | by_site)

    def opens_enough(self, row: int, shape: BlockShape) -> bool:
        """Whether a set-up at one lets through all that its offers can hold."""
        if self.n[row, USED]:
            return bool(-self.sum[row, OTHER] >= self.sum[row, USED] * (1 - NEAR))
        each = self.sum[row, SHARDS] / self.n[row, SHARDS]
        most = min(shape.total, int(shape.most[self.positions(row)].sum()))
        return bool(-self.sum[row, OTHER] >= each * most * (1 - NEAR))

    def offers_of(self, row: int, shape: BlockShape) -> Bools:
        """(n,) the offers that a set-up is for."""
        members = np.zeros(len(shape.shards), dtype=bool)
        positions = self.positions(row)
        if self.n[row, USED]:
            members[np.isin(shape.site_at, positions)] = True
        else:
            members[positions] = True
        return members

    def moved(self) -> Bools:
        """`m >= x - held * on`."""
        alike = np.abs(self.sum[:, OTHER] + self.sum[:, SHARDS]) <= NEAR * self.sum[:, OTHER]
        form = self._has(other=1, shards=1) | self._has(other=1, shards=1, on=1)
        signs = (self.sum[:, OTHER] > 0) & (self.sum[:, ON] >= 0)
        found: Bools = (self.block >= 0) & form & self._is_lower & alike & signs
        return found

    def held(self, row: int) -> int:
        """How many shards of a row `m >= x - held * on` do not count."""
        return int(np.floor(self.sum[row, ON] / self.sum[row, OTHER] + NEAR))

    def hub_room(self) -> Bools:
        """`sum of room * spoke >= rest * hub`."""
        form = self._has(hub=1, spoke=None) | self._has(hub=1)
        found: Bools = (self.block >= 0) & form & self._is_lower & (self.sum[:, HUB] < 0)
        return found

    def read_hub_room(self, row: int) -> tuple[int, float, Ints, Floats]:
        """Hub, rest, spokes and their figures of such a row."""
        own = slice(self.starts[row], self.starts[row + 1])
        kind, at, value = self.kind[own], self.at[own], self.value[own]
        spokes = kind == SPOKE
        return int(at[kind == HUB][0]), float(-self.sum[row, HUB]), at[spokes], value[spokes]

    def positions(self, row: int) -> Ints:
        """Positions in their block of a row's shards or data centers."""
        own = slice(self.starts[row], self.starts[row + 1])
        wanted = SHARDS if self.n[row, SHARDS] else USED
        found: Ints = self.at[own][self.kind[own] == wanted]
        return found

    def columns_of(self, kind: int, rows: Ints) -> Ints:
        """The one column of a kind of each row."""
        return self.column[self._entry_of(kind, rows)]

    def other_entry(self, rows: Ints) -> Ints:
        """The entry of each row's one further column."""
        return self._entry_of(OTHER, rows)

    def spoke_entry(self, rows: Ints) -> Ints:
        """The entry of each row's one spoke."""
        return self._entry_of(SPOKE, rows)

    def _entry_of(self, kind: int, rows: Ints) -> Ints:
        entry = np.full(len(self.n), MISSING)
        of_kind = np.flatnonzero(self.kind == kind)
        entry[self.row[of_kind]] = of_kind
        return entry[rows]


def _job_of_choice(part: Part) -> Ints:
    """The job, by its position, of the columns that say how it is served; `MISSING` for others."""
    job_of = np.full(part.problem.columns, MISSING)
    for at, job in enumerate(part.jobs):
        job_of[job.on - part.first] = at
        if job.unserved >= 0:
            job_of[job.unserved - part.first] = at
    return job_of


def _kinds(part: Part, blocks: Sequence[Block]) -> tuple[Ints, Ints, Ints]:
    """Kind, block and position in its block of every column."""
    columns = part.problem.columns
    kind = np.full(columns, OTHER)
    owner = np.full(columns, MISSING)
    position = np.zeros(columns, dtype=np.int64)
    for job in part.jobs:
        kind[job.on - part.first] = ON
        if job.unserved >= 0:
            kind[job.unserved - part.first] = UNSERVED
    for at, block in enumerate(blocks):
        core = ((SHARDS, block.shards), (USED, block.used), (HUB, block.hub), (SPOKE, block.spoke))
        for name, ids in core:
            flat = ids.ravel()
            exists = np.flatnonzero(flat >= 0)
            own = flat[exists] - part.first
            kind[own], owner[own], position[own] = name, at, exists
    return kind, owner, position
