"""Generalized quadratic assignment, as Cordeau et al. (2006) and as Lee and Ma (2004) give it.

A text has facilities n, sites m and the cost v of a unit of traffic and distance; the (n, n)
traffic; the (m, m) distances; the (n, m) installation costs; n weights; m capacities. A C header
(``.h``) has the same under Lee and Ma's names. Both directions of a pair of facilities count.
"""

from __future__ import annotations

import re
from pathlib import Path

from gpualloc.errors import Fault, InstanceError

from .numbers import Numbers, read_text
from .problem import AssignmentProblem

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
SIZES = ("PROCESS_NUM", "LOCATION_NUM")
PREFIX = "data-"


def read(path: Path) -> list[AssignmentProblem]:
    """The problem of a file.

    Raises
    ------
    InstanceError
        The file is not in this format.
    """
    text = read_text(path)
    numbers = Numbers(path, _unwrap(path, text) if path.suffix == ".h" else text)
    items, sites = numbers.count("the number of facilities"), numbers.count("that of sites")
    unit = numbers.figure("the unit cost of traffic")
    traffic = numbers.table(items, items, "the traffic")
    distance = numbers.table(sites, sites, "the distances")
    cost = numbers.table(items, sites, "the installation costs")
    weights, capacity = numbers.row(items, "the weights"), numbers.row(sites, "the capacities")
    numbers.end()
    return [
        AssignmentProblem(
            kind="gqap",
            name=path.stem.removeprefix(PREFIX),
            demand=tuple((weight,) * sites for weight in weights),
            cost=cost,
            capacity=capacity,
            traffic=tuple(tuple(unit * amount for amount in row) for row in traffic),
            distance=distance,
        )
    ]


def _unwrap(path: Path, header: str) -> str:
    """The numbers of a C header, in the order of a text."""
    code = COMMENT.sub(" ", header)
    sizes = [_find(path, code, rf"#define\s+{name}\s+(\S+)", name) for name in SIZES]
    unit = _find(path, code, r"Unit_Transportation_Fee\s*=\s*([^;]+);", "Unit_Transportation_Fee")
    tables = [
        _find(path, code, rf"\b{name}\s*\[[^=]*=\s*\{{([^;]*)\}}\s*;", name)
        for name in ("Flow", "Distance", "Installation_Cost", "Space_Need", "Space_Avail")
    ]
    return re.sub(r"[{},]", " ", " ".join([*sizes, unit, *tables]))


def _find(path: Path, code: str, pattern: str, name: str) -> str:
    found = re.search(pattern, code)
    if found is None:
        raise InstanceError(str(path), [Fault(name, "is not there; Lee and Ma's headers have it")])
    return found[1]
