"""Texts in workbooks: characters that XML cannot hold, and what would be taken for such."""

from __future__ import annotations

import re

LONGEST_CELL = 32_767

ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
UNSAFE = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def escaped(text: str) -> str:
    """A text as a workbook holds it: ``_x000D_`` is a carriage return, ``_x005F_`` a ``_``."""
    return UNSAFE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescaped(text: str) -> str:
    """The text that a workbook's text stands for."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
