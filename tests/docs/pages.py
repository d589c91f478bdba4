"""The pages of the documentation: their code blocks, and how these are run."""

from __future__ import annotations

import doctest
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from gpualloc.cli.app import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
FENCE = re.compile(r"^(`{3,}|:{3,})(\S*)[^\n]*\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
EXIT_CODE = re.compile(r"#\s*exit code (\d+)\s*$")


@dataclass(frozen=True)
class Block:
    """A block of a page between fences.

    Attributes
    ----------
    language : str
        ``python`` and ``bash`` are run, ``text`` is what the block before prints (``...`` stands
        for any text), ``sh`` needs what a test has not and is only read; a name in braces is a
        directive of Sphinx.
    line : int
        Where its text begins on the page.
    """

    language: str
    text: str
    line: int


def resolve(path: str) -> object:
    """What a dotted path leads to: a module, or something in one."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(resolve(module), name)


def page_text(page: str) -> str:
    """The source of a page."""
    return (DOCS / page).read_text(encoding="utf-8")


def blocks_of(text: str) -> list[Block]:
    """The blocks of a page, from top to bottom."""
    return [
        Block(found[2], found[3], text.count("\n", 0, found.start(3)) + 1)
        for found in FENCE.finditer(text)
    ]


def commands_of(block: Block) -> Iterator[tuple[list[str], int]]:
    """The arguments of each command of a block, and the exit code that stands behind it."""
    for line in block.text.replace("\\\n", " ").splitlines():
        code = EXIT_CODE.search(line)
        if words := shlex.split(line, comments=True):
            yield words, int(code[1]) if code else 0


def parse_command(words: list[str]) -> Any:
    """Let the command line read a command, without running it."""
    program, name, *arguments = words
    assert program == "gpualloc"
    commands: Any = get_command(app).commands  # type: ignore[attr-defined]
    return commands[name].make_context(name, arguments)


def run_page(text: str, read_printed: Callable[[], str]) -> Iterator[tuple[Block, str, str]]:
    """Run the blocks of a page one after the other; yield what each should print, and did.

    Parameters
    ----------
    text : str
        The page.
    read_printed : callable
        Gives what Python has printed since it was last called.
    """
    names: dict[str, Any] = {"__name__": "page"}
    printed = ""
    for block in blocks_of(text):
        if block.language == "python":
            code = "\n" * (block.line - 1) + block.text
            exec(compile(code, "page", "exec"), names)
            printed = read_printed()
        elif block.language == "bash":
            printed = "".join(run_command(*command) for command in commands_of(block))
        elif block.language == "text":
            yield block, block.text, printed


def run_command(words: list[str], exit_code: int) -> str:
    """Run a command in this process; what it prints goes to the file behind ``>``, if any."""
    words, target = (words[:-2], words[-1]) if ">" in words[-2:-1] else (words, None)
    assert words[0] == "gpualloc"
    result = CliRunner().invoke(app, words[1:], prog_name="gpualloc")
    assert result.exit_code == exit_code, result.output
    if target is None:
        return result.output
    Path(target).write_text(result.stdout, encoding="utf-8")
    return result.stderr


def agrees(wanted: str, found: str) -> bool:
    """Whether a text is what is wanted, where ``...`` stands for anything."""
    return doctest.OutputChecker().check_output(wanted, found, doctest.ELLIPSIS)
