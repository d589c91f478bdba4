"""Single-source facility location, as Holmberg, Rönnqvist and Yuan (1999) are distributed.

A file has the number of facilities m and of customers n; for each facility its capacity and what
opening it costs; the demand of each customer; for each facility the cost of serving each customer
from there. One more number, where there is one, is the optimum.
"""

from __future__ import annotations

from pathlib import Path

from .numbers import Numbers, read_text, transpose
from .problem import AssignmentProblem


def read(path: Path) -> list[AssignmentProblem]:
    """The problem of a file.

    Raises
    ------
    InstanceError
        The file is not in this format.
    """
    numbers = Numbers(path, read_text(path))
    sites, items = numbers.count("the number of facilities"), numbers.count("that of customers")
    facilities = numbers.table(sites, 2, "the facilities")
    demand = numbers.row(items, "the demands")
    cost = numbers.table(sites, items, "the costs of serving")
    published = numbers.figure("the optimum") if len(numbers) else None
    numbers.end()
    capacity, opening = transpose(facilities)
    return [
        AssignmentProblem(
            kind="sscflp",
            name=path.stem,
            demand=tuple((one,) * sites for one in demand),
            cost=transpose(cost),
            capacity=capacity,
            opening=opening,
            published=published,
        )
    ]
