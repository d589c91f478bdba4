"""What moves between data centers, for the map: each pair's load as a line, wider with more."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import plotly.graph_objects as go

from gpualloc.plan.text import count, percent
from gpualloc.plots.globe import Way, great_circle
from gpualloc.plots.sites import place_of
from gpualloc.plots.style import INK, full_label
from gpualloc.rules.stay import Spoke

if TYPE_CHECKING:
    from gpualloc.plan.usage import Usage

WIDTHS = (1.2, 2.4, 3.8, 5.5)
"""Pixels of a line, by the quarter of the largest load that it carries."""

DASHES = {"spokes": "solid", "flows": "4px,4px"}


Ways = dict[tuple[str, str], Way]
"""The way between each pair of data centers."""


class Load(NamedTuple):
    """What a pair of data centers carries in a period, of one kind."""

    kind: str
    a: str
    b: str
    gbps: float


def loads_of(usage: Usage, t: int) -> list[Load]:
    """The spokes' and flows' bandwidth between each pair of data centers in period `t`."""
    gbps: dict[tuple[str, str, str], float] = defaultdict(float)
    for sent in usage.ledger.traffic:
        if sent.t == t:
            kind = "spokes" if isinstance(sent, Spoke) else "flows"
            gbps[kind, *sent.pair] += sent.gbps
    return [Load(*key, amount) for key, amount in sorted(gbps.items()) if amount > 0]


def load_traces(usage: Usage, t: int) -> list[Any]:
    """Lines between the data centers, and the marks on their middles that tell the load."""
    loads = loads_of(usage, t)
    ways = {(load.a, load.b): _way(usage, load) for load in loads}
    most = max((load.gbps for load in loads), default=0.0)
    by_look: dict[tuple[str, int], list[Load]] = defaultdict(list)
    for load in loads:
        quarter = min(int(len(WIDTHS) * load.gbps / most), len(WIDTHS) - 1)
        by_look[load.kind, quarter].append(load)
    named: set[str] = set()
    traces = []
    for (kind, quarter), group in sorted(by_look.items(), reverse=True):
        traces.append(_lines(kind, WIDTHS[quarter], group, ways, kind not in named))
        named.add(kind)
    return [*traces, _middles(usage, t, loads, ways)] if loads else []


def _lines(kind: str, width: float, loads: list[Load], ways: Ways, named: bool) -> Any:
    points = [point for load in loads for point in (*ways[load.a, load.b], (None, None))]
    return go.Scatter(
        x=[east for east, _ in points],
        y=[north for _, north in points],
        mode="lines",
        line={"color": INK, "width": width, "dash": DASHES[kind]},
        opacity=0.55,
        hoverinfo="skip",
        name=f"{kind} (wider: more Gbit/s)",
        legendgroup=kind,
        showlegend=named,
    )


def _middles(usage: Usage, t: int, loads: list[Load], ways: Ways) -> Any:
    points = [_middle(ways[load.a, load.b]) for load in loads]
    return go.Scatter(
        x=[east for east, _ in points],
        y=[north for _, north in points],
        mode="markers",
        marker={"size": 14, "opacity": 0, "color": INK},
        hoverinfo="text",
        hovertext=[_told(usage, t, load) for load in loads],
        showlegend=False,
        name="loads",
    )


def _way(usage: Usage, load: Load) -> Way:
    return great_circle(place_of(usage, load.a), place_of(usage, load.b))


def _middle(way: Way) -> tuple[float | None, float | None]:
    """The point in the middle of a way that is no gap."""
    at = len(way) // 2
    return way[at - 1] if way[at][0] is None else way[at]


def _told(usage: Usage, t: int, load: Load) -> str:
    path = usage.ledger.catalog.paths.between(load.a, load.b)
    taken = usage.ledger.link_gbps_used.get((load.a, load.b, t), 0.0)
    ends = f"<b>{full_label(load.a)} - {full_label(load.b)}</b>"
    lines = [ends, f"{load.kind}: {count(load.gbps)} Gbit/s"]
    if path is not None:
        share = percent(taken / path.gbps)
        lines.append(f"link: {count(taken)} of {count(path.gbps)} Gbit/s ({share})")
        lines.append(f"round trip: {path.rtt_ms:,.1f} ms")
    return "<br>".join(lines)
