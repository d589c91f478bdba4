"""The page on frontiers, comparisons, new plans and stress tests leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

from gpualloc.answers.frontiers import AGAINST
from gpualloc.answers.stress_report import TOLD
from gpualloc.instance.scenarios import WORDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/answers-what-if.md").read_text(encoding="utf-8")


def test_everything_that_can_be_chosen_is_told() -> None:
    """The tables name each measure, each way to make choices, and each kind of change."""
    first_cells = "\n".join(re.findall(r"^\| (.*?) \|", PAGE, re.M))
    for word in (*AGAINST, *TOLD, *WORDS.values()):
        assert f"`{word}`" in first_cells
