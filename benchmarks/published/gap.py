"""Generalized assignment, as in the OR-Library (Beasley 1990) and by Yagiura.

A file has the number of problems, or begins with its only problem at once. A problem is: agents m,
jobs n; for each agent the cost of each job; for each agent what it needs for each job; for each
agent its capacity. In ``gap1`` to ``gap12`` costs are profits.
"""

from __future__ import annotations

import re
from pathlib import Path

from .numbers import Numbers, read_text, transpose
from .problem import AssignmentProblem

PROFITS = re.compile(r"gap\d+")
BY_TYPE = re.compile(r"gap([a-e])")


def read(path: Path) -> list[AssignmentProblem]:
    """All problems of a file.

    Raises
    ------
    InstanceError
        The file is not in this format.
    """
    numbers = Numbers(path, read_text(path))
    if _is_single(numbers):
        problems = [_read_problem(numbers, path.stem, path.stem)]
    else:
        count = numbers.count("the number of problems")
        problems = [
            _read_problem(numbers, path.stem, f"{path.stem}-{at + 1}") for at in range(count)
        ]
    numbers.end()
    return problems


def _is_single(numbers: Numbers) -> bool:
    """Whether the first two numbers are the size of the one problem of the file."""
    agents, jobs = numbers.peek(2) if len(numbers) >= 2 else (0, 0)
    return len(numbers) == 2 + 2 * agents * jobs + agents


def _read_problem(numbers: Numbers, stem: str, name: str) -> AssignmentProblem:
    agents, jobs = numbers.count("the number of agents"), numbers.count("the number of jobs")
    by_type = BY_TYPE.fullmatch(stem)
    return AssignmentProblem(
        kind="gap",
        name=f"{by_type[1]}{agents:02}{jobs}" if by_type else name,
        cost=transpose(numbers.table(agents, jobs, "the costs")),
        demand=transpose(numbers.table(agents, jobs, "the resources consumed")),
        capacity=numbers.row(agents, "the capacities"),
        maximize=PROFITS.fullmatch(stem) is not None,
    )
