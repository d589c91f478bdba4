"""Single cells of flat tables: what is blank, how lists of names are written, texts as numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
SEPARATOR = ";"


def is_blank(cell: Any) -> bool:
    """Whether a cell holds nothing: null, NaN or an empty text."""
    return cell is None or (isinstance(cell, str) and not cell) or _is_nan(cell)


def _is_nan(cell: Any) -> bool:
    return isinstance(cell, float) and cell != cell


def text_of(cell: Any) -> Any:
    """A name or text; a whole number is taken by its digits."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell


def number_of(cell: Any) -> Any:
    """A number; a text that is a decimal is taken as one."""
    if not isinstance(cell, str) or not DECIMAL.fullmatch(cell.strip()):
        return cell
    return int(cell) if cell.strip().lstrip("+-").isdigit() and len(cell) < 20 else float(cell)


def names_cell(names: Sequence[str]) -> str:
    """A list of names as one cell: ``a; b``, or JSON where that would be unclear."""
    if names and not any(_is_unclear(name) for name in names):
        return f"{SEPARATOR} ".join(names)
    return json.dumps(list(names), ensure_ascii=False)


def names_of(cell: Any) -> Any:
    """The list of names in a cell."""
    if isinstance(cell, list | tuple):
        return list(cell)
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        return _parsed(cell)
    if isinstance(cell, str):
        return [part.strip() for part in cell.split(SEPARATOR)]
    return [text_of(cell)]


def _is_unclear(name: str) -> bool:
    return SEPARATOR in name or name != name.strip() or name.startswith("[")


def _parsed(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell
