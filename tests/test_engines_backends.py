"""What the solvers' doors check: versions, sizes, numbers, claims, seeds, overflow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from gpualloc.cli.app import app
from gpualloc.engines import backends
from gpualloc.engines.backends import Listener, Settings, list_solvers, make_backend
from gpualloc.engines.backends.base import require_sound
from gpualloc.engines.backends.integers import scale
from gpualloc.engines.backends.pulp import CBC_NAMES, holds, is_available, make_solver
from gpualloc.errors import InternalError, MissingExtraError, SolverError, UsageError
from gpualloc.formulation.problem import Matrix, Problem
from gpualloc.formulation.program import formulate
from gpualloc.instance import Instance
from gpualloc.solving import solve
from tests.checker_plans import two_sites
from tests.engine_cases import SOLVERS
from tests.small_plan import small_instance
from tests.tiny import FOCI, tiny_instance


def knapsack(**changes: Any) -> Problem:
    """Minimize -3 x - 2 y, 2 x + y <= 3, for a whole x and a fraction y in [0, 1]: -5 at (1, 1)."""
    problem = Problem(
        lower=np.zeros(2),
        upper=np.ones(2),
        cost=np.array([-3.0, -2.0]),
        integer=np.array([True, False]),
        matrix=Matrix(np.array([0, 2]), np.array([0, 1]), np.array([2.0, 1.0])),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([3.0]),
        strict=np.array([True]),
    )
    return replace(problem, **changes)


@pytest.mark.parametrize("solver", SOLVERS)
def test_optimum_and_bound(solver: str) -> None:
    """Each solver gives the point, and a bound of its own that is no higher than the optimum."""
    outcome = make_backend(solver).solve(
        knapsack(row_upper=np.array([2.5])), Settings(), None, Listener()
    )
    # With x = 1 there is room for half of y: -3 - 1 = -4; with x = 0 only -2.
    assert outcome.known == "optimal"
    assert outcome.values == pytest.approx([1, 0.5], abs=1e-5)
    assert outcome.bound == pytest.approx(-4, abs=1e-5)


@pytest.mark.parametrize("solver", SOLVERS)
def test_infeasible(solver: str) -> None:
    """Each solver proves that there is no point: x and y add up to 3 at the most."""
    outcome = make_backend(solver).solve(
        knapsack(row_lower=np.array([3.5]), row_upper=np.array([4.0])),
        Settings(),
        None,
        Listener(),
    )
    assert (outcome.known, outcome.values, outcome.stop) == ("infeasible", None, "proof")


@pytest.mark.parametrize(
    "changes",
    [
        {"cost": np.array([np.nan, 1])},
        {"upper": np.array([1, np.inf])},
        {"lower": np.array([2.0, 0])},
        {"matrix": Matrix(np.array([0, 2]), np.array([0, 1]), np.array([np.nan, 1]))},
        {"row_upper": np.array([np.nan])},
        {"row_lower": np.array([4.0])},
        {"row_lower": np.array([np.inf]), "row_upper": np.array([np.inf])},
    ],
)
def test_unsound_problems_are_refused(changes: dict[str, Any]) -> None:
    """Figures that solvers would take without a word and misread are refused before them."""
    with pytest.raises(InternalError, match="no number"):
        require_sound(knapsack(**changes))
    require_sound(knapsack())


def test_whole_model_reaches_highs() -> None:
    """Zero coefficients are left out, an entry that HiGHS would reject is an error."""
    matrix = Matrix(np.array([0, 2]), np.array([0, 1]), np.array([2.0, 0.0]))
    outcome = make_backend("highs").solve(knapsack(matrix=matrix), Settings(), None, Listener())
    assert outcome.values == pytest.approx([1, 1])
    huge = Matrix(np.array([0, 2]), np.array([0, 1]), np.array([2.0, 1e16]))
    with pytest.raises(SolverError, match="refused: passModel"):
        make_backend("highs").solve(knapsack(matrix=huge), Settings(), None, Listener())


@pytest.mark.parametrize("threads", [None, 2])
def test_highs_changes_its_number_of_threads(threads: int | None) -> None:
    """HiGHS keeps its helpers, and would refuse another number of them."""
    backend = make_backend("highs")
    for number in (1, threads, 1):
        settings = Settings(threads=number)
        assert backend.solve(knapsack(), settings, None, Listener()).bound == pytest.approx(-5)


def test_zeros_of_pulp_are_no_point() -> None:
    """Values that do not fit the rows are recognized, whatever status comes with them."""
    problem = knapsack(row_lower=np.array([1.0]))
    assert holds(problem, np.array([1.0, 0.5]))
    assert not holds(problem, np.zeros(2))
    assert not holds(problem, np.array([np.nan, 1.0]))


def test_cbc_gets_no_seed_zero() -> None:
    """CBC would take 0 for the time of day."""
    name = next(name for name in CBC_NAMES if is_available(name))
    for seed in (0, 2**31 - 2, 2**31 - 1):
        solver = make_solver(name, Settings(seed=seed), False, ".", Path("log"))
        (option,) = (text for text in solver.options if text.startswith("randomSeed"))
        assert 1 <= int(option.split()[1]) < 2**31


@pytest.mark.parametrize("focus", [None, *FOCI])
def test_whole_numbers_lose_no_point(focus: str | None) -> None:
    """The optimum, put on CP-SAT's grid, satisfies all its rows, and its bound is no higher."""
    for seed in range(12):
        problem = formulate(Instance.from_dict(tiny_instance(seed, focus))).problem
        outcome = make_backend("highs").solve(problem, Settings(gap=1e-7), None, Listener())
        if outcome.values is None:
            continue
        whole = scale(problem)
        point = whole.from_problem(outcome.values)
        # In Python's integers, which never overflow.
        starts, columns = problem.matrix.starts, problem.matrix.columns
        for row in range(problem.rows):
            span = range(starts[row], starts[row + 1])
            terms = [int(whole.values[at]) * int(point[columns[at]]) for at in span]
            assert int(whole.row_lower[row]) <= sum(terms) <= int(whole.row_upper[row])
            reach = sum(abs(int(whole.values[at])) * _most(whole, columns[at]) for at in span)
            assert reach < 2**62
        cost = sum(int(c) * int(x) for c, x in zip(whole.cost, point, strict=True))
        assert whole.bound(cost) <= problem.cost @ outcome.values


