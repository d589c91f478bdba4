"""Data centers on the map: their marks, what these tell, and their names."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from gpualloc.plan.text import count
from gpualloc.plots.globe import Point, View
from gpualloc.plots.names import Tag, write_names
from gpualloc.plots.style import FAINT, INK, full_label, label, looks_of

if TYPE_CHECKING:
    from gpualloc.plan.usage import Usage

IDLE_PX, LEGEND_PX = 7.0, 11.0

HALO = ", ".join(["0 0 3px white"] * 4)
"""A light edge that keeps names readable above lines and marks."""


def place_of(usage: Usage, site: str) -> Point:
    """Where a data center is."""
    found = usage.ledger.catalog.sites[site]
    return found.longitude, found.latitude


def site_traces(usage: Usage, t: int, radii: dict[str, float], view: View) -> list[Any]:
    """The data centers in period `t`: those not in use, those in use, and their names.

    Parameters
    ----------
    usage : Usage
    t : int
    radii : dict
        Pixels of the data centers in use, by name. Small marks are drawn above large ones.
    view : View
    """
    ordered = sorted(radii, key=lambda name: -radii[name])
    idle = [site for site in usage.ledger.catalog.sites if site not in radii]
    names = _names(usage, ordered, radii, view)
    return [_idle(usage, idle), _marks(usage, t, ordered, radii), *_legend(usage, radii), names]


def _idle(usage: Usage, sites: list[str]) -> Any:
    return go.Scatter(
        **_points(usage, sites),
        mode="markers",
        marker={"size": IDLE_PX, "symbol": "circle-open", "color": FAINT},
        hoverinfo="text",
        hovertext=[f"<b>{full_label(site)}</b><br>not in use" for site in sites],
        name="not in use",
        showlegend=bool(sites),
    )


def _points(usage: Usage, sites: list[str]) -> dict[str, list[float]]:
    places = [place_of(usage, site) for site in sites]
    return {"x": [east for east, _ in places], "y": [north for _, north in places]}


def _marks(usage: Usage, t: int, sites: list[str], radii: dict[str, float]) -> Any:
    """One trace for all data centers in use, so that none hides a smaller one."""
    looks, told = looks_of(usage.instance), _told(usage, t)
    own = [looks[usage.ledger.catalog.sites[site].provider] for site in sites]
    return go.Scatter(
        **_points(usage, sites),
        mode="markers",
        marker={
            "size": [2 * radii[site] for site in sites],
            "symbol": [look.symbol for look in own],
            "color": [look.color for look in own],
            "opacity": 0.85,
            "line": {"color": "white", "width": 1},
        },
        hoverinfo="text",
        hovertext=[told[site] for site in sites],
        name="data centers",
        showlegend=False,
    )


def _legend(usage: Usage, radii: dict[str, float]) -> list[Any]:
    """An entry of the legend for each provider of a data center in use."""
    shown = {usage.ledger.catalog.sites[site].provider for site in radii}
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={"size": LEGEND_PX, "symbol": look.symbol, "color": look.color},
            name=label(provider),
            hoverinfo="skip",
        )
        for provider, look in looks_of(usage.instance).items()
        if provider in shown
    ]


def _told(usage: Usage, t: int) -> dict[str, str]:
    """What each data center is, and how full in period `t`."""
    period = usage.ledger.catalog.periods[t]
    gpus: dict[str, list[str]] = defaultdict(list)
    for row in usage.offers:
        if row.period == period and row.used_gpus:
            limit = f"{count(row.used_gpus)} of {count(row.limit_gpus)}"
            gpus[row.data_center].append(f"{full_label(row.gpu_type)}: {limit} GPUs")
    power = {row.data_center: row for row in usage.power if row.period == period}
    told = {}
    for site in usage.instance.data_centers:
        drawn = power[site.name]
        limit = "" if drawn.limit_mw is None else f" of {drawn.limit_mw:,.1f}"
        lines = [f"<b>{full_label(site.name)}</b> ({full_label(site.provider)})"]
        lines += [*gpus[site.name], f"power: {drawn.used_mw:,.1f}{limit} MW"]
        told[site.name] = "<br>".join(lines)
    return told


def _names(usage: Usage, sites: list[str], radii: dict[str, float], view: View) -> Any:
    tags = [Tag(label(site, 22), place_of(usage, site), radii[site]) for site in sites]
    written = write_names(tags, view)
    return go.Scatter(
        x=[found.tag.point[0] for found in written],
        y=[found.tag.point[1] for found in written],
        mode="markers+text",
        marker={"size": [2 * found.tag.radius for found in written], "opacity": 0},
        text=[found.tag.text for found in written],
        textposition=[found.side for found in written],
        textfont={"size": 11, "color": INK, "shadow": HALO},
        hoverinfo="skip",
        name="names",
        showlegend=False,
        meta="wide only",
    )
