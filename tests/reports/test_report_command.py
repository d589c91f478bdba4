"""`gpualloc report`: what it writes and returns, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gpualloc.cli.app import app
from gpualloc.errors import NoPlanError, UsageError
from gpualloc.plan.plan import make_no_plan
from gpualloc.report import render_report, write_report
from tests.small_plan import small_instance, small_plan


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The small instance and its plan as files."""
    instance, plan = tmp_path / "fleet.json", tmp_path / "plan.json"
    small_instance().write(instance)
    small_plan().write(plan)
    return instance, plan


def run(*arguments: str | Path) -> Result:
    """Run `gpualloc report` in this process."""
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_it_writes_the_page(files: tuple[Path, Path], tmp_path: Path) -> None:
    """The command writes what `render_report` gives, tells the verdict, and returns 0."""
    out = tmp_path / "report.html"
    result = run(*files, "-o", out)
    assert result.exit_code == 0, result.output
    assert "valid: USD 764,700" in result.stderr
    assert result.stdout == ""
    assert out.read_text(encoding="utf-8") == render_report(small_plan())


def test_it_returns_1_for_a_broken_rule(files: tuple[Path, Path], tmp_path: Path) -> None:
    """The page of a plan that breaks a rule is written, too, and the command returns 1."""
    plan, out = small_plan(), tmp_path / "report.html"
    decisions = plan.layout._replace(placements=plan.layout.placements[:3])
    replace(plan, decisions=decisions).write(files[1])
    result = run(*files, "-o", out)
    assert result.exit_code == 1, result.output
    assert "not valid" in result.stderr
    assert "not valid" in out.read_text(encoding="utf-8")


def test_without_a_plan_there_is_no_page(files: tuple[Path, Path], tmp_path: Path) -> None:
    """A result without a plan is told, with exit code 1, and an old page stays."""
    out = tmp_path / "report.html"
    out.write_text("old", encoding="utf-8")
    nothing = make_no_plan(
        small_instance(),
        status="infeasible",
        bound_usd=None,
        stopped_by="proof",
        seconds=1,
        engine="none",
        seed=0,
    )
    nothing.write(files[1])
    result = run(*files, "-o", out)
    assert result.exit_code == 1, result.output
    assert "has no plan: its status is infeasible" in result.stderr
    assert out.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("report.pdf", "must end with .html"),
        ("missing/report.html", "does not exist"),
    ],
)
def test_it_refuses_places(
    files: tuple[Path, Path], tmp_path: Path, name: str, message: str
) -> None:
    """A page that cannot be written there is refused with exit code 2, before any work."""
    result = run(*files, "-o", tmp_path / name)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / name).exists()


def test_it_refuses_a_plan_of_another_instance(files: tuple[Path, Path], tmp_path: Path) -> None:
    """A plan made for another instance is told with exit code 2, and nothing is written."""
    small_instance(sync_weight=2).write(files[0])
    result = run(*files, "-o", tmp_path / "report.html")
    assert result.exit_code == 2
    assert "the plan was made for" in result.stderr
    assert not (tmp_path / "report.html").exists()


def test_a_missing_package_is_named(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra the message tells how to install it, with exit code 2."""
    monkeypatch.setattr("gpualloc.instance.formats.extras.find_spec", lambda name: None)
    result = run(*files, "-o", tmp_path / "report.html")
    assert result.exit_code == 2
    assert "pip install 'gpualloc[report]'" in result.stderr


def test_write_report_refuses_other_endings(tmp_path: Path) -> None:
    """The function tells a wrong ending as the command does."""
    with pytest.raises(UsageError, match="must end with"):
        write_report(small_plan(), tmp_path / "report.txt")


def test_a_report_needs_the_instance() -> None:
    """A plan that is not bound to its instance is told to be."""
    with pytest.raises(NoPlanError, match="needs the instance"):
        render_report(replace(small_plan(), instance=None))
