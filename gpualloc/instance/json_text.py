"""Strict JSON: reading that takes nothing doubtful, writing that is readable and stable."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gpualloc.errors import Fault
from gpualloc.instance.columns import LARGEST
from gpualloc.instance.wording import quoted, shortened

MOST_DIGITS = 40
TOKEN = re.compile(
    r'(?P<text>"[^"\\]*+(?:\\.[^"\\]*+)*+")'
    r"|(?P<number>-?(?:NaN|Infinity|[0-9][0-9.eE+\-]*))"
    r"|(?P<mark>[{}\[\]:,])",
    re.DOTALL,
)


def parse_json(text: str) -> tuple[Any, list[Fault]]:
    """Parse JSON; doubtful text is told, never guessed at.

    Parameters
    ----------
    text : str
        The whole text of a file.

    Returns
    -------
    value : object
        None if the text is not JSON.
    faults : list of Fault
        Bad syntax, duplicate keys, NaN, infinity and numbers too large to read, each with its
        line and column. Empty if the value is sound.
    """
    doubts = _Doubts()
    decoder = json.JSONDecoder(
        object_pairs_hook=doubts.take_object,
        parse_int=doubts.take_int,
        parse_float=doubts.take_float,
        parse_constant=doubts.take_constant,
    )
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        return None, [_syntax_fault(error)]
    except RecursionError:
        return None, [Fault("", "is nested too deeply to be an instance or a plan")]
    return value, list(_locate(text)) if doubts.found else []


@dataclass
class _Doubts:
    """Notes, while a text is parsed, that something in it must not be taken."""

    found: bool = False

    def take_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        taken = dict(pairs)
        self.found |= len(taken) < len(pairs)
        return taken

    def take_int(self, digits: str) -> int:
        if len(digits) <= MOST_DIGITS:
            return int(digits)
        self.found = True
        return LARGEST

    def take_float(self, digits: str) -> float:
        value = float(digits)
        self.found |= math.isinf(value)
        return value

    def take_constant(self, word: str) -> None:
        self.found = True


def _syntax_fault(error: json.JSONDecodeError) -> Fault:
    if not error.doc.strip():
        return Fault("", "is empty; an object with tables is needed")
    place = f"line {error.lineno:,}, column {error.colno:,}"
    if error.pos >= len(error.doc.rstrip()):
        return Fault(place, "is not JSON: it ends too early; is the file cut off?")
    reason = error.msg.removesuffix(" starting at")
    return Fault(place, f"is not JSON: {reason[0].lower()}{reason[1:]}")


def _locate(text: str) -> Iterator[Fault]:
    """Find what is doubtful in a text that is JSON, in its order."""
    lines = [0, *(end.end() for end in re.finditer("\n", text))]
    for token, message in _doubtful_tokens(text):
        line = bisect_right(lines, token.start())
        column = token.start() - lines[line - 1] + 1
        yield Fault(f"line {line:,}, column {column:,}", message)


def _doubtful_tokens(text: str) -> Iterator[tuple[re.Match[str], str]]:
    keys: list[set[str]] = []
    last_text: re.Match[str] | None = None
    for token in TOKEN.finditer(text):
        kind, word, message = token.lastgroup, token.group(), ""
        if kind == "text":
            last_text = token
        elif kind == "number":
            message = _doubt_number(word)
        elif word in "{[":
            keys.append(set())
        elif word in "}]":
            keys.pop()
        elif word == ":" and last_text:
            token, message = last_text, _doubt_key(last_text.group(), keys[-1])
        if message:
            yield token, message


def _doubt_number(word: str) -> str:
    digits = word.removeprefix("-")
    if digits in ("NaN", "Infinity"):
        return f"{word} is not a number that a file may hold"
    if len(word) > MOST_DIGITS and digits.isdigit():
        return f"{shortened(word, 20)} has {len(digits):,} digits; 1e12 is the largest"
    if math.isinf(float(word)):
        return f"{shortened(word, 20)} is too large; 1e12 is the largest"
    return ""


def _doubt_key(token: str, keys: set[str]) -> str:
    key = json.loads(token) if "\\" in token else token[1:-1]
    if key in keys:
        return f"the key {quoted(key)} is given twice in one object"
    keys.add(key)
    return ""


def compact_json(document: object) -> str:
    """JSON on one line, without spaces."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def readable_json(document: Mapping[str, Any]) -> str:
    """JSON with one line for each row of a table."""
    return _indented(document, "") + "\n"


def _indented(value: Any, margin: str) -> str:
    """A value over several lines if it holds rows, else on one line."""
    inner = margin + "  "
    if isinstance(value, Mapping) and any(_has_rows(entry) for entry in value.values()):
        entries = [f"{_one_line(key)}: {_indented(value[key], inner)}" for key in value]
        return _block("{", entries, "}", margin)
    if _has_rows(value) and isinstance(value, list):
        return _block("[", [_one_line(row) for row in value], "]", margin)
    return _one_line(value)


def _has_rows(value: Any) -> bool:
    """Whether a value is a table, or an object with a table in it."""
    if isinstance(value, Mapping):
        return any(_has_rows(entry) for entry in value.values())
    return isinstance(value, list) and any(isinstance(row, Mapping) for row in value)


def _block(opening: str, entries: list[str], closing: str, margin: str) -> str:
    lines = ",\n".join(f"{margin}  {entry}" for entry in entries)
    return f"{opening}\n{lines}\n{margin}{closing}"


def _one_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
