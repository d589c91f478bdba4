"""Figures with two logarithmic axes, and a line of slope 1 to compare with (the extra `plots`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plotly.subplots import make_subplots

from gpualloc.plots.style import COLORS, FAINT, FONT, GRID, INK, SYMBOLS

COLUMNS = 2
PANEL_HEIGHT = 380
WIDTH = 1100


@dataclass(frozen=True)
class Series:
    """Points joined by a line.

    Parameters
    ----------
    points : sequence of (float, float)
        Above 0; in any order.
    hollow : sequence of (float, float)
        Those of the points that are only a limit of the true one.
    joined : bool
        Whether there is a line at all.
    """

    name: str
    points: Sequence[tuple[float, float]]
    hollow: Sequence[tuple[float, float]] = ()
    joined: bool = True


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    title: str
    series: Sequence[Series]


def draw_loglog(
    title: str, panels: Sequence[Panel], *, x_title: str, y_title: str, slope: bool = True
) -> Any:
    """Draw panels side by side.

    Parameters
    ----------
    slope : bool
        Whether each has a dotted line of slope 1 through its lowest start.
    """
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    titles = [panel.title for panel in panels]
    figure = make_subplots(rows, columns, subplot_titles=titles, shared_yaxes="all")
    named: dict[str, int] = {}
    for at, panel in enumerate(panels):
        place = {"row": at // columns + 1, "col": at % columns + 1}
        for series in panel.series:
            look = named.setdefault(series.name, len(named))
            figure.add_trace(_line(series, look), **place)
        if slope and any(series.points for series in panel.series):
            figure.add_trace(_slope(panel), **place)
    _name_once(figure)
    figure.update_xaxes(type="log", title=x_title, gridcolor=GRID, showline=True, linecolor=FAINT)
    figure.update_yaxes(type="log", title=y_title, gridcolor=GRID, showline=True, linecolor=FAINT)
    font = {"family": FONT, "color": INK, "size": 13}
    figure.update_layout(
        title=title, font=font, plot_bgcolor="white", width=WIDTH, height=90 + PANEL_HEIGHT * rows
    )
    return figure


def _line(series: Series, look: int) -> dict[str, Any]:
    points = sorted(series.points)
    symbol, limits = SYMBOLS[look % len(SYMBOLS)], set(series.hollow)
    return {
        "type": "scatter",
        "name": series.name,
        "legendgroup": series.name,
        "mode": "lines+markers" if series.joined else "markers",
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "line": {"color": COLORS[look % len(COLORS)]},
        "marker": {
            "size": 9,
            "symbol": [f"{symbol}-open" if point in limits else symbol for point in points],
        },
    }


def _slope(panel: Panel) -> dict[str, Any]:
    """Proportional growth from the lowest of the points that are furthest left."""
    points = [point for series in panel.series for point in series.points]
    x, y = min(points)
    most = max(x for x, _ in points)
    return {
        "type": "scatter",
        "name": "slope 1",
        "legendgroup": "slope 1",
        "mode": "lines",
        "x": [x, most],
        "y": [y, y * most / x],
        "line": {"color": FAINT, "dash": "dot"},
    }


def _name_once(figure: Any) -> None:
    """Show each name in the legend once, for all panels."""
    seen: set[str] = set()
    for trace in figure.data:
        trace.showlegend = trace.name not in seen
        seen.add(trace.name)
