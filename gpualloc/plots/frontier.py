"""The frontier: what a plan costs against another goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gpualloc.errors import UsageError
from gpualloc.instance.wording import listed, quoted
from gpualloc.plots.style import COLORS, axis, column_title, full_label, make_figure

if TYPE_CHECKING:
    import pandas as pd


def draw_frontier(points: pd.DataFrame, x: str | None = None, y: str | None = None) -> go.Figure:
    """Draw the points of a frontier, joined in the order of `x`.

    Parameters
    ----------
    points : DataFrame
        A row for each point. All of its columns are told where the mouse is.
    x, y : str or None
        The columns of the two goals; None: the first and the second column of numbers. The last
        word of a column's name is its unit: `stall_usd`.

    Raises
    ------
    UsageError
        A column is missing, or there are fewer than two columns of numbers.
    """
    across, up = _columns(points, x, y)
    rows = points.dropna(subset=[across, up]).sort_values([across, up], kind="stable")
    figure = make_figure("The frontier", 440, showlegend=False)
    figure.add_trace(
        go.Scatter(
            x=rows[across].tolist(),
            y=rows[up].tolist(),
            mode="lines+markers",
            line={"color": COLORS[0], "width": 1.5, "dash": "4px,3px"},
            marker={"color": COLORS[0], "size": 10, "line": {"color": "white", "width": 1}},
            hoverinfo="text",
            hovertext=_told(rows),
        )
    )
    figure.update_layout(
        xaxis=axis(column_title(across), exponentformat="B"),
        yaxis=axis(column_title(up), exponentformat="B"),
    )
    return figure


def _columns(points: pd.DataFrame, x: str | None, y: str | None) -> tuple[str, str]:
    numbers = list(points.select_dtypes("number").columns)
    for column in (x, y):
        if column is not None and column not in numbers:
            raise UsageError(f"{quoted(column)} is not a column of numbers; {listed(numbers)} is")
    rest = [column for column in numbers if column not in (x, y)]
    missing = (x is None) + (y is None)
    if len(rest) < missing:
        raise UsageError("the points need two columns of numbers")
    across = rest.pop(0) if x is None else x
    return across, rest.pop(0) if y is None else y


def _told(rows: pd.DataFrame) -> list[str]:
    return [
        "<br>".join(f"{column_title(str(name))}: {_shown(cell)}" for name, cell in row.items())
        for row in rows.to_dict("records")
    ]


def _shown(cell: object) -> str:
    return f"{cell:,.12g}" if isinstance(cell, int | float) else full_label(str(cell))
