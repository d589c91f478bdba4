"""The page on explanations, worth and sensitivity: its examples run and print what is shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gpualloc.answers.explanation import KIND_WORDS
from gpualloc.cli.app import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/answers-why.md").read_text(encoding="utf-8")
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
    exec(compile(code, "answers-why.md", "exec"), {"__name__": "page"})
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the page runs and answers."""
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip()


def test_every_rule_is_told() -> None:
    """The table of rules has each kind that an explanation can name."""
    table = PAGE.partition("| the rule |")[2].partition("\n\n")[0]
    assert [word for word in KIND_WORDS.values() if word not in table] == []
