"""`gpualloc solvers`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from gpualloc.cli.console import safe, show

if TYPE_CHECKING:
    from gpualloc.engines.backends import SolverInfo


def solvers() -> None:
    """List the solvers that can be used here, and those that could be installed."""
    from gpualloc.engines.backends import list_solvers

    found = list_solvers()
    present = [info for info in found if info.available or info.refused]
    missing = [info.name for info in found if not (info.available or info.refused)]
    show(_table(present))
    if missing:
        show(Text(safe(f"not installed: {', '.join(dict.fromkeys(missing))}")))


def _table(infos: list[SolverInfo]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("solver", "version", "note"):
        table.add_column(title)
    for info in infos:
        note = f"refused: {info.refused}" if info.refused else info.note
        table.add_row(*(Text(safe(cell or "-")) for cell in (info.name, info.version, note)))
    return table
