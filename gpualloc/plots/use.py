"""How full each data center is, in GPUs and in power, over the periods."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from gpualloc.plan.text import count, percent
from gpualloc.plan.usage import share
from gpualloc.plots.style import COLORS, PATTERNS, axis, full_label, label, make_figure, pattern

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan
    from gpualloc.plan.usage import Usage

TITLE = "How full each data center is"
KINDS = ("GPUs", "power")
ROW_PX = 17


class Use(NamedTuple):
    """What a data center uses of something in a period."""

    used: float
    limit: float | None
    unit: str

    @property
    def percent(self) -> float | None:
        """Used part of the limit in percent; None where there is no limit, or it is zero."""
        part = share(self.used, self.limit) if self.limit else None
        return None if part is None else 100 * part


def draw_use(plan: Plan) -> go.Figure:
    """Draw what each data center uses of its GPUs and its power: bars, or a map over the periods.

    Data centers that are not used are left out; the one with the most GPUs in use comes first.

    Parameters
    ----------
    plan : Plan
        Bound to its instance.

    Raises
    ------
    NoPlanError
        There is no plan, or it is not bound to its instance.
    """
    usage = plan.usage
    table = _table(usage)
    sites = _sites_in_use(usage)
    draw = _draw_bars if len(usage.instance.periods) == 1 else _draw_periods
    return draw(usage, sites, table)


Table = dict[tuple[str, str, str], Use]
"""By kind, data center and period."""


def _table(usage: Usage) -> Table:
    gpus: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in usage.offers:
        gpus[row.data_center, row.period][0] += row.used_gpus
        gpus[row.data_center, row.period][1] += row.limit_gpus
    table = {("GPUs", *key): Use(used, limit, "GPUs") for key, (used, limit) in gpus.items()}
    for power in usage.power:
        key = ("power", power.data_center, power.period)
        table[key] = Use(power.used_mw, power.limit_mw, "MW")
    return table


def _sites_in_use(usage: Usage) -> list[str]:
    gpus: dict[str, int] = defaultdict(int)
    for row in usage.offers:
        gpus[row.data_center] += row.used_gpus
    return sorted((site for site in gpus if gpus[site]), key=lambda site: -gpus[site])


def _draw_bars(usage: Usage, sites: list[str], table: Table) -> go.Figure:
    period = usage.instance.periods[0].name
    figure = make_figure(TITLE, 170 + 2 * ROW_PX * len(sites), "no bar: no limit")
    for at, kind in enumerate(KINDS):
        uses = [table[kind, site, period] for site in sites]
        if all(use.limit is None for use in uses):
            continue
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=list(range(len(sites))),
                x=[use.percent for use in uses],
                name=kind,
                marker={"color": COLORS[at], "pattern": pattern(PATTERNS[at])},
                hoverinfo="text",
                hovertext=[_told(site, kind, use) for site, use in zip(sites, uses, strict=True)],
            )
        )
    figure.add_vline(x=100, line={"color": "#555555", "width": 1, "dash": "dot"})
    figure.update_layout(
        barmode="group",
        bargap=0.25,
        showlegend=True,
        xaxis=axis("in use, % of the limit", range=[0, 104], ticksuffix=" %"),
        yaxis=_site_axis(sites),
    )
    return figure


def _draw_periods(usage: Usage, sites: list[str], table: Table) -> go.Figure:
    """A map for each kind: a row for each data center, a column for each period."""
    periods = [period.name for period in usage.instance.periods]
    subtitle = "in use, % of the limit, by period; blank: no limit"
    figure = make_figure(TITLE, 190 + ROW_PX * len(sites), subtitle)
    for at, kind in enumerate(KINDS):
        uses = [[table[kind, site, period] for period in periods] for site in sites]
        figure.add_trace(
            go.Heatmap(
                z=[[use.percent for use in row] for row in uses],
                hovertext=[
                    [f"{_told(site, kind, use)}<br>{full_label(period)}" for period, use in cells]
                    for site, row in zip(sites, uses, strict=True)
                    for cells in [list(zip(periods, row, strict=True))]
                ],
                hoverinfo="text",
                xaxis=f"x{at + 1}",
                yaxis="y",
                xgap=1,
                ygap=1,
                coloraxis="coloraxis",
            )
        )
    ticks = {
        "tickvals": list(range(len(periods))),
        "ticktext": [label(period, 14) for period in periods],
        "showgrid": False,
        "zeroline": False,
    }
    bar: dict[str, object] = {"ticksuffix": " %", "orientation": "h", "thickness": 12}
    bar |= {"y": 0, "yref": "container", "yanchor": "bottom"}
    figure.update_layout(
        xaxis=axis("GPUs", domain=[0, 0.47], **ticks),
        xaxis2=axis("power", domain=[0.53, 1], **ticks),
        yaxis=_site_axis(sites),
        coloraxis={"colorscale": "Cividis", "cmin": 0, "cmax": 100, "colorbar": bar},
        margin={"b": 70},
    )
    return figure


def _site_axis(sites: list[str]) -> dict[str, object]:
    return axis(
        "data center",
        tickvals=list(range(len(sites))),
        ticktext=[label(site, 20) for site in sites],
        range=[len(sites) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )


def _told(site: str, kind: str, use: Use) -> str:
    part = share(use.used, use.limit) if use.limit else None
    limit = "no limit" if use.limit is None else f"of {count(round(use.limit, 2))} {use.unit}"
    full = "" if part is None else f" ({percent(part)})"
    used = f"{count(round(use.used, 2))} {use.unit}"
    return f"<b>{full_label(site)}</b>, {kind}<br>{used}, {limit}{full}"
