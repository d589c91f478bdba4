"""What benchmarks make of what they saw: gaps at times, stages, figures, files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from isolated import Run
from ladder import Climb, Rung, _climb_of, growth
from loglog import Panel, Series, draw_loglog
from machine import made_with
from results import Results
from stages import stage_of

from gpualloc import Progress

RUNG = Rung("12x20", "none", 1, 0, 60.0, "auto")
EVENTS = [
    Progress(1.0, None, 50.0, None),
    Progress(2.0, 100.0, 50.0, 0.5),
    Progress(6.0, 100.0, 97.0, 0.03),
    Progress(20.0, 99.0, 98.0, 1 / 99),
]


def test_gaps_at_times_and_times_to_gaps() -> None:
    """A gap holds from its event to the next, and that of the end from then on."""
    climb = Climb(RUNG, EVENTS, seconds=100.0, gap=0.004)
    assert climb.first_s == 2.0
    assert [climb.gap_at(moment) for moment in (1, 5, 6, 99, 100, 300)] == [
        *(None, 0.5, 0.03, 1 / 99, 0.004, 0.004)
    ]
    assert [climb.time_to(gap) for gap in (0.05, 0.02, 0.005, 0.001)] == [6.0, 20.0, 100.0, None]


def test_a_killed_climb_keeps_what_it_told() -> None:
    """Without a result the last gap told stays, and the table says why there is none."""
    climb = _climb_of(RUNG, Run(told=EVENTS, killed="time", seconds=180.0, peak_mb=7.0))
    assert (climb.state, climb.gap, climb.peak_mb) == ("killed: time", 1 / 99, 7.0)
    assert climb.record()["first_plan_s"] == 2.0


def frame_through(*modules: str) -> FrameType:
    """The frame of a function of the last module, called from those before in turn."""
    source = "def call(rest):\n    return rest[0](rest[1:]) if rest else sys._getframe()\n"
    calls: list[Any] = []
    for module in modules:
        space = {"__name__": module, "sys": sys}
        exec(source, space)
        calls.append(space["call"])
    frame: FrameType = calls[0](calls[1:])
    return frame


ENGINE = "gpualloc.engines.decomposition."


@pytest.mark.parametrize(
    ("modules", "stage"),
    [
        (("ladder", "gpualloc.solving", f"{ENGINE}decomposer", f"{ENGINE}search"), "search"),
        ((f"{ENGINE}decomposer", f"{ENGINE}generation", f"{ENGINE}master"), "relaxation"),
        ((f"{ENGINE}decomposer", f"{ENGINE}brand_new"), "brand_new"),
        (("gpualloc.solving", f"{ENGINE}decomposer"), "decomposer"),
        (("json.decoder",), "other"),
    ],
)
def test_stages(modules: tuple[str, ...], stage: str) -> None:
    """Time belongs to the first module below those that direct, else to the director itself."""
    assert stage_of(frame_through(*modules)) == stage


def test_figures_have_a_line_of_slope_one() -> None:
    """The line goes through the lowest start and grows as x does; limits are hollow."""
    series = Series("a", [(100, 9), (10, 2)], hollow=[(100, 9)])
    higher = Series("b", [(10, 3)])
    figure = draw_loglog("t", [Panel("p", [series, higher])] * 2, x_title="x", y_title="y")
    slope = next(trace for trace in figure.data if trace.name == "slope 1")
    # From (10, 2) on: ten times the x, ten times the y.
    assert (list(slope.x), list(slope.y)) == ([10, 100], [2, 20])
    assert list(figure.data[0].marker.symbol) == ["circle", "circle-open"]
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert sorted(shown) == ["a", "b", "slope 1"]


def test_results_are_a_table_and_data(tmp_path: Path) -> None:
    """Both files have the figures, the machine, the versions and the seed."""
    results = Results("r", ("a", "b"), [("x", "1")], [{"b": 1}], made_with(seed=5), "Notes.")
    results.write(tmp_path / "new")
    data = json.loads((tmp_path / "new" / "r.json").read_text(encoding="utf-8"))
    assert data["rows"] == [{"b": 1}]
    assert data["made"]["seed"] == 5
    assert {"processor", "cores", "gpualloc", "Python", "highspy"} <= data["made"].keys()
    text = (tmp_path / "new" / "r.md").read_text(encoding="utf-8")
    assert "| x | 1 |" in text
    assert "seed: 5" in text
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["r.json", "r.md"]


def test_growth() -> None:
    """Seconds that grow with the root of the size have a power of one half; two sizes tell none."""
    points = [(size, 3 * size**0.5) for size in (240.0, 4800.0, 200_000.0)]
    assert growth(points) == pytest.approx(0.5)
    assert growth(points[:2]) is None
