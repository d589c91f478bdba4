"""The program of an instance group by group: what a decomposition reads, never whole in memory.

A *group* is the jobs that flows tie together. Rows whose columns all belong to one group are its
own; all others are *coupling* rows: those that the rules declare for the whole plan, and a group's
rows that have plan-wide columns too. Ids of coupling rows and of columns are the same each time
that a group is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np

from gpualloc.errors import InternalError
from gpualloc.formulation.amendment import UNAMENDED, Amendment
from gpualloc.formulation.problem import Matrix, Problem, build_matrix
from gpualloc.formulation.program import members_of, write_group
from gpualloc.instance.arrays import Arrays, build_arrays
from gpualloc.instance.instance import Instance
from gpualloc.rules.measure import Terms
from gpualloc.rules.writer import Family, FlowColumns, JobColumns, Sheet, Writer
from gpualloc.vectors import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Part:
    """One group: its own program, and its coefficients in coupling rows.

    Attributes
    ----------
    index : int
        Position of the group.
    first : int
        Id of its first column; all arrays here count columns from 0.
    problem : Problem
        Its columns with their costs, and its own rows.
    coupling : Matrix
        Its coefficients in coupling rows by *column*: entry `columns` holds the rows' ids.
    jobs, flows
        Its columns by their meaning, with global ids.
    """

    index: int
    first: int
    problem: Problem
    coupling: Matrix
    jobs: tuple[JobColumns, ...]
    flows: tuple[FlowColumns, ...]


@dataclass(frozen=True, eq=False)
class Coupling:
    """The plan-wide columns, and the coupling rows.

    Attributes
    ----------
    lower, upper, cost, integer : (c,)
        The plan-wide columns.
    entries : Matrix
        Their coefficients in coupling rows, by row.
    row_lower, row_upper : (r,) float
    strict : (r,) bool
        Rows whose limit is counted exactly.
    declared : int
        How many of the rows, the first ones, are declared for the whole plan.
    """

    lower: Floats
    upper: Floats
    cost: Floats
    integer: Bools
    entries: Matrix
    row_lower: Floats
    row_upper: Floats
    strict: Bools
    declared: int

    @property
    def columns(self) -> int:
        """Number of plan-wide columns."""
        return len(self.lower)

    @property
    def rows(self) -> int:
        """Number of coupling rows."""
        return len(self.row_lower)

    @cached_property
    def sizes(self) -> Floats:
        """(r,) the largest figure of each row: its limit, its plan-wide columns, at least one."""
        sides = np.abs(np.stack([self.row_lower, self.row_upper]))
        sizes: Floats = np.where(np.isfinite(sides), sides, 1.0).max(axis=0, initial=1.0)
        np.maximum.at(sizes, self.entries.row_of_entry, np.abs(self.entries.values))
        return sizes


@dataclass(frozen=True, eq=False)
class _Mixed:
    """A group's own rows that have plan-wide columns, as coupling rows from id `first` on."""

    first: int
    lower: Floats
    upper: Floats
    strict: Bools
    row: Ints
    column: Ints
    value: Floats


