"""Everything that the README names exists, and its examples run."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import typer.main

import gpualloc
from gpualloc.cli.app import app
from gpualloc.cli.exits import ExitCode
from gpualloc.engines.backends import MAKERS
from gpualloc.instance.contracts import contract_types
from gpualloc.rules import COST_LINES, PLAN_RULES
from gpualloc.solving import ENGINES
from tests.small_plan import small_plan

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]

BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [block for language, block in BLOCKS if language == "python"]
SHELL = [line for language, block in BLOCKS if language == "bash" for line in block.splitlines()]
PROSE = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
CODES = re.findall(r"`([^`\n]+)`", PROSE)


def section(title: str) -> str:
    """The text from a heading to the next one of the first or second rank."""
    found = re.search(rf"^(#+) {title}\n(.*?)(?=^#{{1,2}} |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[2]


def options_of(command: str) -> set[str]:
    """The options that a command takes."""
    params = COMMANDS[command].params
    return {option for param in params for option in (*param.opts, *param.secondary_opts)}


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_python_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each Python example runs as it stands, in a clone."""
    (tmp_path / "instances").symlink_to(ROOT / "instances", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})


def test_the_first_example_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands below the first Python example is what it prints."""
    exec(compile(PYTHON[0], "README.md", "exec"), {"__name__": "readme"})
    after = README.partition(PYTHON[0])[2]
    assert capsys.readouterr().out == after.partition("```text\n")[2].partition("```")[0]


def test_the_sample_of_a_solve_is_laid_out_as_a_summary_is() -> None:
    """The sample of a solve has the headings and columns that a summary has, within a screen."""
    sample = README.partition("The first prints:\n\n```text\n")[2].partition("```")[0]
    assert len(sample.splitlines()) <= 40
    wanted = {" ".join(line.split()) for line in str(small_plan()).splitlines()}
    columns = [
        line for line in sample.splitlines() if re.match(r"  (line|provider|what|contract) ", line)
    ]
    assert len(columns) == 4
    assert [line for line in columns if " ".join(line.split()) not in wanted] == []
    titles = re.findall(r"\n\n(\w+)", sample)
    assert titles == ["Costs", "Providers", "Full", "Contracts", "Not"]


def test_there_is_an_example() -> None:
    """The README has Python examples and commands to test."""
    assert len(PYTHON) >= 2
    assert len([line for line in SHELL if "gpualloc " in line]) >= 5


def test_commands_exist() -> None:
    """Each command line names a command and options that exist."""
    lines = [*SHELL, *CODES]
    calls = [call for line in lines for call in re.findall(r"\bgpualloc ([a-z]+)([^&|>]*)", line)]
    assert calls
    for command, rest in calls:
        assert command in COMMANDS
        named = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest))
        assert named <= options_of(command), (command, named)


def test_every_command_is_told_with_all_its_options() -> None:
    """The table of commands has a row for each command, with all of its options."""
    rows = dict(re.findall(r"^\| `gpualloc (\w+)` \|(.*)\|$", section("The command line"), re.M))
    assert rows.keys() == COMMANDS.keys()
    for command, row in rows.items():
        told = set(re.findall(r"`(--[a-z-]+)`", row))
        assert told == {name for name in options_of(command) if name.startswith("--")} - {"--help"}


def test_exit_codes_are_told() -> None:
    """The table of exit codes has those that the command line uses."""
    told = re.findall(r"^\| (\d+) \|", section("The command line"), re.MULTILINE)
    assert [int(code) for code in told] == sorted(ExitCode)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_files_exist(document: str) -> None:
    """Each path and each link leads to a file or folder; NEW stands for one to come."""
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    folders = {path.name for path in ROOT.iterdir()}
    paths = re.findall(r"`((?:[\w-]|\.)+(?:/[\w.-]+)+)`", text)
    named = [path for path in paths if path.split("/")[0] in folders and "NEW" not in path]
    places = [ROOT / path for path in named]
    places += [(ROOT / document).parent / link for link in links]
    assert places
    assert [str(place) for place in places if not place.exists()] == []


def test_python_names_exist() -> None:
    """Each name of the package, and each attribute of its classes, is one."""
    named = [code for code in CODES if re.fullmatch(r"[A-Za-z]\w*(\.\w+)+", code)]
    dotted = [name.removeprefix("gpualloc.") for name in named if not name.endswith((".py", ".lp"))]
    assert len(dotted) > 8
    for name in dotted:
        reduce(getattr, name.split("."), gpualloc)


def test_attributes_exist() -> None:
    """What the table of calls says that a plan and a verdict have, they have."""
    rows = dict(re.findall(r"^\| `gpualloc\.(solve|check)` \|(.*)\|$", README, re.MULTILINE))
    for kind, row in ((gpualloc.Plan, rows["solve"]), (gpualloc.Verdict, rows["check"])):
        found = set(re.findall(r"`([a-z_]+)`", row.split(" (")[0]))
        assert found
        assert found <= {*dir(kind), *kind.__dataclass_fields__}


def test_the_model_is_whole_and_in_order() -> None:
    """Rules stand in the order in which the program is built, and no cost line is missing."""
    model = section("The model")
    files = [f"{type(rule).__module__.replace('.', '/')}.py" for rule in PLAN_RULES]
    told = dict.fromkeys(re.findall(r"`(gpualloc/rules/\w+\.py)`", model))
    assert list(told) == files
    assert [line for line in COST_LINES if f"`{line}`" not in section("What it costs")] == []


def test_contract_types_are_whole() -> None:
    """Every contract type has its row and its file."""
    told = re.findall(r"^\| `(\w+)` \|.*`(gpualloc/rules/contracts/\w+\.py)`", README, re.MULTILINE)
    assert dict(told) == {
        kind: f"{contract.__module__.replace('.', '/')}.py"
        for kind, contract in contract_types().items()
    }


def test_engines_and_solvers_are_told() -> None:
    """The section on engines names every engine and solver."""
    text = section("Engines and extras")
    assert [name for name in ENGINES if f'engine="{name}"' not in text] == []
    assert [name for name in MAKERS if f"`{name}`" not in text] == []


def test_extras_are_told() -> None:
    """The table of extras has each one that can be installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = section("Engines and extras").partition("| extra |")[2]
    extras = {extra for cell in re.findall(r"^\|(.*?)\|", told, re.M) for extra in names_in(cell)}
    assert extras == project["optional-dependencies"].keys()


def names_in(cell: str) -> list[str]:
    """The names in backquotes in a cell of a table."""
    return re.findall(r"`([^`]+)`", cell)


def test_first_lines_are_commands_for_a_shell() -> None:
    """The first block has two lines, one that plans and one that tests, and a shell reads them."""
    first = next(block for language, block in BLOCKS if language == "bash")
    plans, tests = first.splitlines()
    assert "gpualloc solve" in plans
    assert "pytest" in tests
    subprocess.run(["bash", "-n", "-c", first], check=True)
