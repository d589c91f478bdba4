"""Figures with two logarithmic axes, and a line of slope 1 to compare with (the extra `plots`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plotly.subplots import make_subplots

from gpualloc.plots.style import COLORS, FAINT, FONT, GRID, INK, SYMBOLS

COLUMNS = 2
PANEL_HEIGHT = 380
WIDTH = 1100
FEW_DECADES = 3


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
    figure = make_subplots(
        rows, columns, subplot_titles=titles, shared_xaxes="all", shared_yaxes="all"
    )
    looks = dict.fromkeys(series.name for panel in panels for series in panel.series)
    for at, panel in enumerate(panels):
        place = {"row": at // columns + 1, "col": at % columns + 1}
        drawn = [series for series in panel.series if series.points]
        for series in drawn:
            figure.add_trace(_line(series, list(looks).index(series.name)), **place)
        if slope and drawn:
            figure.add_trace(_slope(drawn), **place)
    _name_once(figure)
    figure.update_xaxes(**_axis(x_title, [x for trace in figure.data for x in trace.x]))
    figure.update_yaxes(**_axis(y_title, [y for trace in figure.data for y in trace.y]))
    font = {"family": FONT, "color": INK, "size": 13}
    figure.update_layout(
        title=title, font=font, plot_bgcolor="white", width=WIDTH, height=90 + PANEL_HEIGHT * rows
    )
    return figure


def _axis(title: str, figures: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis whose ticks are whole numbers of the figures' size, written out."""
    ticks = _ticks(min(figures), max(figures)) if figures else []
    return {
        "type": "log",
        "title": title,
        "gridcolor": GRID,
        "showline": True,
        "linecolor": FAINT,
        "showticklabels": True,
        "tickvals": ticks,
        "ticktext": [f"{tick:,.10g}" for tick in ticks],
    }


def _ticks(least: float, most: float) -> list[float]:
    """Powers of ten around a range; where those are few, also twice and five times as much."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    steps = (1, 2, 5) if last - first <= FEW_DECADES else (1,)
    return [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]


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


def _slope(drawn: Sequence[Series]) -> dict[str, Any]:
    """Proportional growth from the lowest of the points that are furthest left."""
    points = [point for series in drawn for point in series.points]
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
