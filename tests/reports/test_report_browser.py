"""Reports in a real browser: they render, stay within the policy, and their tables work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpualloc.report import write_report
from tests.plots.plot_cases import hostile_plan, large_plan
from tests.plots.test_plot_looks import EVENTS
from tests.reports.browser import CHROMIUM, DRIVER, addresses_asked_for, browser, open_page
from tests.small_plan import small_plan

pytest.importorskip("selenium", reason="selenium is not installed")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="no Chromium with its driver is installed (Debian: chromium, chromium-driver)",
)

PLANS = {"small": small_plan, "large": large_plan, "hostile": hostile_plan}


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The browser of all tests."""
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The reports of all plans as files."""
    folder = tmp_path_factory.mktemp("reports")
    paths = {name: folder / f"{name}.html" for name in PLANS}
    for name, path in paths.items():
        write_report(PLANS[name](), path, events=EVENTS)
    return paths


@pytest.mark.parametrize(("name", "width"), [("small", 1280), ("large", 400), ("hostile", 400)])
def test_pages_render(driver: Any, pages: dict[str, Path], name: str, width: int) -> None:
    """A page logs nothing, asks for nothing but itself, draws its figures, and fits the window."""
    open_page(driver, pages[name], width)
    assert [entry["message"] for entry in driver.get_log("browser")] == []
    assert addresses_asked_for(driver) == {pages[name].as_uri()}
    drawn = "return Array.from(document.querySelectorAll('.plot'), (p) => [p.id, p.matches("
    drawn += "'.js-plotly-plot'), p.querySelectorAll('.main-svg path').length])"
    found = driver.execute_script(drawn)
    assert len(found) == 6
    assert all(ready and paths > 3 for _, ready, paths in found), found
    sizes = "return [document.documentElement.scrollWidth, window.innerWidth]"
    wide, window = driver.execute_script(sizes)
    assert wide <= window == width
    assert driver.execute_script("return window.broken === undefined")


def test_the_map_has_a_mark_for_each_site(driver: Any, pages: dict[str, Path]) -> None:
    """There are as many marks with a tooltip as data centers, and the land is an area."""
    open_page(driver, pages["large"], 1280)
    script = """const plot = document.getElementById('figure-map');
        const told = plot.data.filter((t) => t.visible !== false && t.hovertext
            && t.name !== 'loads');
        return [told.reduce((sum, trace) => sum + trace.x.length, 0),
            plot.querySelectorAll('.js-fill').length]"""
    marks, areas = driver.execute_script(script)
    assert marks == len(large_plan().usage.instance.data_centers)
    assert areas >= 1


def rows_of(driver: Any, table: str) -> list[list[str]]:
    """The rows of a table that show, as lists of texts."""
    script = """return Array.from(document.querySelectorAll(`#${arguments[0]} tbody tr`))
        .filter((row) => row.checkVisibility())
        .map((row) => Array.from(row.cells, (cell) => cell.textContent))"""
    found: list[list[str]] = driver.execute_script(script, table)
    return found


def click(driver: Any, table: str, column: int) -> str:
    """Click a column's title; returns the order that the column then tells."""
    script = """const cell = document.querySelectorAll(`#${arguments[0]} th`)[arguments[1]];
        cell.querySelector('button').click(); return cell.getAttribute('aria-sort')"""
    order: str = driver.execute_script(script, table, column)
    return order


def test_tables_filter(driver: Any, pages: dict[str, Path]) -> None:
    """Rows with all words show, those without any are hidden, and the count follows."""
    open_page(driver, pages["large"], 1280)
    placed = large_plan().placements
    field = driver.find_element("css selector", "#placements input")
    told = driver.find_element("css selector", "#placements output")
    provider = str(placed["provider"][0])
    field.send_keys(f"{provider.upper()} training")
    shown = rows_of(driver, "placements")
    assert 0 < len(shown) < len(placed)
    assert all(provider in " ".join(row) and "training" in " ".join(row) for row in shown)
    assert told.text == f"{len(shown):,} of {len(placed):,} rows"
    field.clear()
    field.send_keys("x")
    field.send_keys("\b")
    assert len(rows_of(driver, "placements")) == len(placed)
    assert told.text == f"{len(placed):,} rows"


def test_tables_sort(driver: Any, pages: dict[str, Path]) -> None:
    """Figures sort by size, names by letters; a second click turns the order, blanks stay last."""
    open_page(driver, pages["large"], 1280)
    assert click(driver, "sites", 3) == "descending"
    gpus = [int(row[3].replace(",", "")) for row in rows_of(driver, "sites")]
    assert gpus == sorted(gpus, reverse=True)
    assert gpus[0] > gpus[-1]
    assert click(driver, "sites", 3) == "ascending"
    assert [int(row[3].replace(",", "")) for row in rows_of(driver, "sites")] == sorted(gpus)
    for order in ("descending", "ascending"):
        assert click(driver, "sites", 8) == order
        blanks = [row[8] == "" for row in rows_of(driver, "sites")]
        assert any(blanks)
        assert blanks == sorted(blanks)
    assert click(driver, "sites", 0) == "ascending"
    names = [row[0] for row in rows_of(driver, "sites")]
    assert names == sorted(site.name for site in large_plan().usage.instance.data_centers)


def test_figures_answer_the_mouse(driver: Any, pages: dict[str, Path]) -> None:
    """A tooltip shows the hostile name as it is written, and nothing is logged or asked for."""
    open_page(driver, pages["hostile"], 1280)
    script = """const plot = document.getElementById('figure-map');
        const at = plot.data.findIndex((trace) => (trace.hovertext || [''])[0].includes('img'));
        Plotly.Fx.hover(plot, [{ curveNumber: at, pointNumber: 0 }]);
        return plot.querySelector('.hoverlayer').textContent"""
    assert "<img src=x onerror=window.broken=2>" in driver.execute_script(script)
    assert driver.get_log("browser") == []
    assert addresses_asked_for(driver) == {pages["hostile"].as_uri()}


def test_figures_offer_nothing_that_leaves_the_page(driver: Any, pages: dict[str, Path]) -> None:
    """The buttons of the figures save, zoom and pan; none shares a figure with a server."""
    open_page(driver, pages["small"], 1280)
    script = """return Array.from(new Set(Array.from(document.querySelectorAll('.modebar-btn'),
        (button) => button.dataset.title)))"""
    buttons = set(driver.execute_script(script))
    saving = {button for button in buttons if button.startswith("Download")}
    moving = {"Zoom", "Pan", "Zoom in", "Zoom out", "Autoscale", "Reset axes", "Reset view"}
    assert len(saving) == 1
    assert "Pan" in buttons
    assert buttons - saving <= moving


def test_the_policy_stops_other_scripts(driver: Any, pages: dict[str, Path]) -> None:
    """A script, a handler and a picture that were smuggled in do not run and do not load."""
    open_page(driver, pages["small"], 1280)
    script = """const done = arguments[0];
        const smuggled = document.createElement('div');
        smuggled.innerHTML = '<img src="https://example.invalid/x" onerror="window.broken = 5">';
        document.body.append(smuggled);
        const script = document.createElement('script');
        script.textContent = 'window.broken = 6';
        document.body.append(script);
        setTimeout(() => done(window.broken === undefined), 200)"""
    assert driver.execute_async_script(script)
    refused = [entry["message"] for entry in driver.get_log("browser")]
    assert sum("Content Security Policy" in message for message in refused) >= 3
