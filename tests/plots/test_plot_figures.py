"""The figures of a plan: the marks are where and as large as the plan's figures say."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from gpualloc import plots
from gpualloc.errors import NoPlanError, UsageError
from tests.plots.plot_cases import large_plan, plan_of
from tests.small_plan import OBJECTIVE_USD, small_plan

GPU_HOURS = {"abilene": 180_000, "fairwater": 120_000}
"""600 GPUs and 400 GPUs over 300 h."""


def named(figure: Any, name: str) -> Any:
    """The trace of a name that shows."""
    return next(trace for trace in figure.data if trace.name == name and trace.visible is not False)


def test_marks_are_as_large_as_their_gpus() -> None:
    """The areas of two marks relate like the GPUs in use, and the marks are at the sites."""
    figure = plots.draw_map(small_plan())
    marks = named(figure, "data centers")
    # 600 GPUs in abilene, 400 in fairwater
    assert (marks.marker.size[0] / marks.marker.size[1]) ** 2 == pytest.approx(600 / 400)
    assert list(zip(marks.x, marks.y, strict=True)) == [(-99.7, 32.4), (-87.9, 42.7)]
    colors = [named(figure, provider).marker.color for provider in ("oracle", "azure")]
    assert list(marks.marker.color) == colors
    assert len(set(colors)) == 2


def test_small_marks_are_above_large_ones() -> None:
    """Of a hundred marks none is drawn before a smaller one, so that each can be seen."""
    sizes = list(named(plots.draw_map(large_plan()), "data centers").marker.size)
    assert len(sizes) > 50
    assert sizes == sorted(sizes, reverse=True)


def test_marks_can_stand_for_power() -> None:
    """With `size` power the areas relate like the MW drawn."""
    figure = plots.draw_map(small_plan(), size="power")
    marks = named(figure, "data centers").marker
    # 600 x 1 kW x 1.25 = 0.75 MW, and 400 x 1 kW = 0.4 MW
    assert (marks.size[0] / marks.size[1]) ** 2 == pytest.approx(0.75 / 0.4)


def test_the_map_tells_loads_and_limits() -> None:
    """The spoke runs from site to site and tells its load and its link."""
    figure = plots.draw_map(small_plan())
    line = named(figure, "spokes (wider: more Gbit/s)")
    ends = [(line.x[0], line.y[0]), (line.x[-2], line.y[-2])]
    assert ends == [(-99.7, 32.4), (-87.9, 42.7)]
    # `llama` reserves 100 Gbit/s, all of the link
    assert "100 of 100 Gbit/s (100.0 %)" in named(figure, "loads").hovertext[0]
    # abilene: 600 of 600 GPUs, 0.75 MW of the 0.75 that Q1 allows
    assert "600 of 600 GPUs<br>power: 0.8 of 0.8 MW" in named(figure, "data centers").hovertext[0]


def test_the_slider_shows_one_period_at_a_time() -> None:
    """Each step of the slider shows the ground and the layer of its period, no more."""
    figure = plots.draw_map(small_plan(), period="Q2")
    slider = figure.layout.sliders[0]
    masks = [list(step.args[0]["visible"]) for step in slider.steps]
    assert [step.label for step in slider.steps] == ["Q1", "Q2"]
    assert slider.active == 1
    assert [trace.visible is not False for trace in figure.data] == masks[1]
    ground = [name for name, *shown in zip_names(figure, masks) if all(shown)]
    assert ground == ["land", "borders"]
    assert all(any(shown) for _, *shown in zip_names(figure, masks))


def zip_names(figure: Any, masks: list[list[bool]]) -> list[tuple[Any, ...]]:
    """The traces' names, each with whether the steps show it."""
    return list(zip([trace.name for trace in figure.data], *masks, strict=True))


@pytest.mark.parametrize("arguments", [{"period": "Q9"}, {"size": "weight"}])
def test_the_map_refuses_what_it_does_not_know(arguments: dict[str, Any]) -> None:
    """A period or a size that does not exist is told with those that do."""
    with pytest.raises(UsageError, match=r"Q9.*Q1|weight.*gpus"):
        plots.draw_map(small_plan(), **arguments)


def test_sankey_keeps_every_gpu_hour() -> None:
    """What leaves the jobs goes through the providers and arrives at the data centers."""
    link = plots.draw_sankey(small_plan()).data[0].link
    node = plots.draw_sankey(small_plan()).data[0].node
    arriving: dict[str, float] = defaultdict(float)
    for target, amount in zip(link.target, link.value, strict=True):
        arriving[node.label[target]] += amount
    hours = {"oracle": GPU_HOURS["abilene"], "azure": GPU_HOURS["fairwater"], **GPU_HOURS}
    assert arriving == hours


