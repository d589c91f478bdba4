"""What a page needs to show figures without a network: plotly's script, and figures as JSON."""

from __future__ import annotations

from typing import Any

from plotly.offline import get_plotlyjs


def plotly_js() -> str:
    """The whole script of plotly.js, as it comes with the package."""
    script: str = get_plotlyjs()
    return script


def figure_json(figure: Any) -> str:
    """A figure as JSON for `Plotly.newPlot`."""
    text: str = figure.to_json()
    return text