def _most(whole: Any, column: int) -> int:
    return max(abs(int(whole.lower[column])), abs(int(whole.upper[column])))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"upper": np.array([1e17, 1.0])}, "a column"),
        ({"upper": np.array([1.0, 1e30])}, "a column"),
    ],
)
def test_what_would_overflow_is_refused(changes: dict[str, Any], what: str) -> None:
    """Figures too large for 64-bit integers are refused before CP-SAT is asked."""
    with pytest.raises(SolverError, match=f"{what} would overflow"):
        scale(knapsack(**changes))


def test_largest_figures_fit_whole_numbers() -> None:
    """Rows and costs of the largest figures that an instance may have stay within 64 bits."""
    matrix = Matrix(np.array([0, 2]), np.array([0, 1]), np.array([1e12, -1e12]))
    whole = scale(
        knapsack(
            upper=np.array([1e12, 1e12]),
            cost=np.array([1e24, -1e24]),
            matrix=matrix,
            row_upper=np.array([1e24]),
        )
    )
    most = np.maximum(np.abs(whole.lower), np.abs(whole.upper)).astype(float)
    assert np.abs(whole.cost).astype(float) @ most < 2**62
    assert np.abs(whole.values).astype(float) @ most[matrix.columns] < 2**62


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ("1.14.0", True),
        ("1.15.3", True),
        ("1.15.3.post1", True),
        ("1.16.0", False),
        ("1.16rc1", False),
        ("1.20.1", False),
        ("2.0.0", False),
        ("0.9", True),
    ],
)
def test_versions_of_highs(monkeypatch: pytest.MonkeyPatch, version: str, refused: bool) -> None:
    """HiGHS before 1.16 is refused by every door to it, later versions are not."""
    honest = backends._installed
    monkeypatch.setattr(
        backends, "_installed", lambda name: version if name == "highspy" else honest(name)
    )
    for door in ("highs", "pulp:HiGHS"):
        (info,) = (info for info in list_solvers() if info.name == door)
        assert (info.refused is not None, info.available) == (refused, not refused)
        if refused:
            with pytest.raises(SolverError, match=f"HiGHS {version} is refused"):
                make_backend(door)
        else:
            make_backend(door)


def test_refused_version_through_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`solvers` shows the refusal, and `solve` and `export` return 2 with it."""
    honest = backends._installed
    monkeypatch.setattr(
        backends, "_installed", lambda name: "1.15.3" if name == "highspy" else honest(name)
    )
    small_instance().write(tmp_path / "fleet.json")
    listed = CliRunner().invoke(app, ["solvers"], env={"COLUMNS": "200"})
    assert listed.exit_code == 0
    assert "refused: versions before 1.16 return wrong optima" in listed.stdout
    for command in (["solve"], ["export", "-o", str(tmp_path / "fleet.lp")]):
        run = CliRunner().invoke(app, [command[0], str(tmp_path / "fleet.json"), *command[1:]])
        assert run.exit_code == 2
        assert run.stderr.startswith("error: HiGHS 1.15.3 is refused")


def test_missing_packages_are_told_with_the_way_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without OR-Tools its solvers are listed as not installed, and asking for one says how."""
    honest = backends._installed
    monkeypatch.setattr(
        backends, "_installed", lambda name: None if name == "ortools" else honest(name)
    )
    infos = {info.name: info for info in list_solvers()}
    assert not infos["scip"].available
    assert not infos["cp-sat"].available
    for solver in ("scip", "cp-sat"):
        with pytest.raises(MissingExtraError, match=r"pip install 'gpualloc\[ortools\]'"):
            solve(two_sites(), solver=solver)


def test_solvers_of_pulp_that_are_not_here() -> None:
    """A solver that PuLP knows and does not see is missing; one that it does not know is usage."""
    absent = next(
        info.name for info in list_solvers() if not info.available and info.name.startswith("pulp:")
    )
    with pytest.raises(MissingExtraError, match="does not see"):
        make_backend(absent)
    with pytest.raises(UsageError, match="PuLP has no solver"):
        make_backend("pulp:ABACUS")


def test_solvers_command_lists_what_is_here() -> None:
    """`gpualloc solvers` shows each solver with its version, and those that are not installed."""
    result = CliRunner().invoke(app, ["solvers"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    for solver in SOLVERS:
        assert any(line.startswith(solver) for line in result.stdout.splitlines())
    assert "the default" in result.stdout
    assert "not installed: " in result.stdout
