"""The program of an instance as an .lp or .mps file, with a map of names beside it.

Names of an instance are any Unicode text, which LP and MPS files cannot hold: columns are called
x0, x1, ... and rows c0, c1, ...; `NAME.names.json` tells what they mean.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from gpualloc.engines.backends import check_highspy
from gpualloc.errors import UsageError
from gpualloc.formulation.program import Program, formulate
from gpualloc.instance.files import write_bytes
from gpualloc.instance.instance import Instance

ENDINGS = (".lp", ".mps")


def export(instance: Instance, path: str | Path) -> tuple[Path, Path]:
    """Write the program of an instance, and the meaning of its names.

    Parameters
    ----------
    instance : Instance
    path : str or Path
        Ends in ``.lp`` or ``.mps``.

    Returns
    -------
    tuple of Path
        The program's file and that of the names.

    Raises
    ------
    UsageError
        The ending is another.
    """
    path = Path(path)
    if path.suffix not in ENDINGS:
        raise UsageError(f'"{path}": a program is written as {" or ".join(ENDINGS)}')
    check_highspy()
    from gpualloc.engines.backends.highs import write_model

    program = formulate(instance)
    names = names_path(path)
    with TemporaryDirectory(prefix="gpualloc-") as folder:
        written = Path(folder) / f"program{path.suffix}"
        write_model(program.problem, written)
        write_bytes(path, written.read_bytes())
    write_bytes(names, json.dumps(name_map(program), indent=1).encode())
    return path, names


def names_path(path: Path) -> Path:
    """Where the meaning of the names in a program's file is written."""
    return path.with_suffix(".names.json")


def name_map(program: Program) -> dict[str, dict[str, str]]:
    """What each column and row of the exported program means."""
    problem = program.problem
    return {
        "columns": {f"x{at}": program.column_name(at) for at in range(problem.columns)},
        "rows": {f"c{at}": program.row_name(at) for at in range(problem.rows)},
    }
