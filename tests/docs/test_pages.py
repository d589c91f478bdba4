"""Every code block of every page runs, and prints what stands below it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import gpualloc
from gpualloc.cli.app import app
from tests.docs.pages import (
    DOCS,
    PAGES,
    ROOT,
    agrees,
    blocks_of,
    commands_of,
    page_text,
    parse_command,
    resolve,
    run_page,
)

LANGUAGES = {"python", "bash", "text", "sh"}


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a clone to a page, in which it may write."""
    (tmp_path / "instances").symlink_to(ROOT / "instances", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_blocks_run(page: str, clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each block runs, after those above it, and the text below it is what it prints."""
    for block, wanted, found in run_page(page_text(page), lambda: capsys.readouterr().out):
        assert agrees(wanted, found), f"{page} line {block.line} shows:\n{wanted}\nnot:\n{found}"


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_run_or_read(page: str) -> None:
    """No block is of a kind that nothing looks at, and commands that are not run do exist."""
    for block in blocks_of(page_text(page)):
        assert block.language in LANGUAGES or re.fullmatch(r"\{[\w-]+\}", block.language)
        if block.language == "sh":
            for words, _ in commands_of(block):
                assert words[0] in ("pip", "python", "sphinx-build") or parse_command(words)


def test_a_page_that_is_wrong_is_found_out() -> None:
    """Neither an output that is not what is shown, nor a command that fails, passes."""
    page = "```python\nfound = 1\n```\n```text\n2\n```\n"
    ((_, wanted, found),) = run_page(page, lambda: "1\n")
    assert not agrees(wanted, found)
    with pytest.raises(AssertionError):
        list(run_page("```bash\ngpualloc check none.json none.json\n```\n", str))
    with pytest.raises(KeyError):
        parse_command(["gpualloc", "sovle"])


@pytest.mark.parametrize("page", PAGES)
def test_names_exist(page: str) -> None:
    """Each dotted name of the package in the text of a page leads to a module or what is in one."""
    for name in re.findall(r"`(gpualloc(?:\.\w+)+)`", page_text(page)):
        assert resolve(name), name


def test_everything_can_be_found_from_the_index() -> None:
    """The index names each command, each function of the package and each page."""
    index = page_text("index.md")
    commands: Any = get_command(app).commands  # type: ignore[attr-defined]
    functions = [name for name in gpualloc.__all__ if name[0].islower()]
    assert [name for name in commands if f"`gpualloc {name}`" not in index] == []
    assert [name for name in functions if f"gpualloc.{name}" not in index] == []
    linked = set(re.findall(r"[\w-]+\.md", index)) | {
        f"{name}.md" for name in re.findall(r"^([\w-]+)$", index, re.MULTILINE)
    }
    assert {path.name for path in DOCS.glob("*.md")} - linked == {"index.md"}
