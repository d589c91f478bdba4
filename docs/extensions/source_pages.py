"""The pages of source link back to where things are documented.

`sphinx.ext.viewcode` takes a module for documented under one name, and all that is in it for
documented under that name too: ``gpualloc.Interval`` because of ``gpualloc.Worth``.
"""

from __future__ import annotations

import re
from typing import Any

BACK_LINK = re.compile(r'(href="[^"#]*#)(gpualloc\.)([\w.]+)(?=")')
PREFIX = "_modules/"


def mend_back_links(
    app: Any, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Lead the back links of a module's page to the names that are documented."""
    if not page.startswith(PREFIX):
        return
    module = page.removeprefix(PREFIX).replace("/", ".")
    documented = app.env.domains["py"].objects

    def mend(link: re.Match[str]) -> str:
        name = link[2] + link[3]
        return link[1] + (name if name in documented else f"{module}.{link[3]}")

    context["body"] = BACK_LINK.sub(mend, context["body"])


def setup(app: Any) -> dict[str, bool]:
    """Connect to the writing of pages."""
    app.connect("html-page-context", mend_back_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
