"""What all figures keep: titles and units, escaped names, nothing fetched, colors for all eyes."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import util
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gpualloc
from gpualloc import Plan, plots
from gpualloc.errors import MissingExtraError, UsageError
from gpualloc.plots.style import COLORS, column_title, looks_of
from gpualloc.progress import Progress
from tests.plots.plot_cases import HOSTILE, hostile_plan, large_plan
from tests.small_plan import small_plan

EVENTS = [
    Progress(0.5, None, 700_000.0, None, "root"),
    Progress(2.0, 800_000.0, 700_000.0, 0.125, "dive"),
    Progress(3.0, 764_700.0, 764_700.0, 0.0, "proof"),
]
POINTS = pd.DataFrame(
    {"stall_usd": [9.0, 1.0, 4.0], "objective_usd": [10.0, 30.0, 20.0], "note": ["c", "a", "b"]}
)


def figures(plan: Plan) -> dict[str, Any]:
    """Every figure there is."""
    drawn = {name: getattr(plots, f"draw_{name}")(plan) for name in NAMES}
    return {**drawn, "search": plots.draw_search(EVENTS), "frontier": plots.draw_frontier(POINTS)}


COMMITMENT = Path(__file__).parents[2] / "instances" / "teaching" / "commitment.json"
SELF_CONTAINED = {"bar", "heatmap", "sankey", "scatter", "waterfall"}
NAMES = ("costs", "map", "placements", "sankey", "use")


@pytest.mark.parametrize("make_plan", [small_plan, large_plan])
def test_every_axis_has_a_title(make_plan: Callable[[], Plan]) -> None:
    """Every axis of every figure says what it is; every figure has a title."""
    for name, figure in figures(make_plan()).items():
        layout = figure.to_plotly_json()["layout"]
        axes = {key: axis for key, axis in layout.items() if key[1:].startswith("axis")}
        assert layout["title"]["text"], name
        for key, axis in axes.items():
            assert axis.get("title", {}).get("text"), (name, key)
        assert len(axes) >= 2 or name == "sankey"


@pytest.mark.parametrize("make_plan", [small_plan, large_plan])
def test_nothing_is_fetched(make_plan: Callable[[], Plan]) -> None:
    """No figure names an address, or is of a kind for which plotly.js asks a server."""
    for name, figure in figures(make_plan()).items():
        text = figure.to_json()
        assert "http" not in text, name
        assert {trace.type for trace in figure.data} <= SELF_CONTAINED, name


def test_nothing_is_sent() -> None:
    """No figure offers the button that sends it to a server."""
    for name, figure in figures(small_plan()).items():
        assert "sendChartToCloud" in figure.layout.modebar.remove, name


def texts_of(value: Any) -> list[str]:
    """All texts within a figure."""
    if isinstance(value, dict):
        return [text for cell in value.values() for text in texts_of(cell)]
    if isinstance(value, list):
        return [text for cell in value for text in texts_of(cell)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", NAMES)
def test_names_are_no_markup(name: str) -> None:
    """Of the tags in a figure's texts, all are its own; names show as they are written."""
    figure = getattr(plots, f"draw_{name}")(hostile_plan())
    found = " ".join(texts_of(json.loads(figure.to_json())))
    for tag in ("<b>", "</b>", "<br>", "<extra></extra>"):
        found = found.replace(tag, "")
    assert "<" not in found
    assert name == "costs" or "&lt;" in found


def test_hostile_names_are_those_of_the_plan() -> None:
    """The plan that the tests of escaping use has all the names that need it."""
    text = hostile_plan().instance.model_dump_json()
    assert all(json.dumps(name)[1:-1] in text for name in HOSTILE.values())


