"""The sheet on which rules write their rows: sparse data that knows no solver.

Every column and row belongs to an owner: a group of jobs (jobs that flows tie together), or the
whole plan (`SHARED`). A row whose columns all have one owner is that group's alone; all other rows
couple groups. A decomposition reads both from the owners, so no rule is written for it again.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpualloc.instance.arrays import Arrays, FlowArrays, JobArrays
from gpualloc.rules.loads import Loads
from gpualloc.vectors import Bools, Floats, Ints

SHARED = -1
"""The owner of what belongs to the whole plan."""

MISSING = -1
"""The id of a column or row that does not exist: coefficients there are dropped."""


@dataclass(frozen=True)
class Family:
    """Columns or rows that were declared together; names them when asked.

    Attributes
    ----------
    title : str
        The family's name: ``power``.
    first : int
        Id of its first member.
    prefix : tuple of str
        Names that all members share.
    axes : tuple of sequences of str
        Names along each axis of the grid.
    members : int array
        Positions in the flattened grid that exist.
    """

    title: str
    first: int
    prefix: tuple[str, ...]
    axes: tuple[Sequence[str], ...]
    members: Ints

    def name(self, ident: int) -> str:
        """The planner's name of a member: ``power[memphis, 2025Q3]``."""
        shape = tuple(len(axis) for axis in self.axes)
        position = np.unravel_index(self.members[ident - self.first], shape) if shape else ()
        keys = [axis[int(at)] for axis, at in zip(self.axes, position, strict=True)]
        return f"{self.title}[{', '.join((*self.prefix, *keys))}]"


@dataclass
class Block:
    """The columns of one job in one of its options in one of its phases.

    Attributes
    ----------
    offers : (n,) int
        Offers that the option can use; `shards` (n,) are the columns of how many shards go there,
        at most `shards_max` (n,).
    sites : (m,) int
        Data centers of those offers; `used` (m,) are their columns, `site_at` (n,) the position in
        `sites` of each offer.
    hub : (m,) int
        Columns "this data center is the hub"; `MISSING` for a job that does not synchronize.
    spoke : (m, m) int
        Columns "data center a has a spoke to hub h"; `MISSING` where that may not be.
    """

    job: JobColumns
    option: int
    phase: int
    periods: Ints
    gpus_per_shard: int
    on: int
    offers: Ints
    shards: Ints
    shards_max: Ints
    sites: Ints
    site_at: Ints
    used: Ints
    hub: Ints
    spoke: NDArray[np.int64]

    @property
    def prefix(self) -> tuple[str, ...]:
        """Its names in rows and columns: job, option, phase."""
        record = self.job.data.record
        several = len(self.job.data.phases) > 1
        phase = self.job.period_names[self.periods[0]] if several else "all periods"
        return (record.name, f"option {self.option}", phase)

    @property
    def shards_total(self) -> int:
        """Shards that the option places."""
        return self.job.data.options[self.option].shards


@dataclass
class JobColumns:
    """All columns of one job: `on` (options,), `unserved`, and its blocks by option and phase."""

    data: JobArrays
    period_names: tuple[str, ...]
    on: Ints
    unserved: int
    blocks: tuple[tuple[Block, ...], ...] = ()

    def all_blocks(self) -> list[Block]:
        """Every block of the job."""
        return [block for phases in self.blocks for block in phases]


@dataclass
class FlowColumns:
    """One flow: `share` (T', m, m) columns from data centers `sites` of job a to those of job b."""

    data: FlowArrays
    a: JobColumns
    b: JobColumns
    sites: Ints
    share: NDArray[np.int64]

    @property
    def crossing(self) -> NDArray[np.int64]:
        """(m, m, T') the columns of `share` that leave their data center."""
        pairs = np.moveaxis(self.share, 0, 2).copy()
        pairs[np.arange(len(self.sites)), np.arange(len(self.sites))] = MISSING
        return pairs


