"""The page on explanations, worth and sensitivity leaves nothing out."""

from __future__ import annotations

from pathlib import Path

from gpualloc.answers.explanation import KIND_WORDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/answers-why.md").read_text(encoding="utf-8")


def test_every_rule_is_told() -> None:
    """The table of rules has each kind that an explanation can name."""
    table = PAGE.partition("| the rule |")[2].partition("\n\n")[0]
    assert [word for word in KIND_WORDS.values() if word not in table] == []
