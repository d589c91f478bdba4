"""The frontier: what a plan costs against another goal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from gpualloc.answers.frontiers import Frontier
from gpualloc.errors import UsageError
from gpualloc.instance.wording import listed, quoted
from gpualloc.plots.style import COLORS, axis, column_title, full_label, make_figure

if TYPE_CHECKING:
    import pandas as pd


def draw_frontier(
    points: Frontier | pd.DataFrame, x: str | None = None, y: str | None = None
) -> go.Figure:
    """Draw the points of a frontier, joined in the order of `x`.

    Parameters
    ----------
    points : Frontier or DataFrame
        What `gpualloc.frontier` answers, or any table with a row for each point. All columns are
        told where the mouse is.
    x, y : str or None
        The columns of the two goals. None: what the frontier trades off; in a table the first and
        the second column of numbers. The last word of a column's name is its unit: `stall_usd`.

    Raises
    ------
    UsageError
        A column is missing, or there are fewer than two columns of numbers.
    """
    table, titles = _table_of(points)
    across, up = _columns(table, x, y)
    rows = table.dropna(subset=[across, up]).sort_values([across, up], kind="stable")
    figure = make_figure("The frontier", 440, showlegend=False)
    figure.add_trace(
        go.Scatter(
            x=rows[across].tolist(),
            y=rows[up].tolist(),
            error_y=_proven(rows, up),
            mode="lines+markers",
            line={"color": COLORS[0], "width": 1.5, "dash": "4px,3px"},
            marker={"color": COLORS[0], "size": 10, "line": {"color": "white", "width": 1}},
            hoverinfo="text",
            hovertext=_told(rows),
        )
    )
    figure.update_layout(
        xaxis=axis(titles.get(across, column_title(across)), exponentformat="B"),
        yaxis=axis(titles.get(up, column_title(up)), exponentformat="B"),
    )
    return figure


def _table_of(points: Frontier | pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The points as a table, and the titles of its columns where they are known."""
    if isinstance(points, Frontier):
        titles = {"amount": full_label(points.label), "cost_usd": full_label(points.cost_label)}
        return points.to_frame(), titles
    return points, {}


def _proven(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    """How far below each point plans may still be, where the table has the proven low end."""
    low = column.removesuffix("_usd") + "_low_usd"
    if low not in rows:
        return {}
    below = (rows[column] - rows[low]).fillna(0.0).tolist()
    return {"type": "data", "symmetric": False, "array": [0.0] * len(below), "arrayminus": below}


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