def test_a_name_is_no_template() -> None:
    """Where plotly fills in a template, names are its data, never a part of it."""
    sankey = plots.draw_sankey(hostile_plan()).data[0]
    assert sankey.node.hovertemplate.startswith("%{customdata}<br>")
    assert "%{x}" not in sankey.node.hovertemplate + sankey.link.hovertemplate


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without plotly the message tells what to install."""
    monkeypatch.setattr("gpualloc.instance.formats.extras.find_spec", lambda name: None)
    monkeypatch.delitem(plots.__dict__, "draw_costs", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'gpualloc\[plots\]'"):
        _ = plots.draw_costs
    assert util.find_spec("plotly") is not None


def test_the_frontier_is_in_order() -> None:
    """Points are joined in the order of x, whatever the order of the rows, with all columns."""
    figure = plots.draw_frontier(POINTS)
    assert (list(figure.data[0].x), list(figure.data[0].y)) == ([1, 4, 9], [30, 20, 10])
    assert figure.layout.xaxis.title.text == "stall, USD"
    assert figure.data[0].hovertext[0] == "stall, USD: 1<br>objective, USD: 30<br>note: a"
    turned = plots.draw_frontier(POINTS, x="objective_usd")
    assert list(turned.data[0].x) == [10, 20, 30]


def test_the_frontier_of_an_instance_has_its_own_titles() -> None:
    """What `gpualloc.frontier` answers is drawn with its labels, and with what is proven."""
    found = gpualloc.frontier(gpualloc.read(COMMITMENT), against="providers")
    figure = plots.draw_frontier(found)
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "providers",
        "cost, USD",
    )
    # 5 shards at Azure and 3 at CoreWeave: 22.5 M USD; all 8 at Azure: 8 x 3 M
    assert (list(figure.data[0].x), list(figure.data[0].y)) == ([1, 2], [24e6, 22.5e6])
    assert list(figure.data[0].error_y.arrayminus) == pytest.approx([0, 0], abs=30)


@pytest.mark.parametrize(("x", "frame"), [("note", POINTS), (None, POINTS[["stall_usd", "note"]])])
def test_the_frontier_needs_two_columns_of_numbers(x: str | None, frame: pd.DataFrame) -> None:
    """A column of texts is no goal, and one column of numbers is not enough."""
    with pytest.raises(UsageError, match="numbers"):
        plots.draw_frontier(frame, x=x)


def test_the_search_has_both_lines() -> None:
    """Best plan and bound are told against time; there is a gap where there is no plan yet."""
    best, bound = plots.draw_search(EVENTS[::-1]).data
    assert list(best.x) == [0.5, 2.0, 3.0]
    assert list(best.y) == [None, 800_000.0, 764_700.0]
    assert list(bound.y) == [700_000.0, 700_000.0, 764_700.0]
    assert "gap: 12.50 %" in best.hovertext[1]


@pytest.mark.parametrize(
    ("column", "title"),
    [("objective_usd", "objective, USD"), ("power_mw", "power, MW"), ("gpus", "GPUs")],
)
def test_columns_tell_their_units(column: str, title: str) -> None:
    """The last word of a column's name is its unit on an axis."""
    assert column_title(column) == title


def test_providers_look_different() -> None:
    """Even with more providers than colors no two look alike."""
    plan = large_plan()
    looks = looks_of(plan.instance)
    assert len(looks) > len(COLORS)
    assert len(set(looks.values())) == len(looks)


# Machado, Oliveira and Fernandes (2009): what full loss of one kind of cone leaves of linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def lab_of(color: str, sight: Any) -> Any:
    """A color in CIE Lab, as an eye sees it."""
    srgb = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    part = XYZ @ np.clip(np.array(sight) @ linear, 0, 1) / WHITE
    f = np.where(part > 0.008856, np.cbrt(part), 7.787 * part + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
def test_colors_differ_for_all_eyes(sight: str) -> None:
    """Any two colors are at least 12 apart in Lab, six times what can just be told apart."""
    seen = [lab_of(color, SIGHT[sight]) for color in COLORS]
    nearest = min(np.linalg.norm(a - b) for a, b in combinations(seen, 2))
    assert nearest > 12
