"""The page about figures and reports leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

from gpualloc import plots

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plots.md").read_text(encoding="utf-8")


def test_every_function_is_told() -> None:
    """Each public function has its row in the table, and each row is a function."""
    assert set(re.findall(r"^\| `(draw_\w+)\(", PAGE, re.MULTILINE)) == set(plots.__all__)
