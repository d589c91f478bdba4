"""Kinds of files, told apart by the endings of their names."""

from __future__ import annotations

import os
from collections.abc import Collection
from enum import Enum
from pathlib import Path

from gpualloc.errors import UsageError
from gpualloc.instance.files import SUFFIXES, StrPath
from gpualloc.instance.formats.extras import need
from gpualloc.instance.wording import printable


class Format(Enum):
    """A kind of file."""

    JSON = "JSON"
    EXCEL = "Excel"
    PARQUET = "Parquet"
    CSV = "CSV"


ENDINGS = {
    **dict.fromkeys(SUFFIXES, Format.JSON),
    ".xlsx": Format.EXCEL,
    ".parquet": Format.PARQUET,
}
"""A folder of CSV files has a name without an ending."""
EXTRAS = {Format.EXCEL: "excel", Format.PARQUET: "parquet"}

INSTANCE_FORMATS = (Format.JSON, Format.EXCEL, Format.CSV)
PLAN_FORMATS = (Format.JSON, Format.EXCEL, Format.PARQUET, Format.CSV)


def format_of(path: StrPath, allowed: Collection[Format]) -> Format:
    """The kind of a file or folder, which may not be there yet.

    Raises
    ------
    UsageError
        Its ending is none of a kind that is allowed, or packages for it are missing.
    """
    name = Path(path).name
    found = next((kind for end, kind in ENDINGS.items() if name.endswith(end)), None)
    is_folder = not Path(path).suffix or Path(path).is_dir() or str(path).endswith(os.sep)
    if found is None and is_folder:
        found = Format.CSV
    if found is None or found not in allowed:
        *endings, last = [end for end, kind in ENDINGS.items() if kind in allowed]
        wanted = f"the name must end in {', '.join(endings)} or {last}"
        raise UsageError(
            f"{printable(str(path))}: {wanted}, or have no ending for a folder of CSV tables"
        )
    if found in EXTRAS:
        need(EXTRAS[found])
    return found
