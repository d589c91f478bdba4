"""Packages that only some kinds of files and figures need."""

from __future__ import annotations

from importlib.util import find_spec

from gpualloc.errors import MissingExtraError

PACKAGES = {
    "excel": ("openpyxl",),
    "parquet": ("pyarrow",),
    "plots": ("plotly",),
    "report": ("plotly", "jinja2"),
}


def need(extra: str) -> None:
    """Check that the packages of an extra are installed.

    Raises
    ------
    MissingExtraError
        One is not; the message tells how to install it.
    """
    for package in PACKAGES[extra]:
        if find_spec(package) is None:
            raise MissingExtraError(f"{package} is not installed: pip install 'gpualloc[{extra}]'")
