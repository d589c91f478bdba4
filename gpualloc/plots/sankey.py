"""GPU-hours on their way from jobs through providers to data centers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gpualloc.plots.style import FAINT, INK, full_label, label, looks_of, make_figure, translucent

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan
    from gpualloc.plan.usage import Usage

MOST_NODES = 30
"""Names in a column at most; those with the fewest GPU-hours become one."""

COLUMNS = ("job", "provider", "data center")

Node = tuple[int, str]
"""The column and the name."""


def draw_sankey(plan: Plan, most: int = MOST_NODES) -> go.Figure:
    """Draw how the GPU-hours of the jobs divide over providers and their data centers.

    Parameters
    ----------
    plan : Plan
        Bound to its instance.
    most : int
        Names in each column; the jobs and data centers with the fewest GPU-hours are joined.

    Raises
    ------
    NoPlanError
        There is no plan, or it is not bound to its instance.
    """
    usage = plan.usage
    flows = _flows(usage, most)
    nodes = list(dict.fromkeys(node for pair in flows for node in pair))
    at = {node: position for position, node in enumerate(nodes)}
    looks = {name: look.color for name, look in looks_of(usage.instance).items()}
    colors = {pair: looks[_provider(pair)] for pair in flows}
    rows = max((sum(1 for node in nodes if node[0] == column) for column in range(3)), default=1)
    figure = make_figure(
        "Who runs what where (GPU-hours)", max(340, 120 + 26 * rows), margin={"b": 34}
    )
    figure.add_trace(
        go.Sankey(
            node={
                "label": [label(name, 22) for _, name in nodes],
                "customdata": [full_label(name) for _, name in nodes],
                "color": [_node_color(node, looks, usage) for node in nodes],
                "line": {"width": 0},
                "pad": 10,
                "thickness": 14,
                "hovertemplate": "%{customdata}<br>%{value:,.0f} GPU-hours<extra></extra>",
            },
            link={
                "source": [at[start] for start, _ in flows],
                "target": [at[end] for _, end in flows],
                "value": list(flows.values()),
                "color": [translucent(color, 0.35) for color in colors.values()],
                "customdata": [_ends(pair) for pair in flows],
                "hovertemplate": "%{customdata}<br>%{value:,.0f} GPU-hours<extra></extra>",
            },
            textfont={"color": INK, "size": 11, "shadow": "none"},
            domain={"y": [0.02, 1]},
        )
    )
    for column, title in enumerate(COLUMNS):
        figure.add_annotation(
            text=f"<b>{title}</b>",
            x=column / 2,
            xanchor=("left", "center", "right")[column],
            y=0,
            yanchor="top",
            xref="paper",
            yref="paper",
            showarrow=False,
        )
    return figure


def _flows(usage: Usage, most: int) -> dict[tuple[Node, Node], float]:
    """GPU-hours between neighboring columns, the largest names first."""
    hours = {period.name: period.hours for period in usage.instance.periods}
    by_job: dict[str, float] = defaultdict(float)
    by_site: dict[str, float] = defaultdict(float)
    for row in usage.placed:
        by_job[row.job] += row.gpus * hours[row.period]
        by_site[row.data_center] += row.gpus * hours[row.period]
    jobs, sites = _named(by_job, most, "jobs"), _named(by_site, most, "data centers")
    flows: dict[tuple[Node, Node], float] = defaultdict(float)
    for row in sorted(usage.placed, key=lambda row: -by_job[row.job]):
        gpu_hours = row.gpus * hours[row.period]
        job, provider, site = (0, jobs[row.job]), (1, row.provider), (2, sites[row.data_center])
        flows[job, provider] += gpu_hours
        flows[provider, site] += gpu_hours
    return dict(flows)


def _named(hours: dict[str, float], most: int, word: str) -> dict[str, str]:
    """The name under which each one shows: its own, or that of all small ones together."""
    ordered = sorted(hours, key=lambda name: -hours[name])
    rest = ordered[most - 1 :] if len(ordered) > most else []
    return {name: name for name in ordered} | dict.fromkeys(rest, f"{len(rest):,} other {word}")


def _provider(pair: tuple[Node, Node]) -> str:
    return next(name for column, name in pair if column == 1)


def _node_color(node: Node, looks: dict[str, str], usage: Usage) -> str:
    column, name = node
    if column == 1:
        return looks[name]
    site = usage.ledger.catalog.sites.get(name) if column == 2 else None
    return FAINT if site is None else looks[site.provider]


def _ends(pair: tuple[Node, Node]) -> str:
    return " to ".join(full_label(name) for _, name in pair)
