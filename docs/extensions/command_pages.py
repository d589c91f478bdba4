"""The commands of gpualloc as Markdown, read off the command line itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from gpualloc.cli.app import app


def write_commands() -> Iterator[str]:
    """Lines of Markdown: a section for each command."""
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        yield from _section(name, command)


def _section(name: str, command: Any) -> Iterator[str]:
    given = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.params if param.param_type_name == "option"]
    words = ["gpualloc", name, *(_shown(param) for param in given), "[OPTIONS]"]
    yield from (f"## `gpualloc {name}`", "", " ".join(command.help.split()), "")
    yield from (f"`{' '.join(words)}`", "")
    yield from ("| argument or option | meaning | default |", "|---|---|---|")
    for param in (*given, *options):
        if "--help" not in param.opts:
            yield f"| {_names(param)} | {_cell(param.help)} | {_default(param)} |"
    if command.epilog:
        text, _, example = command.epilog.rpartition("Example: ")
        yield from ("", *([text.strip(), ""] if text else []), f"Example: `{example}`", "")


def _shown(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _names(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{_shown(param)}`"
    names = [*param.opts, *param.secondary_opts]
    value = "" if param.is_flag else f" {param.metavar or param.type.name.upper()}"
    return ", ".join(f"`{name}{value}`" for name in sorted(names, key=lambda name: name[1] != "-"))


def _cell(text: str | None) -> str:
    return " ".join((text or "").replace("|", r"\|").split())


def _default(param: Any) -> str:
    if param.required:
        return "needed"
    if param.is_flag or not isinstance(param.default, str | int | float):
        return ""
    return f"`{param.default}`"


if __name__ == "__main__":
    print("\n".join(write_commands()))
