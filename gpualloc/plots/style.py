"""What all figures share: colors that color-blind eyes tell apart, fonts, margins, labels."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import plotly.graph_objects as go

from gpualloc.instance.wording import printable, shortened

if TYPE_CHECKING:
    from gpualloc.instance.instance import Instance

COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#4D4D4D")
"""The palette of Okabe and Ito (2008), with dark gray in the place of black."""

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "pentagon", "star", "hexagon")
PATTERNS = ("", "/", "x", ".", "-", "+", "|", "\\")

INK = "#222222"
FAINT_INK = "#5C5C5C"
FAINT = "#9A9A9A"
GRID = "#E6E6E6"
LAND = "#F1EFEA"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"

LONGEST_LABEL = 28

NO_BUTTONS = ("sendChartToCloud", "sendDataToCloud", "select2d", "lasso2d", "autoScale2d")
"""Buttons that send a figure to a server, or do nothing here and cover the title when narrow."""

UNITS = {
    "usd": "USD",
    "mw": "MW",
    "mwh": "MWh",
    "gpus": "GPUs",
    "gbps": "Gbit/s",
    "tb": "TB",
    "gb": "GB",
    "ms": "ms",
    "s": "s",
    "seconds": "s",
    "hours": "h",
    "share": "of 1",
    "gap": "of 1",
}
"""Units by the last word of a column's name."""


class Look(NamedTuple):
    """How a provider shows: a color, and what tells it from the next one of that color."""

    color: str
    symbol: str
    pattern: str


def looks_of(instance: Instance) -> dict[str, Look]:
    """The look of every provider: eight colors, then the same with the next symbol."""
    found = {}
    for at, provider in enumerate(instance.providers):
        turn = (at // len(COLORS)) % len(SYMBOLS)
        found[provider.name] = Look(COLORS[at % len(COLORS)], SYMBOLS[turn], PATTERNS[turn])
    return found


def make_figure(title: str, height: int, subtitle: str = "", **layout: Any) -> go.Figure:
    """An empty figure with a title, as wide as its place and `height` pixels high."""
    heading: dict[str, Any] = {"text": title, "font": {"size": 16}, "pad": {"t": 12, "l": 10}}
    heading |= {"x": 0, "xref": "container", "y": 1, "yref": "container", "yanchor": "top"}
    if subtitle:
        heading["subtitle"] = {"text": subtitle, "font": {"size": 12, "color": FAINT_INK}}
    legend = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0}
    figure = go.Figure()
    figure.update_layout(
        template="none",
        title=heading,
        height=height,
        margin={"l": 10, "r": 16, "t": 68 if subtitle else 48, "b": 10},
        font={"family": FONT, "size": 12, "color": INK},
        legend=legend,
        hoverlabel={"align": "left", "bgcolor": "white", "font": {"color": INK}},
        paper_bgcolor="white",
        plot_bgcolor="white",
        modebar={"remove": list(NO_BUTTONS)},
    )
    figure.update_layout(**layout)
    return figure


def pattern(shape: str) -> dict[str, Any]:
    """White hatching over a bar's color; the empty shape is no hatching."""
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "white", "size": 6, "solidity": 0.25}


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with a title, room for its labels, and faint lines."""
    return {
        "title": {"text": title, "standoff": 8},
        "automargin": True,
        "gridcolor": GRID,
        "zerolinecolor": FAINT,
        **more,
    }


def label(name: str, longest: int = LONGEST_LABEL) -> str:
    """A name as figures may show it: cut when long, with no letter that plotly would obey."""
    return escape(printable(shortened(name, longest)), quote=False)


def full_label(name: str) -> str:
    """A whole name as figures may show it."""
    return escape(printable(name), quote=False)


def column_title(column: str) -> str:
    """The name of a column in words, with its unit: `penalty_usd` is ``penalty, USD``."""
    words = column.split("_")
    unit = UNITS.get(words[-1])
    if unit is None or len(words) == 1:
        return full_label(unit or column.replace("_", " "))
    return full_label(f"{' '.join(words[:-1])}, {unit}")


def translucent(color: str, opacity: float) -> str:
    """A color of the form ``#rrggbb`` that lets through what is below."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
