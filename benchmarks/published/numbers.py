"""Numbers out of text files, one after the other, wherever lines break."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from gpualloc.errors import Fault, InstanceError

from .problem import Row, Table


class Numbers:
    """The numbers of a file, taken in turn.

    Parameters
    ----------
    path : Path
        For the words of an error.
    text : str
        Numbers between blanks.

    Raises
    ------
    InstanceError
        Something is not a number, or a number is missing or not as it has to be.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._figures = [self._parse(at, word) for at, word in enumerate(text.split())]
        self._next = 0

    def __len__(self) -> int:
        """How many have not been taken."""
        return len(self._figures) - self._next

    def count(self, what: str) -> int:
        """The next number, which counts something."""
        found = self.figure(what)
        if found.denominator != 1 or found < 1:
            self.refuse(f"{what} is {float(found):g}; a whole number from 1 on is allowed")
        return int(found)

    def figure(self, what: str) -> Fraction:
        """The next number, from 0 on."""
        return self.row(1, what)[0]

    def row(self, size: int, what: str) -> Row:
        """The next `size` numbers, from 0 on."""
        if len(self) < size:
            self.refuse(f"the file ends within {what}: {size} numbers are needed, {len(self)} left")
        taken = tuple(self._figures[self._next : self._next + size])
        if min(taken) < 0:
            self.refuse(f"{what} has {float(min(taken)):g}; a number from 0 on is allowed")
        self._next += size
        return taken

    def table(self, rows: int, size: int, what: str) -> Table:
        """The next `rows` rows of `size` numbers."""
        return tuple(self.row(size, what) for _ in range(rows))

    def end(self) -> None:
        """Refuse a file that goes on."""
        if len(self):
            self.refuse(f"{len(self)} numbers are left at the end; none is allowed")

    def peek(self, places: int) -> Row:
        """The next few numbers, as many as there are, without taking them."""
        return tuple(self._figures[self._next : self._next + places])

    def refuse(self, message: str) -> NoReturn:
        """Raise an error that names the file and the place."""
        raise InstanceError(str(self.path), [Fault(f"number {self._next + 1}", message)])

    def _parse(self, at: int, word: str) -> Fraction:
        try:
            return Fraction(word)
        except (ValueError, ZeroDivisionError):
            message = f'"{word}" is not a number'
            raise InstanceError(str(self.path), [Fault(f"number {at + 1}", message)]) from None


def read_text(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    InstanceError
        It is not a text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InstanceError(str(path), [Fault("", "is not a text file in UTF-8")]) from None


def transpose(table: Table) -> Table:
    """Rows as columns."""
    return tuple(zip(*table, strict=True))
