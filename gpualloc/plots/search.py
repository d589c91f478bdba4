"""The search: the best plan and the proven bound against time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from gpualloc.plan.text import gap_text, usd
from gpualloc.plots.style import COLORS, axis, full_label, make_figure

if TYPE_CHECKING:
    from gpualloc.progress import Progress


def draw_search(events: Iterable[Progress]) -> go.Figure:
    """Draw how the best plan and the bound came together.

    Parameters
    ----------
    events : iterable of Progress
        What `solve` told on its way: pass ``on_progress=events.append``.
    """
    told = sorted(events, key=lambda event: event.seconds)
    figure = make_figure("The search", 420)
    figure.add_trace(_steps("best plan", told, [event.incumbent_usd for event in told], COLORS[3]))
    figure.add_trace(_steps("proven bound", told, [event.bound_usd for event in told], COLORS[0]))
    figure.update_layout(
        xaxis=axis("time since the solve began, s", rangemode="tozero"),
        yaxis=axis("cost of a plan, USD", exponentformat="B"),
    )
    return figure


def _steps(name: str, told: Sequence[Progress], amounts: Sequence[float | None], color: str) -> Any:
    """A line that keeps its height until the next event."""
    return go.Scatter(
        x=[event.seconds for event in told],
        y=list(amounts),
        name=name,
        mode="lines+markers",
        line={"shape": "hv", "color": color, "width": 2},
        marker={"size": 5, "symbol": "circle" if name == "best plan" else "square"},
        hoverinfo="text",
        hovertext=[_tell(name, event, amount) for event, amount in zip(told, amounts, strict=True)],
    )


def _tell(name: str, event: Progress, amount: float | None) -> str:
    lines = [f"{name}: {'none' if amount is None else usd(amount) + ' USD'}"]
    lines += [] if event.gap is None else [f"gap: {gap_text(event.gap)}"]
    lines += [f"after {event.seconds:,.1f} s"]
    lines += [full_label(event.note)] if event.note else []
    return "<br>".join(lines)