class Groups:
    """An instance's program, written group by group.

    Parameters
    ----------
    instance : Instance
    amendment : Amendment
        What is asked of a plan beyond the instance's rules.

    Attributes
    ----------
    arrays : Arrays
    members : tuple of tuple of int
        The jobs of each group.
    """

    def __init__(self, instance: Instance, amendment: Amendment = UNAMENDED) -> None:
        self.arrays: Arrays = build_arrays(instance)
        self._amendment = amendment
        self._rules = amendment.rules_on(instance)
        self.members = members_of(self.arrays)
        self._writer = Writer(self.arrays)
        for rule in self._rules:
            rule.write_shared(self._writer)
        self._shared_columns = self._writer.column_sheet.size
        self._shared_rows = self._writer.row_sheet.size
        self._shared = self._take()
        self._column_first = np.zeros(len(self.members) + 1, dtype=np.int64)
        self._column_first[:] = self._shared_columns
        self._lock = Lock()
        self._mixed: list[_Mixed] = []
        self._jobs: dict[int, JobColumns] = {}
        self._flows: dict[int, FlowColumns] = {}
        self._mixed_first: list[int] = []

    def __len__(self) -> int:
        return len(self.members)

    @property
    def columns(self) -> int:
        """Number of columns of the groups written so far, with the plan-wide ones."""
        return int(self._column_first[len(self._mixed)])

    @property
    def jobs(self) -> list[JobColumns]:
        """The jobs' columns, in the order of the instance."""
        return [self._jobs[index] for index in sorted(self._jobs)]

    @property
    def flows(self) -> list[FlowColumns]:
        """The flows' columns, in the order of the instance."""
        return [self._flows[index] for index in sorted(self._flows)]

    @property
    def bought(self) -> dict[str, int]:
        """Contract name to its buyout column."""
        shared = self._writer.shared
        names = (contract.name for contract in self.arrays.instance.contracts)
        return {name: int(shared["bought", name]) for name in names if ("bought", name) in shared}

    def write(self, at: int) -> Part:
        """Write a group; groups are first written in their order, then in any, by any thread."""
        with self._lock:
            return self._write(at)

    def _write(self, at: int) -> Part:
        if at > len(self._mixed):
            raise InternalError("groups are first written in their order")
        first = int(self._column_first[at])
        columns, rows = self._writer.column_sheet, self._writer.row_sheet
        columns.size, rows.size = first, self._shared_rows
        jobs, flows = write_group(self._writer, self._rules, self.members[at])
        taken = self._take()
        if at == len(self._mixed):
            self._column_first[at + 1 :] = columns.size
            self._jobs.update({job.data.index: job for job in jobs})
            self._flows.update({flow.data.index: flow for flow in flows})
        return self._split(at, first, taken, jobs, flows)

    def _take(self) -> _Taken:
        """Empty the writer, which keeps counting ids from where it is."""
        self._amendment.write_end(self._writer)
        return _take(self._writer, self._amendment.cost_terms(self._writer))

    def _split(
        self,
        at: int,
        first: int,
        taken: _Taken,
        jobs: tuple[JobColumns, ...],
        flows: tuple[FlowColumns, ...],
    ) -> Part:
        """Sort what a group wrote into its own rows and coupling rows."""
        plan_wide = taken.column < self._shared_columns
        own = taken.row >= self._shared_rows
        if (plan_wide & ~own).any():
            raise InternalError("a group wrote plan-wide columns into a plan-wide row")
        is_mixed = np.zeros(len(taken.row_lower), dtype=bool)
        is_mixed[taken.row[plan_wide] - self._shared_rows] = True
        new_at = np.where(is_mixed, np.cumsum(is_mixed), np.cumsum(~is_mixed)) - 1
        if at == len(self._mixed):
            self._keep_mixed(taken, plan_wide, is_mixed, new_at)
        mixed = own.copy()
        mixed[own] = is_mixed[taken.row[own] - self._shared_rows]
        row = taken.row.copy()
        row[own] = new_at[taken.row[own] - self._shared_rows]
        row[mixed] += self._mixed[at].first
        own &= ~mixed
        couples = ~own & ~plan_wide
        size = len(taken.lower)
        problem = Problem(
            lower=taken.lower,
            upper=taken.upper,
            cost=taken.cost,
            integer=taken.integer,
            matrix=build_matrix(
                row[own], taken.column[own] - first, taken.value[own], int((~is_mixed).sum()), size
            ),
            row_lower=taken.row_lower[~is_mixed],
            row_upper=taken.row_upper[~is_mixed],
            strict=taken.strict[~is_mixed],
        )
        coupling = build_matrix(
            taken.column[couples] - first,
            row[couples],
            taken.value[couples],
            size,
            self._mixed[at].first + int(is_mixed.sum()),
        )
        return Part(at, first, problem, coupling, jobs, flows)

    def _keep_mixed(self, taken: _Taken, plan_wide: Bools, is_mixed: Bools, new_at: Ints) -> None:
        last = self._mixed[-1] if self._mixed else None
        first = self._shared_rows if last is None else last.first + len(last.lower)
        self._mixed.append(
            _Mixed(
                first=first,
                lower=taken.row_lower[is_mixed],
                upper=taken.row_upper[is_mixed],
                strict=taken.strict[is_mixed],
                row=first + new_at[taken.row[plan_wide] - self._shared_rows],
                column=taken.column[plan_wide],
                value=taken.value[plan_wide],
            )
        )

    @cached_property
    def coupling(self) -> Coupling:
        """The plan-wide columns and all coupling rows, once every group has been written."""
        if len(self._mixed) < len(self.members):
            raise InternalError("not every group has been written")
        shared, mixed = self._shared, self._mixed
        row_lower = np.concatenate([shared.row_lower, *(part.lower for part in mixed)])
        return Coupling(
            lower=shared.lower,
            upper=shared.upper,
            cost=shared.cost,
            integer=shared.integer,
            entries=build_matrix(
                np.concatenate([shared.row, *(part.row for part in mixed)]),
                np.concatenate([shared.column, *(part.column for part in mixed)]),
                np.concatenate([shared.value, *(part.value for part in mixed)]),
                len(row_lower),
                self._shared_columns,
            ),
            row_lower=row_lower,
            row_upper=np.concatenate([shared.row_upper, *(part.upper for part in mixed)]),
            strict=np.concatenate([shared.strict, *(part.strict for part in mixed)]),
            declared=self._shared_rows,
        )

    def row_name(self, ident: int) -> str:
        """The planner's name of a coupling row that is declared for the whole plan."""
        for family in self._shared.families:
            if family.first <= ident < family.first + len(family.members):
                return family.name(ident)
        return f"coupling row {ident}"


