"""Figures of plans, made with plotly (the extra `plots`).

::

    from gpualloc import plots

    plots.draw_map(plan).show()

Each function takes a plan that is bound to its instance and returns a plotly figure. Nothing in a
figure is fetched when it is looked at: the coastlines are part of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gpualloc.instance.formats.extras import need

if TYPE_CHECKING:
    from gpualloc.plots.costs import draw_costs
    from gpualloc.plots.frontier import draw_frontier
    from gpualloc.plots.map import draw_map
    from gpualloc.plots.placements import draw_placements
    from gpualloc.plots.sankey import draw_sankey
    from gpualloc.plots.search import draw_search
    from gpualloc.plots.use import draw_use

_HOMES = {
    "draw_costs": "costs",
    "draw_frontier": "frontier",
    "draw_map": "map",
    "draw_placements": "placements",
    "draw_sankey": "sankey",
    "draw_search": "search",
    "draw_use": "use",
}
"""The modules of the functions; they are loaded when they are first asked for."""

__all__ = [
    "draw_costs",
    "draw_frontier",
    "draw_map",
    "draw_placements",
    "draw_sankey",
    "draw_search",
    "draw_use",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gpualloc.plots' has no attribute {name!r}")
    need("plots")
    found = getattr(import_module(f"gpualloc.plots.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
