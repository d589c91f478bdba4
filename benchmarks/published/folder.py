"""The published instances in a folder of the user's: ``gap``, ``sscflp`` and ``gqap`` within it."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

from gpualloc.errors import UsageError

from . import gap, gqap, sscflp
from .problem import AssignmentProblem

READERS = {"gap": gap.read, "sscflp": sscflp.read, "gqap": gqap.read}
"""The readers of the files in each folder."""


def read_folder(folder: Path, pattern: str = "*") -> list[AssignmentProblem]:
    """All problems whose name fits a pattern, by kind, numbers in names by size.

    Raises
    ------
    InstanceError
        A file is not in the format of its folder.
    UsageError
        There is no such problem.
    """
    problems = [
        problem
        for kind, read in READERS.items()
        for path in sorted((folder / kind).glob("*"))
        if path.is_file() and not path.name.startswith(".")
        for problem in read(path)
        if fnmatch(problem.name, pattern)
    ]
    if not problems:
        places = ", ".join(str(folder / kind) for kind in READERS)
        raise UsageError(f'no instance fits "{pattern}" in {places}')
    return sorted(problems, key=_order)


def _order(problem: AssignmentProblem) -> tuple[int, list[tuple[int, str]]]:
    words = re.findall(r"\d+|\D+", problem.name)
    natural = [(int(word), "") if word.isdigit() else (-1, word) for word in words]
    return list(READERS).index(problem.kind), natural
