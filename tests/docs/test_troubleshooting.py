"""The messages that the page on troubleshooting explains are messages of gpualloc."""

from __future__ import annotations

import ast
import re

import pytest

from gpualloc.rules import PLAN_RULES
from gpualloc.rules.rule import Rule
from tests.docs.pages import ROOT, page_text

PAGE = page_text("troubleshooting.md")
MESSAGES = [found[2].strip() for found in re.finditer(r"^### (`+)(.+?)\1$", PAGE, re.MULTILINE)]


def texts_of_the_package() -> set[str]:
    """Every text in the source of gpualloc; of texts with figures in them, the parts between."""
    return {
        node.value
        for path in (ROOT / "gpualloc").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


TEXTS = texts_of_the_package()


def missing_parts(message: str) -> list[str]:
    """The fixed parts of a message that stand in no text of the package."""
    parts = [part for part in message.split("…") if re.search(r"\w", part)]
    assert parts
    return [part for part in parts if not any(part in text for text in TEXTS)]


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_exist(message: str) -> None:
    """Each fixed part of a message is in the source, letter by letter."""
    assert missing_parts(message) == []


def test_a_message_that_is_gone_is_found_out() -> None:
    """The check above has many messages to check, and sees one that nothing says."""
    assert len(MESSAGES) > 40
    assert missing_parts("… is no message of gpualloc, and … is none") != []


def test_every_rule_that_a_breach_can_name_is_told() -> None:
    """The table of rules has each rule of plans that reads something."""
    table = PAGE.partition("| rule | section |")[2].partition("\n\n")[0]
    reading = [rule for rule in PLAN_RULES if type(rule).read is not Rule.read]
    assert len(reading) >= 9
    assert [rule.title for rule in reading if f"`{rule.title}`" not in table] == []
