"""What a plan costs, line by line."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

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
            y=[*(full_label(line) for line in paid), "total"],
            x=amounts,
            measure=[*("relative" for _ in paid), "total"],
            text=[_short(amount) for amount in amounts],
            textposition="auto",
            textfont={"color": INK},
            insidetextfont={"color": "white"},
            constraintext="none",
            cliponaxis=False,
            hoverinfo="text",
            hovertext=[f"{usd(amount)} USD" for amount in amounts],
            connector={"line": {"color": "#BBBBBB", "width": 1}},
            increasing={"marker": {"color": COLORS[0]}},
            decreasing={"marker": {"color": COLORS[2]}},
            totals={"marker": {"color": "#555555"}},
        )
    )
    figure.update_layout(
        xaxis=axis(
            "USD, adding up from the top", exponentformat="B", nticks=6, range=_range(amounts)
        ),
        yaxis=axis("line of the costs", autorange="reversed", showgrid=False),
    )
    return figure


def _range(amounts: list[float]) -> list[float]:
    """From zero to the largest sum on the way, with room for the texts beside the bars."""
    sums = [0.0, *accumulate(amounts[:-1]), amounts[-1]]
    room = 0.22 * (max(sums) - min(sums))
    return [min(sums) - (room if min(sums) < 0 else 0), max(sums) + room]


def _short(amount: float) -> str:
    """An amount in three digits: ``1.25 B``, ``-70.5 M``."""
    for unit, name in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if abs(amount) >= 0.9995 * unit:
            return f"{amount / unit:,.3g}{name}" if abs(amount) < 1e12 else f"{amount:,.3g}"
    return f"{amount:,.3g}"
