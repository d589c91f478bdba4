"""An instance's whole program as sparse data: every rule's rows, collected. Knows no solver."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpualloc.formulation.problem import Matrix, Problem, build_matrix
from gpualloc.instance.arrays import Arrays, build_arrays
from gpualloc.instance.instance import Instance
from gpualloc.rules import rules_of
from gpualloc.rules.quantities import declare_flow, declare_job
from gpualloc.rules.rule import Rule
from gpualloc.rules.writer import SHARED, Family, FlowColumns, JobColumns, Sheet, Writer
from gpualloc.vectors import Floats, Ints


@dataclass(frozen=True, eq=False)
class Program:
    """All rules of an instance over the quantities of a plan.

    Attributes
    ----------
    problem : Problem
        What a solver eats.
    owner : (n,) int
        Group of jobs that a column belongs to, `SHARED` for plan-wide ones.
    row_owner : (m,) int
        Group whose columns alone a row has, `SHARED` for rows that couple groups.
    lines : tuple of (line, columns, usd)
        Which cost line each part of the cost belongs to.
    jobs, flows
        The columns by their meaning.
    bought : dict
        Contract name to its buyout column.
    """

    arrays: Arrays
    problem: Problem
    owner: Ints
    row_owner: Ints
    lines: tuple[tuple[str, Ints, Floats], ...]
    jobs: tuple[JobColumns, ...]
    flows: tuple[FlowColumns, ...]
    bought: dict[str, int]
    column_families: tuple[Family, ...]
    row_families: tuple[Family, ...]

    @property
    def columns(self) -> int:
        """Number of columns."""
        return self.problem.columns

    def column_name(self, ident: int) -> str:
        """The planner's name of a column: ``shards[llm, option 0, all periods, azure-h100]``."""
        return _name(self.column_families, self._column_firsts, ident)

    def row_name(self, ident: int) -> str:
        """The planner's name of a row: ``power[memphis, 2025Q3]``."""
        return _name(self.row_families, self._row_firsts, ident)

    @cached_property
    def _column_firsts(self) -> list[int]:
        return [family.first for family in self.column_families]

    @cached_property
    def _row_firsts(self) -> list[int]:
        return [family.first for family in self.row_families]


def _name(families: tuple[Family, ...], firsts: list[int], ident: int) -> str:
    return families[bisect_right(firsts, ident) - 1].name(ident)


def formulate(instance: Instance) -> Program:
    """Write every rule of an instance into one program."""
    arrays = build_arrays(instance)
    writer = Writer(arrays)
    jobs, flows = write_rules(writer, rules_of(instance))
    return assemble(writer, jobs, flows)


def write_rules(
    writer: Writer, rules: Sequence[Rule]
) -> tuple[tuple[JobColumns, ...], tuple[FlowColumns, ...]]:
    """Let the rules write: first what is plan-wide, then group by group of jobs."""
    for rule in rules:
        rule.write_shared(writer)
    jobs: list[JobColumns] = []
    flows: list[FlowColumns] = []
    for members in members_of(writer.arrays):
        group_jobs, group_flows = write_group(writer, rules, members)
        jobs.extend(group_jobs)
        flows.extend(group_flows)
    jobs.sort(key=lambda job: job.data.index)
    flows.sort(key=lambda flow: flow.data.index)
    return tuple(jobs), tuple(flows)


def write_group(
    writer: Writer, rules: Sequence[Rule], members: Sequence[int]
) -> tuple[tuple[JobColumns, ...], tuple[FlowColumns, ...]]:
    """Let the rules write the jobs of one group, then the flows between them."""
    writer.owner = int(members[0])
    jobs: dict[int, JobColumns] = {}
    for index in members:
        jobs[index] = declare_job(writer, writer.arrays.jobs[index])
        for rule in rules:
            rule.write_job(writer, jobs[index])
    flows = []
    for tie in writer.arrays.flows:
        if tie.a in jobs:
            flows.append(declare_flow(writer, tie, jobs[tie.a], jobs[tie.b]))
            for rule in rules:
                rule.write_flow(writer, flows[-1])
    writer.owner = SHARED
    return tuple(jobs.values()), tuple(flows)


def members_of(arrays: Arrays) -> tuple[tuple[int, ...], ...]:
    """The jobs of each group, by their indices, the groups in the order of their first jobs."""
    group = groups_of(arrays)
    return tuple(tuple(np.flatnonzero(group == head).tolist()) for head in np.unique(group))


def groups_of(arrays: Arrays) -> Ints:
    """(J,) the group of each job: jobs that flows tie together share one, its smallest index."""
    group = np.arange(len(arrays.jobs))
    for flow in arrays.flows:
        first, second = sorted((group[flow.a], group[flow.b]))
        group[group == second] = first
    return group


def assemble(
    writer: Writer, jobs: tuple[JobColumns, ...], flows: tuple[FlowColumns, ...]
) -> Program:
    """Turn what was written into a program."""
    columns, rows = writer.column_sheet, writer.row_sheet
    matrix = build_matrix(
        _joined([entry[0] for entry in writer.entries], np.int64),
        _joined([entry[1] for entry in writer.entries], np.int64),
        _joined([entry[2] for entry in writer.entries], float),
        rows.size,
        columns.size,
    )
    cost = np.zeros(columns.size)
    for _, idents, usd in writer.costs:
        np.add.at(cost, idents, usd)
    owner = _joined([*columns.owner], np.int64)
    problem = Problem(
        lower=_joined(columns.lower, float),
        upper=_joined(columns.upper, float),
        cost=cost,
        integer=_joined(columns.flag, bool),
        matrix=matrix,
        row_lower=_joined(rows.lower, float),
        row_upper=_joined(rows.upper, float),
        strict=_joined(rows.flag, bool),
    )
    return Program(
        arrays=writer.arrays,
        problem=problem,
        owner=owner,
        row_owner=_row_owners(matrix, owner, rows),
        lines=tuple(writer.costs),
        jobs=jobs,
        flows=flows,
        bought={
            contract.name: int(writer.shared["bought", contract.name])
            for contract in writer.arrays.instance.contracts
            if ("bought", contract.name) in writer.shared
        },
        column_families=tuple(columns.families),
        row_families=tuple(rows.families),
    )


def _joined(chunks: list[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate(chunks) if chunks else np.empty(0, dtype=dtype)


def _row_owners(matrix: Matrix, owner: Ints, rows: Sheet) -> Ints:
    """The one owner of all of a row's columns, or `SHARED`."""
    least = np.full(rows.size, np.iinfo(np.int64).max)
    most = np.full(rows.size, SHARED)
    row = matrix.row_of_entry
    np.minimum.at(least, row, owner[matrix.columns])
    np.maximum.at(most, row, owner[matrix.columns])
    return np.where(least == most, most, SHARED)
