"""Reading published instances from their usual files."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from published import gap, gqap, sscflp
from published.best_known import best_known, read_table
from published.folder import read_folder
from published.problem import AssignmentProblem, Table

from gpualloc.errors import InstanceError, UsageError
from tests.benchmarks.small_problems import GAP, GQAP, GQAP_HEADER, SSCFLP


def plain(table: Table) -> list[list[float]]:
    """A table as lists of numbers."""
    return [[float(figure) for figure in row] for row in table]


def write(folder: Path, name: str, text: str) -> Path:
    """A file with a text."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_generalized_assignment(tmp_path: Path) -> None:
    """Costs and demands are read by agent and turned to rows of jobs; numbers may wrap anywhere."""
    (problem,) = gap.read(write(tmp_path, "x05100", GAP.replace(" ", "\n ")))
    assert plain(problem.cost) == [[5, 2], [1, 8], [9, 3]]
    assert plain(problem.demand) == [[3, 5], [4, 2], [6, 4]]
    assert plain((problem.capacity,)) == [[7, 6]]
    assert not problem.maximize
    assert problem.name == "x05100"


def test_several_problems_of_profits(tmp_path: Path) -> None:
    """A file of the OR-Library has a count and several problems; gap1 to gap12 are profits."""
    problems = gap.read(write(tmp_path, "gap7.txt", f"2\n{GAP}{GAP}"))
    assert [problem.name for problem in problems] == ["gap7-1", "gap7-2"]
    assert all(problem.maximize for problem in problems)


def test_a_type_is_named_by_its_sizes(tmp_path: Path) -> None:
    """The problems of OR-Library's gapd are called as Yagiura calls them, and are costs."""
    (problem,) = gap.read(write(tmp_path, "gapd.txt", f"1\n{GAP}"))
    assert (problem.name, problem.maximize) == ("d023", False)


def test_facility_location(tmp_path: Path) -> None:
    """Facilities have capacity and opening cost, and every facility sees the same demand."""
    (problem,) = sscflp.read(write(tmp_path, "p9", SSCFLP))
    assert plain((problem.capacity, problem.opening)) == [[7, 9], [10, 30]]
    assert plain(problem.demand) == [[3, 3], [4, 4], [5, 5]]
    assert plain(problem.cost) == [[1, 4], [2, 4.5], [9, 2]]
    assert problem.published is None


def test_an_optimum_at_the_end_is_kept(tmp_path: Path) -> None:
    """One more number after the costs is the optimum, with the file as its source."""
    (problem,) = sscflp.read(write(tmp_path, "cap61", f"{SSCFLP} 47.5\n"))
    known = best_known(problem)
    assert known is not None
    assert (known.value, known.proven) == (Fraction("47.5"), True)


def test_both_forms_of_quadratic_assignment(tmp_path: Path) -> None:
    """Text and header say the same, and the unit cost is part of the traffic."""
    (text,) = gqap.read(write(tmp_path, "C1.txt", GQAP))
    (header,) = gqap.read(write(tmp_path, "data-C1.h", GQAP_HEADER))
    assert header == text
    # Twice the table of the file, which has a unit cost of 2.
    assert plain(text.traffic) == [[0, 2, 8], [4, 0, 0], [0, 6, 0]]
    assert plain(text.distance) == [[0, 7], [7, 0]]
    assert plain(text.demand) == [[3, 3], [4, 4], [2, 2]]


@pytest.mark.parametrize(
    ("read", "name", "text", "found"),
    [
        (gap.read, "gap1.txt", "1 2 3 5 1 9", "the file ends within the costs"),
        (gap.read, "a", f"{GAP} 1", "the file ends within"),
        (gap.read, "a", "2 three", 'number 2: "three" is not a number'),
        (gap.read, "a", "-1 2", "number 1: the number of problems has -1"),
        (gap.read, "a", "", "number 1: the file ends within the number of problems"),
        (sscflp.read, "p1", f"{SSCFLP} 1 2", "1 numbers are left at the end"),
        (sscflp.read, "p1", "2.5 3", "number 2: the number of facilities is 2.5"),
        (gqap.read, "a.txt", GQAP.replace("3 4 2", "3 4 -2"), "the weights has -2"),
        (gqap.read, "a.h", GQAP_HEADER.replace("Flow", "Fluss"), "Flow: is not there"),
    ],
)
def test_faults_are_told(
    read: Callable[[Path], list[AssignmentProblem]],
    name: str,
    text: str,
    found: str,
    tmp_path: Path,
) -> None:
    """A file that is not in its format is refused, with its name, the place and what was found."""
    path = write(tmp_path, name, text)
    with pytest.raises(InstanceError) as error:
        read(path)
    assert str(path) in str(error.value)
    assert found in str(error.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no text are named as such."""
    path = tmp_path / "gap1"
    path.write_bytes(b"\xff\xfe1")
    with pytest.raises(InstanceError, match="is not a text file"):
        gap.read(path)


def test_a_folder_is_read_by_kind_and_number(tmp_path: Path) -> None:
    """Problems come by kind, numbers in names by size, and a pattern picks some."""
    for name in ("p10", "p9", ".hidden"):
        write(tmp_path / "sscflp", name, SSCFLP)
    write(tmp_path / "gap", "x.txt", GAP)
    assert [problem.name for problem in read_folder(tmp_path)] == ["x", "p9", "p10"]
    assert [problem.name for problem in read_folder(tmp_path, "p1*")] == ["p10"]
    with pytest.raises(UsageError, match="no instance"):
        read_folder(tmp_path, "q*")


def test_every_best_known_value_has_a_source() -> None:
    """Each row of the table is of a kind that is read, with a value above 0 and a source."""
    table = read_table()
    assert len(table) > 100
    for (kind, name), known in table.items():
        assert kind in ("gap", "sscflp", "gqap"), name
        assert known.value > 0, name
        assert known.source, name
