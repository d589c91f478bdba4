"""The site of the documentation: built strictly, whole, and without anything from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dead_links import Page, find_dead_links
from json_pages import words, write_json_tables
from repository import mend_links
from typer.main import get_command

import gpualloc
from gpualloc.cli.app import app
from tests.docs.pages import DOCS, PAGES, ROOT


def build_site(folder: Path) -> Path:
    """Build the site in a folder, from a copy of its sources, with warnings as errors."""
    for path in ROOT.iterdir():
        if path != DOCS and not path.name.startswith("."):
            (folder / path.name).symlink_to(path, target_is_directory=path.is_dir())
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("notebooks"))
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "docs", "site"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return folder / "site"


def test_the_site_is_whole(tmp_path: Path) -> None:
    """It builds without a warning (a dead link is one) and has every page, command, notebook
    and public name.

    No page loads anything from elsewhere, and formulas are drawn by the browser itself.
    """
    site = build_site(tmp_path)
    notebooks = [path.stem for path in (ROOT / "notebooks").glob("*.ipynb")]
    pages = [*(page.removesuffix(".md") for page in PAGES), *(f"notebooks/{n}" for n in notebooks)]
    assert [page for page in pages if not (site / f"{page}.html").exists()] == []
    commands: Any = get_command(app).commands  # type: ignore[attr-defined]
    places = Page((site / "commands.html").read_text(encoding="utf-8")).places
    assert {f"gpualloc-{name}" for name in commands} <= places
    api = (site / "api.html").read_text(encoding="utf-8")
    names = {f"gpualloc.{name}" for name in gpualloc.__all__ if name != "__version__"}
    assert names <= Page(api).places
    assert '<span class="pre">.parquet</span>' in api  # a name is shown as it is written
    assert "<p>Hubs of jobs that spread: " in api  # no type is read out of a sentence
    assert (site / "model.html").read_text(encoding="utf-8").count("<math ") > 100
    for path in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|iframe)[^>]*src="(http[^"]*)|<link[^>]*href="(http[^"]*)',
            path.read_text(encoding="utf-8"),
        )
        assert loaded == [], path


def test_dead_links_are_found(tmp_path: Path) -> None:
    """Links to files and to places on pages that do not exist are told; those that do are not."""
    links = ("b.html", "b.html#here", "#top", "https://example.org/", "c.html", "b.html#gone")
    page = '<p id="top">' + "".join(f'<a href="{link}">a</a>' for link in links)
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.html").write_text('<p id="here">b</p>')
    told = list(find_dead_links(tmp_path))
    assert told == ["a.html: c.html leads nowhere", "a.html: b.html#gone leads nowhere"]


def test_links_of_files_lead_to_their_pages() -> None:
    """A link of a file leads to the page of its target; what has no page is named instead."""
    text = (
        "[a](docs/plans.md#check) [b](../CONTRIBUTING.md) [c](stages.py) [d](https://x.org) [e](#f)"
    )
    assert mend_links(text.replace("docs/", "../docs/"), "benchmarks") == (
        "[a](plans.md#check) [b](contributing.md) c (`benchmarks/stages.py`) "
        "[d](https://x.org) [e](#f)"
    )
    text = "[a](02-more.ipynb) [b](../docs/plans.md)"
    mended = mend_links(text, "notebooks", "notebooks")
    assert mended == "[a](02-more.ipynb) [b](../plans.md)"


def test_every_key_of_the_schema_is_told() -> None:
    """The page made from the JSON Schema has a row for each key, and a heading for each type."""
    schema = gpualloc.schema()
    keys = {key for part in (schema, *schema["$defs"].values()) for key in part["properties"]}
    text = "\n".join(write_json_tables())
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == keys
    kinds = [part["properties"].get("type", {}).get("const") for part in schema["$defs"].values()]
    assert [kind for kind in kinds if kind and f"`contracts[]`, `{kind}`" not in text] == []


def test_values_are_told_in_words() -> None:
    """A value of a file is told with its bounds, and what cannot be told ends the build."""
    assert words({"type": "integer", "minimum": 1, "maximum": 10**12}) == (
        "a whole number from 1 to 1e12"
    )
    figure = {"type": "number", "exclusiveMinimum": 0, "maximum": 5}
    assert words({"anyOf": [figure, {"type": "null"}]}) == "a number above 0 and up to 5; or null"
    with pytest.raises(ValueError, match="is not told"):
        words({"type": "array", "items": {"type": "boolean"}})
