"""The whole program: owners, names, bounds, and what its parts add up to."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gpualloc.formulation.program import Program, assemble, formulate, groups_of
from gpualloc.instance import Instance
from gpualloc.instance.arrays import build_arrays
from gpualloc.rules import COST_LINES
from gpualloc.rules.writer import MISSING, SHARED, Writer
from tests.oracle.by_hand import Data, contract, job, linked, two_sites
from tests.random_plans import tiny
from tests.rules.toys import FLOW, apart
from tests.rules.written import short
from tests.tiny import FOCI

FOCUSES = [None, *FOCI]
SEEDS = range(3000, 3012)


def random_programs(focus: str | None) -> list[tuple[Data, Program]]:
    """Programs of random tiny instances, with the data of each."""
    return [(data, formulate(instance)) for _, data, instance in tiny(focus, SEEDS)]


def tied(*pairs: tuple[str, str], jobs: str = "abcde") -> list[int]:
    """The groups of jobs a to e when flows tie some of them."""
    flows = [{**FLOW, "a": a, "b": b} for a, b in pairs]
    data = two_sites(*(job(name) for name in jobs), flows=flows)
    found: list[int] = groups_of(build_arrays(Instance.from_dict(data))).tolist()
    return found


def test_groups() -> None:
    """Jobs that flows tie together share a group, whichever way and order the flows come in."""
    assert tied() == [0, 1, 2, 3, 4]
    assert tied(("b", "d")) == [0, 1, 2, 1, 4]
    assert tied(("a", "c"), ("c", "e")) == [0, 1, 0, 3, 0]
    assert tied(("d", "e"), ("b", "d"), ("c", "e")) == [0, 1, 1, 1, 1]
    assert tied(("e", "a"), ("d", "c"), ("c", "a")) == [0, 1, 0, 0, 0]


def test_owners_by_hand() -> None:
    """A flow's columns and rows belong to its jobs' group; what couples groups is shared."""
    data = apart()
    data["jobs"].append(job("three", shards=1))
    data["offers"][0]["fixed_usd"] = 1
    program = formulate(Instance.from_dict(data))
    columns = enumerate(program.owner.tolist())
    owners = {short(program.column_name(at)): owner for at, owner in columns}
    assert owners["opened[cheap]"] == SHARED
    assert owners["flow[one, two, q1, a1, b1]"] == 0
    assert owners["shards[two, dear]"] == 0
    assert owners["shards[three, dear]"] == 2
    rows = {short(program.row_name(at)): own for at, own in enumerate(program.row_owner.tolist())}
    # Only the group of jobs one and two uses the link, and may use it all.
    assert rows["links[a1, b1, q1]"] == 0
    assert rows["flow runs[one, two, q1]"] == 0
    assert rows["served[three]"] == 2
    assert rows["offers[cheap, q1]"] == SHARED
    assert rows["opened[three, cheap]"] == SHARED


@pytest.mark.parametrize("focus", FOCUSES)
def test_owners(focus: str | None) -> None:
    """Every column of a job or flow has its group, and a row the one owner of all its columns."""
    for data, program in random_programs(focus):
        group = groups_of(program.arrays).tolist()
        for columns in program.jobs:
            own = [*columns.on, *(at for block in columns.all_blocks() for at in block.shards)]
            assert set(program.owner[own].tolist()) == {group[columns.data.index]}
        for flow in program.flows:
            shares = flow.share[flow.share >= 0]
            assert group[flow.data.a] == group[flow.data.b]
            assert set(program.owner[shares].tolist()) <= {group[flow.data.a]}
        assert set(program.owner.tolist()) <= {SHARED, *group}
        assert len(group) == len(data["jobs"])
        _check_row_owners(program)


def _check_row_owners(program: Program) -> None:
    matrix = program.problem.matrix
    for row in range(program.problem.rows):
        entries = slice(matrix.starts[row], matrix.starts[row + 1])
        owners = set(program.owner[matrix.columns[entries]].tolist())
        expected = owners.pop() if len(owners) == 1 else SHARED
        assert program.row_owner[row] == expected, program.row_name(row)


@pytest.mark.parametrize("focus", FOCUSES)
def test_bounds_are_finite(focus: str | None) -> None:
    """Every column has finite bounds, as tight as binaries where it is no count of shards."""
    for _, program in random_programs(focus):
        problem = program.problem
        assert np.isfinite(problem.lower).all()
        assert np.isfinite(problem.upper).all()
        assert (problem.lower == 0).all()
        assert (problem.upper >= 1).all()
        counts = {at for at in range(problem.columns) if problem.upper[at] > 1}
        assert {program.column_name(at).split("[")[0] for at in counts} <= {"shards", "moved"}
        assert np.isfinite(problem.matrix.values).all()
        assert not np.isnan([problem.row_lower, problem.row_upper]).any()
        assert (problem.row_lower <= problem.row_upper).all()


NAME = re.compile(r"[a-z][a-z_ ]*\[.+\]")


@pytest.mark.parametrize("focus", FOCUSES)
def test_names(focus: str | None) -> None:
    """Columns and rows have names of their own, in the words of the instance."""
    for data, program in random_programs(focus):
        known = {
            row["name"]
            for table in data.values()
            if isinstance(table, list)
            for row in table
            if "name" in row
        }
        for name_of, size in (
            (program.column_name, program.problem.columns),
            (program.row_name, program.problem.rows),
        ):
            names = [name_of(at) for at in range(size)]
            assert len(set(names)) == size
            for name in names:
                assert NAME.fullmatch(name), name
                assert name.split("[")[1].rstrip("]").split(", ")[0] in known, name


@pytest.mark.parametrize("focus", FOCUSES)
def test_lines_add_up(focus: str | None) -> None:
    """The cost of each column is the sum of what the cost lines say of it."""
    for _, program in random_programs(focus):
        total = np.zeros(program.problem.columns)
        for line, columns, usd in program.lines:
            assert line in COST_LINES
            np.add.at(total, columns, usd)
        assert program.problem.cost == pytest.approx(total)


@pytest.mark.parametrize("focus", FOCUSES)
def test_matrix_is_in_order(focus: str | None) -> None:
    """Each row has each column once, in ascending order, and only coefficients that are not 0."""
    for _, program in random_programs(focus):
        matrix = program.problem.matrix
        assert len(matrix.starts) == program.problem.rows + 1
        assert matrix.starts[-1] == len(matrix.columns) == len(matrix.values)
        key = matrix.row_of_entry * program.problem.columns + matrix.columns
        assert (np.diff(key) > 0).all()
        assert (matrix.values != 0).all()


def test_coefficients_add_up() -> None:
    """What is written twice in a place counts twice; what is 0, or not there, is left out."""
    writer = Writer(build_arrays(Instance.from_dict(two_sites())))
    columns = writer.columns("shards", ["x", "y", "z"])
    rows = writer.rows("power", ["u", "v"], upper=1, where=np.array([True, False]))
    writer.put(rows[:, None], columns[None, :], [[1, 2, 0]])
    writer.put(rows[0], columns[1], 3)
    writer.put(rows[0], MISSING, 7)
    writer.charge("compute", columns, [1, 0, 4])
    writer.charge("energy", columns[0], 5)
    problem = assemble(writer, (), ()).problem
    assert problem.rows == 1
    assert problem.matrix.columns.tolist() == [0, 1]
    assert problem.matrix.values.tolist() == [1, 5]
    assert problem.cost.tolist() == [6, 0, 4]


def test_strict_rows() -> None:
    """Limits of GPUs, power, accepted GPUs and "no room" are exact; those of rates are not."""
    data = linked()
    data["data_centers"][0].update(power_mw=1, uplink_gbps=10, transfer_tb=99)
    data["contracts"] = [contract("first_refusal", holder="B", accepts_gpus=99)]
    program = formulate(Instance.from_dict(data))
    strict = {
        program.row_name(at).split("[")[0] for at in np.flatnonzero(program.problem.strict).tolist()
    }
    assert strict == {"offers", "power", "accepted", "short"}


def test_job_without_any_offer() -> None:
    """A job whose GPU type nobody sells has columns for no offer and no data center."""
    data = two_sites(job("one"), job("two"))
    data["gpu_types"].append({"name": "B200", "kw": 1})
    data["jobs"][1]["options"][0]["gpu_type"] = "B200"
    program = formulate(Instance.from_dict(data))
    (block,) = program.jobs[1].all_blocks()
    assert (len(block.offers), len(block.sites)) == (0, 0)
