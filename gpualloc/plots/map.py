"""The map of a plan: data centers by size and provider, and what moves between them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Literal

import plotly.graph_objects as go

from gpualloc.errors import UsageError
from gpualloc.instance.wording import listed, quoted
from gpualloc.plan.text import count, percent
from gpualloc.plots.globe import Point, View, main_view
from gpualloc.plots.land import land_traces
from gpualloc.plots.names import Tag, write_names
from gpualloc.plots.style import FAINT, INK, axis, full_label, label, looks_of, make_figure
from gpualloc.plots.traffic import load_traces

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan
    from gpualloc.plan.usage import Usage

HEIGHT, NARROW_HEIGHT = 560, 470
LARGEST_PX, SMALLEST_PX = 46.0, 7.0

Size = Literal["gpus", "power"]
SIZES = {"gpus": "GPUs in use", "power": "power in use, MW"}


def draw_map(plan: Plan, period: str | None = None, size: Size = "gpus") -> go.Figure:
    """Draw where a plan runs, and what moves between the data centers.

    The area of a mark is what is in use there, its color the provider; lines are spokes (solid)
    and flows (dashed), wider with more load. A slider chooses the period where there are several.

    Parameters
    ----------
    plan : Plan
        Bound to its instance.
    period : str or None
        The period to show first; None: the one with the most GPUs in use.
    size : {"gpus", "power"}
        What the size of a mark stands for: GPUs or MW in use.

    Raises
    ------
    NoPlanError
        There is no plan, or it is not bound to its instance.
    UsageError
        There is no such period, or no such size.
    """
    usage = plan.usage
    if size not in SIZES:
        raise UsageError(f"size: {quoted(size)} is not a size; {listed(SIZES)} is")
    first = _first_period(usage, period)
    sizes = _sizes(usage, size)
    weights = _weights(usage, sizes)
    view = main_view(weights)
    figure = make_figure(
        f"Where it runs ({SIZES[size]})", HEIGHT, meta={"narrow_height": NARROW_HEIGHT}
    )
    figure.add_traces(land_traces())
    layers = [_layer(usage, t, sizes, view, size) for t in range(len(usage.instance.periods))]
    _set_axes(figure, view)
    _tell_view(figure, view, weights)
    if len(layers) > 1:
        _add_slider(figure, usage, layers, first)
    for t, layer in enumerate(layers):
        figure.add_traces([trace.update(visible=t == first) for trace in layer])
    return figure


def _first_period(usage: Usage, period: str | None) -> int:
    names = usage.ledger.catalog.periods
    if period is not None and period not in names:
        raise UsageError(f"period: {quoted(period)} is not a period; {listed(names)} is")
    if period is not None:
        return names.index(period)
    gpus: Counter[int] = Counter()
    for (_, t), used in usage.ledger.gpus_used.items():
        gpus[t] += used
    return max(range(len(names)), key=lambda t: (gpus[t], -t))


def _sizes(usage: Usage, size: Size) -> dict[tuple[str, int], float]:
    """What is in use by data center and period, where it is not zero."""
    if size == "power":
        used_kw = usage.ledger.power_kw_used
        return {key: float(kw) / 1000 for key, kw in used_kw.items() if kw}
    gpus: Counter[tuple[str, int]] = Counter()
    for (offer, t), used in usage.ledger.gpus_used.items():
        gpus[usage.ledger.catalog.site_of[offer].name, t] += used
    return {key: float(used) for key, used in gpus.items() if used}


def _place(usage: Usage, site: str) -> Point:
    found = usage.ledger.catalog.sites[site]
    return found.longitude, found.latitude


def _weights(usage: Usage, sizes: dict[tuple[str, int], float]) -> dict[Point, float]:
    """What is in use at each place, over all periods; all places where nothing is in use."""
    weights: dict[Point, float] = defaultdict(float)
    for (site, _), used in sizes.items():
        weights[_place(usage, site)] += used
    return weights or {_place(usage, site.name): 1.0 for site in usage.instance.data_centers}


def _tell_view(figure: go.Figure, view: View, weights: dict[Point, float]) -> None:
    """Say so where some of what is in use is out of view."""
    inside = sum(weight for point, weight in weights.items() if view.holds(point))
    if len(weights) > sum(map(view.holds, weights)):
        figure.add_annotation(
            text=f"in view: {percent(inside / sum(weights.values()))} of the use; zoom out for all",
            **{"x": 0, "y": 1, "xref": "paper", "yref": "paper", "showarrow": False},
            **{"xanchor": "left", "yanchor": "bottom", "font": {"color": "#5C5C5C", "size": 11}},
        )


def _layer(
    usage: Usage, t: int, sizes: dict[tuple[str, int], float], view: View, size: Size
) -> list[Any]:
    """The traces of a period: lines below, then the sites, then their names."""
    places = {site: _place(usage, site) for site in usage.ledger.catalog.sites}
    most = max(sizes.values(), default=1.0)
    radii = {
        site: max(SMALLEST_PX, LARGEST_PX * (used / most) ** 0.5) / 2
        for (site, at), used in sizes.items()
        if at == t
    }
    return [
        *load_traces(usage, t, places),
        _idle(usage, [site for site in places if site not in radii]),
        *_marks(usage, t, radii, size),
        _names(radii, places, view),
    ]


def _idle(usage: Usage, sites: list[str]) -> Any:
    places = [_place(usage, site) for site in sites]
    return go.Scatter(
        x=[east for east, _ in places],
        y=[north for _, north in places],
        mode="markers",
        marker={"size": SMALLEST_PX, "symbol": "circle-open", "color": FAINT},
        hoverinfo="text",
        hovertext=[f"<b>{full_label(site)}</b><br>not in use" for site in sites],
        name="not in use",
        legendgroup="not in use",
        showlegend=bool(sites),
    )


def _marks(usage: Usage, t: int, radii: dict[str, float], size: Size) -> list[Any]:
    """The data centers in use, a trace for each provider, the largest below."""
    sites = usage.ledger.catalog.sites
    by_provider: dict[str, list[str]] = defaultdict(list)
    for site in sorted(radii, key=lambda name: -radii[name]):
        by_provider[sites[site].provider].append(site)
    told = _told(usage, t)
    traces = []
    for provider, look in looks_of(usage.instance).items():
        own = by_provider.get(provider, [])
        marker = {
            "size": [2 * radii[site] for site in own],
            "symbol": look.symbol,
            "color": look.color,
            "opacity": 0.85,
            "line": {"color": "white", "width": 1},
        }
        places = [_place(usage, site) for site in own]
        trace = go.Scatter(
            x=[east for east, _ in places],
            y=[north for _, north in places],
            mode="markers",
            marker=marker,
            hoverinfo="text",
            hovertext=[told[site] for site in own],
            name=label(provider),
            legendgroup=f"provider {label(provider)}",
        )
        traces += [trace] if own else []
    return traces


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


def _names(radii: dict[str, float], places: dict[str, Point], view: View) -> Any:
    ordered = sorted(radii, key=lambda name: -radii[name])
    tags = [Tag(label(site, 22), places[site], radii[site]) for site in ordered]
    written = write_names(tags, view)
    return go.Scatter(
        x=[found.tag.point[0] for found in written],
        y=[found.tag.point[1] for found in written],
        mode="markers+text",
        marker={"size": [2 * found.tag.radius for found in written], "opacity": 0},
        text=[found.tag.text for found in written],
        textposition=[found.side for found in written],
        textfont={"size": 11, "color": INK},
        hoverinfo="skip",
        name="names",
        showlegend=False,
        meta="wide only",
    )


def _set_axes(figure: go.Figure, view: View) -> None:
    degrees = {"ticksuffix": "°", "zeroline": False, "nticks": 8}
    figure.update_layout(
        xaxis=axis("longitude, degrees east", range=[view.west, view.east], **degrees),
        yaxis=axis(
            "latitude, degrees north",
            range=[view.south, view.north],
            scaleanchor="x",
            scaleratio=view.stretch,
            **degrees,
        ),
        dragmode="pan",
        plot_bgcolor="#FBFCFD",
    )


def _add_slider(figure: go.Figure, usage: Usage, layers: list[list[Any]], first: int) -> None:
    """A slider that shows the layer of one period; what is below all of them stays."""
    ground = [True] * len(figure.data)
    steps = []
    for t, period in enumerate(usage.ledger.catalog.periods):
        shown = [at == t for at, layer in enumerate(layers) for _ in layer]
        step = {"method": "restyle", "label": label(period, 14)}
        steps.append(step | {"args": [{"visible": ground + shown}]})
    slider = {"active": first, "steps": steps, "currentvalue": {"prefix": "period: "}}
    figure.update_layout(sliders=[slider | {"pad": {"t": 54, "b": 34}, "len": 0.94, "x": 0.02}])
    figure.update_layout(height=HEIGHT + 90, meta={"narrow_height": NARROW_HEIGHT + 130})
