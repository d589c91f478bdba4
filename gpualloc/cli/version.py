"""`gpualloc --version`: what is installed, and what brings the rest."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from gpualloc.version import __version__

if TYPE_CHECKING:
    from gpualloc.engines.backends import SolverInfo

EXTRAS = {
    "excel": "openpyxl",
    "parquet": "pyarrow",
    "plots": "plotly",
    "report": "jinja2",
    "notebook": "jupyterlab",
    "cluster": "distributed",
}
"""The package by which each extra for files, figures and clusters is known to be there."""


def version_lines() -> Iterator[str]:
    """Versions of gpualloc, Python and each solver; what is missing, with what brings it."""
    from gpualloc.engines.backends import list_solvers

    yield f"gpualloc {__version__}"
    yield f"Python {platform.python_version()}"
    yield "solvers"
    own = [info for info in list_solvers() if info.available or ":" not in info.name]
    yield from (f"  {info.name:<18} {_solver(info)}" for info in own)
    yield "extras"
    yield from (f"  {extra:<18} {_package(extra)}" for extra in EXTRAS)


def _solver(info: SolverInfo) -> str:
    if info.available:
        return info.version or "installed"
    return f"refused: {info.refused}" if info.refused else f"missing: {info.note}"


def _package(extra: str) -> str:
    package = EXTRAS[extra]
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"missing: pip install 'gpualloc[{extra}]'"