@dataclass
class Sheet:
    """Declared columns or rows: bounds, owner and names, in chunks."""

    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    flag: list[Bools] = field(default_factory=list)
    owner: list[Ints] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)
    size: int = 0

    def declare(
        self,
        title: str,
        prefix: tuple[str, ...],
        axes: tuple[Sequence[str], ...],
        lower: ArrayLike,
        upper: ArrayLike,
        flag: bool,
        owner: int,
        where: Bools | None,
    ) -> NDArray[np.int64]:
        """Declare a grid of members; returns their ids in the grid's shape."""
        shape = tuple(len(axis) for axis in axes)
        exists = np.ones(shape, dtype=bool) if where is None else np.broadcast_to(where, shape)
        members = np.flatnonzero(exists)
        ids = np.full(exists.size, MISSING, dtype=np.int64)
        ids[members] = self.size + np.arange(len(members))
        if len(members):
            self.lower.append(np.broadcast_to(np.asarray(lower, float), shape)[exists])
            self.upper.append(np.broadcast_to(np.asarray(upper, float), shape)[exists])
            self.flag.append(np.full(len(members), flag))
            self.owner.append(np.full(len(members), owner, dtype=np.int64))
            self.families.append(Family(title, self.size, prefix, axes, members))
            self.size += len(members)
        return ids.reshape(shape)

    def limit(self, idents: Ints, upper: float) -> Floats:
        """Set another upper bound on members at hand; returns the former ones."""
        before = np.full(len(idents), np.nan)
        for family, bounds in zip(self.families, self.upper, strict=True):
            at = idents - family.first
            here = (at >= 0) & (at < len(family.members))
            before[here] = bounds[at[here]]
            bounds[at[here]] = upper
        return before


class Writer:
    """Where rules write columns, rows, coefficients and costs.

    Parameters
    ----------
    arrays : Arrays
        The instance.

    Attributes
    ----------
    owner : int
        Who owns what is declared now; the caller of the rules sets it.
    shared : dict
        Ids that a rule keeps from `write_shared` for its later calls, by a key of its own.
    notes : dict
        Anything else that a rule keeps for its later calls.
    counted : dict
        Measure to the columns that count towards it, each time with the amount of each.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.loads = Loads(arrays)
        self.owner = SHARED
        self.shared: dict[Hashable, NDArray[np.int64]] = {}
        self.notes: dict[Hashable, Any] = {}
        self.column_sheet = Sheet()
        self.row_sheet = Sheet()
        self.entries: list[tuple[Ints, Ints, Floats]] = []
        self.costs: list[tuple[str, Ints, Floats]] = []
        self.counted: dict[Hashable, list[tuple[Ints, Floats]]] = {}

    def columns(
        self,
        title: str,
        *axes: Sequence[str],
        prefix: tuple[str, ...] = (),
        lower: ArrayLike = 0,
        upper: ArrayLike = 1,
        integer: bool = True,
        where: Bools | None = None,
    ) -> NDArray[np.int64]:
        """Declare a grid of columns, one axis of names a dimension; binaries unless told otherwise.

        Returns
        -------
        array of int
            Ids in the grid's shape, `MISSING` where `where` is False.
        """
        return self.column_sheet.declare(
            title, prefix, axes, lower, upper, integer, self.owner, where
        )

    def rows(
        self,
        title: str,
        *axes: Sequence[str],
        prefix: tuple[str, ...] = (),
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
        strict: bool = False,
        where: Bools | None = None,
    ) -> NDArray[np.int64]:
        """Declare a grid of rows `lower <= coefficients * columns <= upper`.

        Parameters
        ----------
        strict : bool
            The limit is counted exactly: a solver's tolerance may not pass it.
        """
        return self.row_sheet.declare(title, prefix, axes, lower, upper, strict, self.owner, where)

    def put(self, rows: ArrayLike, columns: ArrayLike, values: ArrayLike) -> None:
        """Add coefficients, broadcast together; those of missing rows or columns are dropped."""
        row, column, value = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=float))
        keep = (row >= 0) & (column >= 0) & (value != 0)
        if keep.any():
            self.entries.append((row[keep], column[keep], value[keep]))

    def put_ends(
        self, rows: NDArray[np.int64], pairs: NDArray[np.int64], values: ArrayLike
    ) -> None:
        """Add coefficients of pairs (m, m, T) to the rows (m, T) of both of their ends."""
        self.put(rows[:, None, :], pairs, values)
        self.put(rows[None, :, :], pairs, values)

    def charge(self, line: str, columns: ArrayLike, usd: ArrayLike) -> None:
        """Add `usd` per unit of the columns to a cost line."""
        column, value = np.broadcast_arrays(columns, np.asarray(usd, dtype=float))
        keep = (column >= 0) & (value != 0)
        if keep.any():
            self.costs.append((line, column[keep], value[keep]))

    def count(self, measure: Hashable, columns: ArrayLike, amounts: ArrayLike) -> None:
        """Add `amounts` per unit of the columns to a measure."""
        column, value = np.broadcast_arrays(columns, np.asarray(amounts, dtype=float))
        self.counted.setdefault(measure, []).append((column, value))
