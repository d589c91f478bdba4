"""How docstrings are shown: a rule is its formula and the functions that state it."""

from __future__ import annotations

from typing import Any

from docutils.nodes import document
from pydantic import BaseModel
from sphinx.addnodes import pending_xref
from sphinx.domains.python import PyXRefRole

from gpualloc.rules.rule import Rule


class NameRole(PyXRefRole):
    """A name in single backquotes: a link where it can be one, and as it is written: ``.json``."""

    def process_link(
        self, env: Any, refnode: Any, has_explicit_title: bool, title: str, target: str
    ) -> tuple[str, str]:
        """Look for an object of any kind, a class in any module, and leave the title alone."""
        refnode["reftype"] = "obj"
        if title[:1].isupper():
            refnode["refspecific"] = True
        return title, super().process_link(env, refnode, has_explicit_title, title, target)[1]


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


def keep_colons(app: Any, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    """Napoleon takes what stands before a colon in the first line of a property for its type."""
    if what in ("attribute", "data", "property"):
        lines[:0] = ["..", ""]  # an empty comment


def unlink_words(app: Any, doctree: document) -> None:
    """Types are told in words: "str or path" is no link to an attribute that is called path."""
    for link in list(doctree.findall(pending_xref)):
        if link.get("reftype") == "class" and link["reftarget"].islower():
            link.replace_self(link.children)


def setup(app: Any) -> dict[str, bool]:
    """Add the role of names; connect to autodoc, and to pages once they are read."""
    app.add_role_to_domain("py", "name", NameRole())
    app.connect("autodoc-process-signature", shorten_signature)
    app.connect("autodoc-process-docstring", drop_inherited)
    app.connect("autodoc-process-docstring", keep_colons, priority=100)  # before Napoleon
    app.connect("doctree-read", unlink_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
