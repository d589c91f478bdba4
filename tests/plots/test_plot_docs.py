"""The page about figures and reports: its examples run, and it leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gpualloc import plots

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plots.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python examples run one after the other, and write the files that they name."""
    (tmp_path / "instances").symlink_to(ROOT / "instances", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    for block in BLOCKS:
        exec(compile(block, "docs/plots.md", "exec"), names)
    assert len(BLOCKS) >= 3
    assert (tmp_path / "map.html").stat().st_size > 1_000_000
    assert names["verdict"]
    assert "figure-search" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_every_function_is_told() -> None:
    """Each public function has its row in the table, and each row is a function."""
    assert set(re.findall(r"^\| `(draw_\w+)\(", PAGE, re.MULTILINE)) == set(plots.__all__)
