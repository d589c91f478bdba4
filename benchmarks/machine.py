"""What a benchmark was made on, for the line under its table."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

import gpualloc

PACKAGES = ("highspy", "numba", "numpy", "pulp", "ortools")


def surroundings(engines: Iterable[str] = (), packages: Iterable[str] = ()) -> str:
    """Name the machine and the versions that a table was made with."""
    parts = [f"gpualloc {gpualloc.__version__}", f"Python {platform.python_version()}"]
    parts += [f"{package} {version(package)}" for package in packages]
    named = sorted(engines)
    used = f"; engines: {'; '.join(named)}" if named else ""
    return f"Made on {processor()}, {os.cpu_count()} cores; {', '.join(parts)}{used}."


def made_with(**settings: Any) -> dict[str, Any]:
    """The machine, the versions of all that is installed, and the settings of a run."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory GB": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "gpualloc": gpualloc.__version__,
        "Python": platform.python_version(),
        **{package: found for package in PACKAGES if (found := _version(package))},
        **settings,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """Name of the processor, as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def markdown(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Lay rows out as a Markdown table: a name on the left, figures on the right."""
    lines = ["| " + " | ".join(row) + " |" for row in (columns, *rows)]
    lines.insert(1, "|---|" + "---:|" * (len(columns) - 1))
    return "\n".join(lines)