@dataclass(frozen=True, eq=False)
class _Taken:
    """What was written since the last time, as arrays."""

    lower: Floats
    upper: Floats
    cost: Floats
    integer: Bools
    row_lower: Floats
    row_upper: Floats
    strict: Bools
    row: Ints
    column: Ints
    value: Floats
    families: tuple[Family, ...]


def _take(writer: Writer, cost_terms: Terms) -> _Taken:
    """Take what was written out of the writer; `cost_terms` are those of its columns."""
    columns, rows = writer.column_sheet, writer.row_sheet
    lower = _joined(columns.lower, float)
    cost = np.zeros(len(lower))
    idents, usd = cost_terms
    np.add.at(cost, idents - (columns.size - len(lower)), usd)
    taken = _Taken(
        lower=lower,
        upper=_joined(columns.upper, float),
        cost=cost,
        integer=_joined(columns.flag, bool),
        row_lower=_joined(rows.lower, float),
        row_upper=_joined(rows.upper, float),
        strict=_joined(rows.flag, bool),
        row=_joined([entry[0] for entry in writer.entries], np.int64),
        column=_joined([entry[1] for entry in writer.entries], np.int64),
        value=_joined([entry[2] for entry in writer.entries], float),
        families=tuple(rows.families),
    )
    writer.entries.clear()
    writer.costs.clear()
    writer.counted.clear()
    for sheet in (columns, rows):
        _forget(sheet)
    return taken


def _forget(sheet: Sheet) -> None:
    for chunks in (sheet.lower, sheet.upper, sheet.flag, sheet.owner, sheet.families):
        chunks.clear()


def _joined(chunks: list, dtype: type) -> np.ndarray:  # type: ignore[type-arg]
    return np.concatenate(chunks) if chunks else np.empty(0, dtype=dtype)
