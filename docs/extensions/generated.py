"""Reference pages made from the package at build time, so that they cannot fall behind it."""

from __future__ import annotations

from typing import Any

from command_pages import write_commands
from json_pages import write_json_tables

PARTS = {
    "<!-- generated: commands -->": write_commands,
    "<!-- generated: json -->": write_json_tables,
}


def fill(app: Any, name: str, source: list[str]) -> None:
    """Put the Markdown of each part where a page asks for it."""
    for mark, write in PARTS.items():
        if mark in source[0]:
            source[0] = source[0].replace(mark, "\n".join(write()))


def setup(app: Any) -> dict[str, bool]:
    """Connect to the reading of pages."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
