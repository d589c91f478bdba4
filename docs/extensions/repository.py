"""Files of the repository as pages of the site, with links that lead where they stand there."""

from __future__ import annotations

import json
import posixpath
import re
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

HOMES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "instances/README.md": "shipped-instances.md",
    "benchmarks/README.md": "benchmarks.md",
}
"""Where files of the repository stand on the site; those in `docs` stand under their own names."""

FILE = re.compile(r"^<!-- file: (\S+?)(?:, section: (.+?))? -->$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#|mailto:)([^)\s#]+)(#[^)\s]*)?\)")


def mend_links(text: str, folder: str, page_folder: str = "") -> str:
    """Lead the links of a file in `folder` to pages of the site, seen from a page's folder.

    What is not on the site is named instead.
    """

    def mend(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, link[2]))
        home = HOMES.get(target, target.removeprefix("docs/"))
        if target not in HOMES and not target.startswith(("docs/", "notebooks/")):
            return f"{link[1]} (`{target}`)"
        return f"[{link[1]}]({posixpath.relpath(home, page_folder or '.')}{link[3] or ''})"

    return LINK.sub(mend, text)


def read_file(name: str, section: str | None) -> str:
    """A file of the repository, or what stands below one of its headings."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if section is not None:
        rank = re.search(rf"^(#+) {re.escape(section)}$", text, re.MULTILINE)
        if rank is None:
            raise ValueError(f"{name} has no section {section!r}")
        text = re.split(rf"^{rank[1]} ", text[rank.end() :], maxsplit=1, flags=re.MULTILINE)[0]
    return mend_links(text, posixpath.dirname(name))


def fill(app: Any, name: str, source: list[str]) -> None:
    """Put files of the repository, or the names of the notebooks, where a page asks for them."""
    source[0] = FILE.sub(lambda found: read_file(found[1], found[2]), source[0])
    notebooks = [f"notebooks/{path.stem}" for path in NOTEBOOKS]
    source[0] = source[0].replace("<!-- notebooks -->", "\n".join(notebooks))


def copy_notebooks(app: Any) -> None:
    """Take over the notebooks, which Sphinx reads from below its own folder alone."""
    copies = Path(app.srcdir) / "notebooks"
    shutil.rmtree(copies, ignore_errors=True)
    copies.mkdir()
    for path in NOTEBOOKS:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = mend_links("".join(cell["source"]), "notebooks", "notebooks")
        (copies / path.name).write_text(json.dumps(notebook), encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Copy notebooks before pages are looked for, and fill pages as they are read."""
    app.connect("config-inited", lambda app, config: copy_notebooks(app))
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
