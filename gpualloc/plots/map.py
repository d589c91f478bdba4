"""The map of a plan: data centers by size and provider, and what moves between them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Literal

import plotly.graph_objects as go

from gpualloc.errors import UsageError
from gpualloc.instance.wording import listed, quoted
from gpualloc.plan.text import percent
from gpualloc.plots.globe import Point, View, main_view
from gpualloc.plots.land import land_traces
from gpualloc.plots.sites import place_of, site_traces
from gpualloc.plots.style import axis, label, make_figure
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
    layers = [_layer(usage, t, sizes, view) for t in range(len(usage.instance.periods))]
    _set_axes(figure, view, _told_view(view, weights))
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


def _weights(usage: Usage, sizes: dict[tuple[str, int], float]) -> dict[Point, float]:
    """What is in use at each place, over all periods; all places where nothing is in use."""
    weights: dict[Point, float] = defaultdict(float)
    for (site, _), used in sizes.items():
        weights[place_of(usage, site)] += used
    return weights or {place_of(usage, site.name): 1.0 for site in usage.instance.data_centers}


def _told_view(view: View, weights: dict[Point, float]) -> str:
    """How much of what is in use is in view, where some is not."""
    inside = sum(weight for point, weight in weights.items() if view.holds(point))
    if all(map(view.holds, weights)):
        return ""
    share = percent(inside / sum(weights.values()))
    return f"<br><i>in view: {share} of the use; zoom out for all</i>"


def _layer(usage: Usage, t: int, sizes: dict[tuple[str, int], float], view: View) -> list[Any]:
    """The traces of a period: lines below, data centers above."""
    most = max(sizes.values(), default=1.0)
    radii = {
        site: max(SMALLEST_PX, LARGEST_PX * (used / most) ** 0.5) / 2
        for (site, at), used in sizes.items()
        if at == t
    }
    return [*load_traces(usage, t), *site_traces(usage, t, radii, view)]


def _set_axes(figure: go.Figure, view: View, told: str) -> None:
    degrees = {"ticksuffix": "°", "zeroline": False, "nticks": 8}
    figure.update_layout(
        xaxis=axis(f"longitude, degrees east{told}", range=[view.west, view.east], **degrees),
        yaxis=axis(
            "latitude, degrees north",
            range=[view.south, view.north],
            scaleanchor="x",
            scaleratio=view.stretch,
            **degrees,
        ),
        dragmode="pan",
        legend={"itemclick": False, "itemdoubleclick": False},
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
