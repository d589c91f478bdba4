"""What a plan costs, line by line."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from gpualloc.plan.text import usd
from gpualloc.plots.style import COLORS, INK, axis, full_label, make_figure

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan


def draw_costs(plan: Plan) -> go.Figure:
    """Draw the cost lines as a waterfall that ends in the cost of the plan.

    Lines of zero are left out.

    Parameters
    ----------
    plan : Plan

    Raises
    ------
    NoPlanError
        There is no plan.
    """
    _ = plan.layout
    paid = {line: amount for line, amount in (plan.costs or {}).items() if amount}
    total = plan.objective_usd or 0.0
    amounts = [*paid.values(), total]
    figure = make_figure("What it costs", 130 + 34 * len(amounts), showlegend=False)
    figure.add_trace(
        go.Waterfall(
            orientation="h",
            y=list(range(len(amounts))),
            x=amounts,
            measure=[*("relative" for _ in paid), "total"],
            hoverinfo="text",
            hovertext=[f"{usd(amount)} USD" for amount in amounts],
            connector={"line": {"color": "#BBBBBB", "width": 1}},
            increasing={"marker": {"color": COLORS[0]}},
            decreasing={"marker": {"color": COLORS[2]}},
            totals={"marker": {"color": "#555555"}},
        )
    )
    figure.add_trace(_texts(amounts))
    figure.update_layout(
        xaxis=axis(
            "USD, adding up from the top", exponentformat="B", nticks=6, range=_range(amounts)
        ),
        yaxis=axis(
            "line of the costs",
            tickvals=list(range(len(amounts))),
            ticktext=[*(full_label(line) for line in paid), "total"],
            range=[len(amounts) - 0.5, -0.5],
            showgrid=False,
            zeroline=False,
        ),
    )
    return figure


def _texts(amounts: list[float]) -> Any:
    """The amounts beside the bars, on the right; a bar too small to see has one as well."""
    sums = _sums(amounts)
    return go.Scatter(
        x=[*map(max, pairwise(sums[:-1])), max(0.0, amounts[-1])],
        y=list(range(len(amounts))),
        mode="text",
        text=[f" {_short(amount)}" for amount in amounts],
        textposition="middle right",
        textfont={"color": INK},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _sums(amounts: list[float]) -> list[float]:
    """The sums on the way: zero, after each line, and the total."""
    return [0.0, *accumulate(amounts[:-1]), amounts[-1]]


def _range(amounts: list[float]) -> list[float]:
    """From zero to the largest sum on the way, with room for the texts beside the bars."""
    sums = _sums(amounts)
    room = 0.22 * (max(sums) - min(sums))
    return [min(sums) - (room if min(sums) < 0 else 0), max(sums) + room]


def _short(amount: float) -> str:
    """An amount in three digits: ``1.25 B``, ``-70.5 M``."""
    for unit, name in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if abs(amount) >= 0.9995 * unit:
            return f"{amount / unit:,.3g}{name}" if abs(amount) < 1e12 else f"{amount:,.3g}"
    return f"{amount:,.3g}"