def test_sankey_joins_small_ones() -> None:
    """With few names allowed the others become one, and no GPU-hour is lost."""
    plan = large_plan()
    all_names, few = plots.draw_sankey(plan, most=1000).data[0], plots.draw_sankey(plan, most=5)
    # 120 jobs and five at most: four by name, and all others
    assert "116 other jobs" in few.data[0].node.label
    assert sum(few.data[0].link.value) == pytest.approx(sum(all_names.link.value))
    assert len(few.data[0].node.label) == 2 * 5 + len(plan.placements["provider"].unique())


def test_use_is_told_in_percent_of_the_limits() -> None:
    """Each cell is what is used of the limit; without a limit it is blank."""
    gpus, power = plots.draw_use(small_plan()).data
    # abilene has 600 GPUs and 0.75, then 1.5 MW; fairwater 1000 GPUs and no limit of power
    assert [list(row) for row in gpus.z] == [[100, 100], [40, 40]]
    assert [list(row) for row in power.z] == [[100, 50], [None, None]]


def test_use_of_one_period_is_bars() -> None:
    """With one period there is a bar for each kind and each data center in use."""
    plan = large_plan()
    figure = plots.draw_use(plan)
    sites = plan.placements["data_center"].nunique()
    assert [trace.name for trace in figure.data] == ["GPUs", "power"]
    assert all(len(trace.x) == sites for trace in figure.data)
    assert max(figure.data[0].x) <= 100


def test_a_kind_without_any_limit_has_no_bars() -> None:
    """Where no data center has a limit of power, the legend does not promise bars of it."""
    plan = large_plan()
    assert plan.instance is not None
    sites = [site.model_copy(update={"power_mw": None}) for site in plan.instance.data_centers]
    unlimited = plan_of(plan.instance.replace(data_centers=sites), plan.layout)
    figure = plots.draw_use(unlimited)
    assert [trace.name for trace in figure.data] == ["GPUs"]
    assert figure.layout.showlegend


def test_the_waterfall_ends_in_the_objective() -> None:
    """Lines of zero are left out, and the others add up to the total."""
    figure = plots.draw_costs(small_plan())
    trace, texts = figure.data
    assert sum(trace.x[:-1]) == pytest.approx(OBJECTIVE_USD)
    assert trace.x[-1] == OBJECTIVE_USD
    assert set(trace.measure[:-1]) == {"relative"}
    # stall, latency, egress, moves and staging cost nothing here
    paid = ["compute", "fixed", "energy", "unserved", "commitments", "discounts", "buyouts"]
    assert list(figure.layout.yaxis.ticktext) == [*paid, "total"]
    # a bar ends at its sum: the text of fixed, the second line, stands at 720,000 + 500
    assert (texts.x[1], texts.text[1]) == (720_500, " 500")


def test_jobs_are_divided_like_their_gpus() -> None:
    """A job's bar is divided between its providers by GPUs, in the hours of each period."""
    oracle, azure = plots.draw_placements(small_plan()).data
    for trace in (oracle, azure):
        # Q1 is 100 h long, Q2 200 h
        assert (list(trace.base), list(trace.x)) == ([0, 100], [100, 200])
    # 600 GPUs against 400
    assert oracle.width[0] / azure.width[0] == pytest.approx(600 / 400)
    assert oracle.y[0] + oracle.width[0] / 2 == pytest.approx(azure.y[0] - azure.width[0] / 2)


def test_bars_of_a_job_do_not_overlap() -> None:
    """In each period the pieces of a job lie one below the other, within its own row."""
    pieces: dict[tuple[int, float], list[tuple[float, float]]] = defaultdict(list)
    for trace in plots.draw_placements(large_plan(2)).data:
        for middle, height, start in zip(trace.y, trace.width, trace.base, strict=True):
            key = (round(middle), start)
            pieces[key].append((middle - height / 2, middle + height / 2))
    assert any(len(own) > 1 for own in pieces.values())
    for (row, _), own in pieces.items():
        assert min(own)[0] >= row - 0.5
        assert max(own)[1] <= row + 0.5
        assert all(upper[0] >= lower[1] - 1e-9 for lower, upper in pairwise(sorted(own)))


def test_small_jobs_are_counted() -> None:
    """Jobs beyond the most that fit are told below the title."""
    figure = plots.draw_placements(large_plan(), most=50)
    assert figure.layout.title.subtitle.text == "70 smaller ones are not shown"
    assert len(figure.layout.yaxis.ticktext) == 50


@pytest.mark.parametrize("name", ["costs", "map", "placements", "sankey", "use"])
def test_a_result_without_a_plan_has_no_figure(name: str) -> None:
    """A figure is asked of a plan; a result without one says so."""
    from gpualloc.plan.plan import make_no_plan
    from tests.small_plan import small_instance

    nothing = make_no_plan(
        small_instance(),
        status="unknown",
        bound_usd=None,
        stopped_by="time",
        seconds=1,
        engine="none",
        seed=0,
    )
    with pytest.raises(NoPlanError, match="has no plan"):
        getattr(plots, f"draw_{name}")(nothing)
