"""Links within the built site that lead nowhere, told as warnings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sphinx.util import logging

ATTRIBUTE = re.compile(r'\s(id|name|href|src)="([^"]*)"')


class Page:
    """The links of a page, and the places in it that links can lead to."""

    def __init__(self, text: str) -> None:
        found = [(name, unescape(value)) for name, value in ATTRIBUTE.findall(text)]
        self.places = {"", *(value for name, value in found if name in ("id", "name"))}
        self.links = [value for name, value in found if name in ("href", "src")]


def find_dead_links(site: Path) -> Iterator[str]:
    """Yield each link that leads to no file of the site, or to no place on its page."""
    pages = {path.resolve(): Page(path.read_text("utf-8")) for path in site.rglob("*.html")}
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            places = pages[target].places if target in pages else {unquote(parts.fragment)}
            if not target.exists() or unquote(parts.fragment) not in places:
                yield f"{path.relative_to(site.resolve())}: {link} leads nowhere"


def warn(app: Any, error: Exception | None) -> None:
    """Warn of each dead link, which ends a strict build."""
    if error is None and app.builder.format == "html":
        for message in find_dead_links(Path(app.outdir)):
            logging.getLogger(__name__).warning(message)


def setup(app: Any) -> dict[str, bool]:
    """Look once all is written."""
    app.connect("build-finished", warn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
