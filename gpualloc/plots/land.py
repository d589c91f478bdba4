"""The ground of the map: land and borders from Natural Earth (public domain), in the package."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import plotly.graph_objects as go

from gpualloc.plots.style import LAND

Line = list[tuple[float, float]]
"""Points as (degrees east, degrees north)."""


def land_traces() -> list[Any]:
    """Land as an area, with coastlines, and the borders of countries as lines above it."""
    east, north = _joined(_ground()["land"])
    land = go.Scatter(
        x=east,
        y=north,
        mode="lines",
        fill="toself",
        fillcolor=LAND,
        line={"color": "#B9B4A8", "width": 0.7},
        hoverinfo="skip",
        showlegend=False,
        name="land",
    )
    east, north = _joined(_ground()["borders"])
    borders = go.Scatter(
        x=east,
        y=north,
        mode="lines",
        line={"color": "#D5D1C6", "width": 0.7},
        hoverinfo="skip",
        showlegend=False,
        name="borders",
    )
    return [land, borders]


@cache
def _ground() -> dict[str, list[Line]]:
    text = files("gpualloc.plots").joinpath("land.json").read_text(encoding="utf-8")
    found: dict[str, list[Line]] = json.loads(text)
    return found


def _joined(lines: list[Line]) -> tuple[list[float | None], list[float | None]]:
    """The lines one after the other, each ended by a gap."""
    points = [point for line in lines for point in (*line, (None, None))]
    return [east for east, _ in points], [north for _, north in points]
