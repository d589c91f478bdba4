"""Rules as the page of the model shows them: the formula, then the functions that state it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from gpualloc.rules.rule import Rule


def shorten_signature(
    app: Any, what: str, name: str, found: Any, options: Any, signature: str, returns: str
) -> tuple[str, str | None] | None:
    """A record's columns are told by the reference of files, not by its signature."""
    is_record = what == "class" and issubclass(found, BaseModel)
    return ("", None) if is_record else None


def drop_inherited(
    app: Any, what: str, name: str, found: Any, options: Any, lines: list[str]
) -> None:
    """What a method of every rule is for is told once, by the base class."""
    words = getattr(Rule, name.rpartition(".")[2], None)
    if what == "method" and name.startswith("gpualloc.rules.") and not found.__doc__ and words:
        lines.clear()


def setup(app: Any) -> dict[str, bool]:
    """Connect to autodoc."""
    app.connect("autodoc-process-signature", shorten_signature)
    app.connect("autodoc-process-docstring", drop_inherited)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
