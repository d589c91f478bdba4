"""Flat tables as pandas data frames, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gpualloc.instance.tables import Tables, columns_of

if TYPE_CHECKING:
    import pandas as pd


def frames_of(tables: Tables) -> dict[str, pd.DataFrame]:
    """Each table as a data frame; blank cells are missing values."""
    import pandas as pd

    return {
        table: pd.DataFrame(rows, columns=columns_of(table, rows)) for table, rows in tables.items()
    }


def tables_from(frames: Mapping[str, pd.DataFrame]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each data frame; missing values become None."""
    return {table: _rows(frame) for table, frame in frames.items()}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object)
    return [
        {str(column): cell for column, cell in row.items()}
        for row in plain.where(frame.notna(), None).to_dict("records")
    ]
