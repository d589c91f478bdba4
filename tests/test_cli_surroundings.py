"""What is around the commands: versions, what is not installed, completion in a shell."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import gpualloc
from gpualloc.cli import completion, version
from gpualloc.cli.app import app
from gpualloc.engines import backends
from gpualloc.engines.backends import MAKERS, pulp
from tests.small_plan import small_instance, small_plan

ROOT = Path(__file__).parents[1]


def run(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def process(*arguments: str, **environment: str) -> str:
    """What `python -m gpualloc` writes to standard output."""
    return subprocess.run(
        [sys.executable, "-m", "gpualloc", *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the small instance and its plan."""
    small_instance().write(tmp_path / "fleet.json")
    small_plan().write(tmp_path / "plan.json")
    return tmp_path


def versions() -> dict[str, str]:
    """What `--version` tells, by the first word of a line."""
    lines = run("--version").stdout.splitlines()
    return {line.split()[0]: line.partition(line.split()[0])[2].strip() for line in lines}


def test_versions_of_all_that_matters() -> None:
    """`--version` tells gpualloc's version, Python's, each solver's, and those of the extras."""
    told = versions()
    assert told["gpualloc"] == gpualloc.__version__
    assert told["Python"] == platform.python_version()
    assert {*MAKERS, *version.EXTRAS} <= told.keys()
    assert told["highs"][0].isdigit()


def test_the_module_is_the_command() -> None:
    """`python -m gpualloc` tells what the command tells."""
    assert process("--version") == run("--version").stdout


def test_what_is_missing_is_told_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver or package that is not installed is told with the extra to install."""

    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    honest = backends._installed
    monkeypatch.setattr(
        backends, "_installed", lambda name: None if name == "ortools" else honest(name)
    )
    monkeypatch.setattr(version, "version", absent)
    told = versions()
    assert told["scip"] == told["cp-sat"] == "missing: pip install 'gpualloc[ortools]'"
    for extra in version.EXTRAS:
        assert told[extra] == f"missing: pip install 'gpualloc[{extra}]'"


def test_the_extras_told_are_the_projects_own() -> None:
    """Each extra that is told exists, and brings the package by which it is known."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra, package in version.EXTRAS.items():
        needed = project["optional-dependencies"][extra]
        assert any(requirement.startswith(package) for requirement in needed)


@pytest.mark.parametrize(
    ("extra", "package", "command"),
    [
        ("excel", "openpyxl", "solve fleet.xlsx"),
        ("excel", "openpyxl", "convert fleet.json fleet.xlsx"),
        ("excel", "openpyxl", "template --xlsx new.xlsx"),
        ("excel", "openpyxl", "solve fleet.json -o plan.xlsx"),
        ("parquet", "pyarrow", "solve fleet.json -o plan.parquet"),
        ("report", "plotly", "report fleet.json plan.json -o page.html"),
        ("report", "jinja2", "report fleet.json plan.json -o page.html"),
        ("cluster", "distributed", "batch fleet.json -o runs --cluster tls://127.0.0.1:1"),
    ],
)
def test_a_command_tells_the_extra_that_it_needs(
    extra: str, package: str, command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a package the command names the extra, returns 2 and writes nothing."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.chdir(folder)
    before = sorted(folder.rglob("*"))
    result = run(*command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"pip install 'gpualloc[{extra}]'" in result.stderr
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(("solver", "extra"), [("scip", "ortools"), ("cbc", "cbc")])
def test_a_solver_tells_the_extra_that_it_needs(
    solver: str, extra: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A solver that is not installed is told with the extra that brings it, and returns 2."""
    monkeypatch.setattr(backends, "_installed", lambda name: None)
    monkeypatch.setattr(pulp, "is_available", lambda name: False)
    result = run("solve", folder / "fleet.json", "--solver", solver)
    assert result.exit_code == 2
    assert f"pip install 'gpualloc[{extra}]'" in result.stderr


def test_the_completion_script_is_for_bash() -> None:
    """`--show-completion bash` prints a script that bash reads and that completes `gpualloc`."""
    # Else it asks which shell it runs in, and tests may run in none.
    told = process("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    subprocess.run(["bash", "-n", "-c", told], check=True)
    assert told.rstrip().endswith(" gpualloc")


def completed(words: str) -> list[str]:
    """What bash offers for the last of some words."""
    at = str(len(words.split(" ")) - 1)
    asked = {"COMP_WORDS": words, "COMP_CWORD": at, "_GPUALLOC_COMPLETE": "complete_bash"}
    return process(**asked).split()


def test_commands_files_and_solvers_are_completed() -> None:
    """A shell completes commands, instances among the files, and solvers that are installed."""
    assert completed("gpualloc te") == ["template"]
    assert completed("gpualloc solve instances/open") == [
        "instances/openai-2024-2026.json",
        "instances/openai-2025-million.json",
    ]
    assert "highs" in completed("gpualloc solve x.json --solver h")


def test_only_files_that_fit_are_offered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders and files with the right ending are offered, hidden ones only when asked for."""
    for name in ("notes.txt", "book.xlsx", ".hidden.json"):
        (folder / name).touch()
    (folder / "more").mkdir()
    monkeypatch.chdir(folder)
    assert completion.instances("") == ["more/", "book.xlsx", "fleet.json", "plan.json"]
    assert completion.plans("") == ["more/", "fleet.json", "plan.json"]
    assert completion.plans(".") == [".hidden.json"]
    assert completion.instances("nowhere/") == []
    assert completion.engines("d") == ["decomposition"]
