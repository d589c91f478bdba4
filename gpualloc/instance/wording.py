"""How messages show what was found: short, in one line, safe to print."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping

LONGEST = 60
FEW = 10
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

WORDS = {"nan": "NaN", "inf": "infinity", "-inf": "-infinity"}


def printable(text: str) -> str:
    """Escape what a terminal would obey instead of show, and what cannot be seen or encoded."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str, longest: int = LONGEST) -> str:
    """Cut a long text; the cut shows as three dots."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def quoted(text: str) -> str:
    """A name as messages show it: in double quotes, escaped, cut when long."""
    return f'"{printable(shortened(text))}"'


def shown(value: object) -> str:
    """A value as messages show it: its JSON where that is short, else what it is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int) and abs(value) > 10**30:
        return "a number of more than 30 digits"
    if isinstance(value, float):
        return WORDS.get(str(value)) or format(value, ".15g")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return printable(shortened(repr(value)))


def listed(names: Iterable[str], conjunction: str = "or") -> str:
    """Names for a sentence: ``"a", "b" or "c"``."""
    words = [quoted(name) for name in names]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def suggestion(name: str, known: Collection[str]) -> str:
    """``; did you mean "H100"?`` if a known name is close, the known names if they are few."""
    if not known:
        return ""
    close = closest(name, known, likeness=0.6)
    if close is not None:
        return f"; did you mean {quoted(close)}?"
    return f"; known: {listed(known, 'and')}" if len(known) <= FEW else ""


def is_misspelled(name: str, known: Collection[str]) -> bool:
    """Whether a name is most likely a known one with a slip of the hand.

    Names that tell each other apart by their digits, `wave-1` and `wave-2`, are different.
    """
    return closest(name, [other for other in known if _digits(other) == _digits(name)]) is not None


def closest(name: str, known: Collection[str], likeness: float = 0.8) -> str | None:
    """The known name that is most like this one, if it is like enough; case does not count."""
    folded = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=likeness)
    return folded[close[0]] if close else None


def _digits(name: str) -> str:
    return "".join(letter for letter in name if letter.isdigit())


def joined(place: str, *steps: str | int) -> str:
    """A place one or more steps deeper: ``jobs[3].options[0].gpu_type``."""
    for step in steps:
        if isinstance(step, int):
            place += f"[{step}]"
        elif IDENTIFIER.match(step):
            place += f".{step}" if place else step
        else:
            place += f"[{quoted(step)}]"
    return place
