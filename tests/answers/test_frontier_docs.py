"""The page on frontiers, comparisons, new plans and stress tests: its examples run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gpualloc.answers.frontiers import AGAINST
from gpualloc.answers.stress_report import TOLD
from gpualloc.cli.app import app
from gpualloc.instance.scenarios import WORDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/answers-what-if.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```\n+```text\n(.*?)^```$", PAGE, re.M | re.S)
COMMANDS = [
    line
    for block in re.findall(r"^```bash\n(.*?)^```$", PAGE, re.M | re.S)
    for line in block.splitlines()
]


@pytest.mark.parametrize(("code", "shown"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_print_what_is_shown(
    code: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each Python example runs in a clone and prints the text below it."""
    monkeypatch.chdir(ROOT)
    exec(compile(code, "answers-what-if.md", "exec"), {"__name__": "page"})
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the page runs and answers."""
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip()


def test_everything_that_can_be_chosen_is_told() -> None:
    """The tables name each measure, each way to make choices, and each kind of change."""
    first_cells = "\n".join(re.findall(r"^\| (.*?) \|", PAGE, re.M))
    for word in (*AGAINST, *TOLD, *WORDS.values()):
        assert f"`{word}`" in first_cells


def test_there_are_examples() -> None:
    """The page has examples to test: four in Python, and two commands."""
    assert len(EXAMPLES) == 4
    assert len(COMMANDS) == 2
