"""The report's page: what it tells, that it escapes every name, and what it may do."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gpualloc.layout import Placement
from gpualloc.report import render_report
from tests.plots.plot_cases import HOSTILE, hostile_plan, large_plan
from tests.plots.test_plot_looks import EVENTS
from tests.small_plan import small_plan

FIGURES = ("map", "costs", "sankey", "use", "placements")


class Page(HTMLParser):
    """A page taken apart: its tags with their attributes, scripts, styles, and table rows."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.rows: dict[str, list[list[str]]] = {}
        self.texts: list[str] = []
        self._section, self._open = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag, and know where it is."""
        found = dict(attrs)
        self.tags.append((tag, found))
        self._open = tag
        if tag == "section":
            self._section = found["id"] or ""
        elif tag == "script":
            self.scripts.append((found, ""))
        elif tag == "tr":
            self.rows.setdefault(self._section, []).append([])
        elif tag == "td":
            self.rows[self._section][-1].append("")

    def handle_data(self, data: str) -> None:
        """Keep the text with the element that it is in."""
        if self._open == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        elif self._open == "style":
            self.styles.append(data)
        else:
            self.texts.append(data.strip())
            if self._open == "td":
                self.rows[self._section][-1][-1] += data

    def handle_endtag(self, tag: str) -> None:
        """What follows is in no cell, script or style."""
        self._open = ""

    @property
    def policy(self) -> dict[str, set[str]]:
        """The sources that the policy allows, by directive."""
        told = next(found["content"] for tag, found in self.tags if "http-equiv" in found)
        parts = [part.split() for part in (told or "").split(";")]
        return {part[0]: set(part[1:]) for part in parts}

    def row(self, table: str, first: str) -> list[str]:
        """The cells of the row that starts with a text."""
        return next(row for row in self.rows[table] if row and row[0] == first)


def hash_of(text: str) -> str:
    """The source expression that allows an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_tables_tell_the_plan() -> None:
    """Costs, data centers, jobs and links hold the figures worked out by hand."""
    page = Page(render_report(small_plan()))
    # 720,000 of 764,700 USD are compute; the figures are in `tests.small_plan`
    assert page.row("costs", "compute") == ["compute", "720,000", "94.2 %"]
    # 600 GPUs x 300 h; 360,000 + 9,000 USD, so 2.05 a GPU-hour; 0.75 MW of the 0.75 of Q1
    figures = ["600", "180,000", "369,000", "2.05", "0.75", "1.50"]
    assert page.row("sites", "abilene") == ["abilene", "oracle", "texas", *figures]
    places = ["abilene, fairwater", "abilene", "0.0 %"]
    option = ["yes", "10 x 100 H100", "1,000", "300,000", "729,000"]
    assert page.row("jobs", "llama") == ["llama", "training", *option, *places]
    assert page.row("jobs", "probe")[2] == "no"
    assert page.row("links", "abilene")[3:] == ["100.00", "100.00", "100.0 %"]
    assert len(page.rows["placements"]) == 1 + 4


def test_contracts_tell_where_the_plan_stands() -> None:
    """Each contract has its terms, the spend or share it is about, and what it costs."""
    page = Page(render_report(small_plan()))
    # oracle's spend: 600 x 2 x 300 = 360,000 of 400,000; it runs 180,000 of 300,000 GPU-hours
    assert page.row("contracts", "pledge") == [
        "pledge",
        "commitment",
        "provider: oracle; USD: 400,000",
        "2",
        "300,000 GPU-hours, 60.0 % of them there; spend 360,000 of 400,000 USD",
        "shortfall paid",
        "40,000",
        "",
    ]
    bulk = page.row("contracts", "bulk")
    assert "above USD 300,000 discount 0.1" in bulk[2]
    assert bulk[4:] == [
        "300,000 GPU-hours, 40.0 % of them there; spend 360,000 USD",
        "rebate earned",
        "-6,000",
        "",
    ]
    assert page.row("contracts", "apart")[5:] == ["bought out", "200.00", ""]


def test_bottlenecks_are_all_there() -> None:
    """What is at its limit is listed: abilene's GPUs and power, the link, and no more."""
    rows = Page(render_report(small_plan())).rows["bottlenecks"][1:]
    assert [row[:2] for row in rows] == [
        ["offer", "abilene H100"],
        ["power", "abilene"],
        ["link", "abilene - fairwater"],
    ]
    # power is full in Q1 alone, GPUs and link in both periods
    assert [row[6] for row in rows] == ["Q1 and 1 more", "Q1", "Q1 and 1 more"]


def test_assumptions_are_told() -> None:
    """What the instance leaves at its defaults, and what is out of question, is said."""
    text = " ".join(Page(render_report(small_plan())).texts)
    assert "2 periods with together 300 hours" in text
    assert "Power is without limit at 1 of 2 data centers." in text
    assert "Pairs of one provider without their own link cannot talk." in text
    assert "Pairs of two providers without their own link have 100 Gbit/s at 0 USD per GB." in text
    assert "1 of 2 jobs must be served" in text


def test_a_broken_rule_is_in_the_verdict() -> None:
    """The report of a plan that is not valid says so, and names every breach."""
    plan = small_plan()
    layout = plan.layout
    extra = Placement("llama", "Q2", 0, "abilene H100", 7)
    placements = (*layout.placements[:2], extra, layout.placements[3])
    broken = replace(plan, decisions=layout._replace(placements=placements))
    texts = Page(render_report(broken)).texts
    assert any(text.startswith("not valid:") for text in texts)
    assert any("abilene H100" in text and "700" in text for text in texts)


def test_the_page_may_run_its_own_scripts_alone() -> None:
    """The policy lets nothing load and names the hash of each script and style of the page."""
    page = Page(render_report(small_plan()))
    scripts = [text for found, text in page.scripts if found.get("type") != "application/json"]
    assert len(scripts) == 2
    assert page.policy == {
        "default-src": {"'none'"},
        "script-src": {hash_of(text) for text in scripts},
        "style-src": {hash_of("".join(page.styles)), hash_of("")},
        "style-src-attr": {"'unsafe-inline'"},
        "img-src": {"data:", "blob:"},
        "base-uri": {"'none'"},
        "form-action": {"'none'"},
    }


def test_the_page_names_no_address() -> None:
    """No attribute points out of the page, and none is a handler of an event."""
    for _, found in Page(render_report(small_plan())).tags:
        for name, value in found.items():
            assert not name.startswith("on")
            if name in ("href", "src"):
                assert (value or "").startswith(("#", "data:,"))


def test_figures_are_in_the_page_once() -> None:
    """The data of each figure is there under the name of its place; plotly.js is there once."""
    text = render_report(small_plan(), events=EVENTS)
    page = Page(text)
    data = next(text for found, text in page.scripts if found.get("type") == "application/json")
    names = [f"figure-{name}" for name in (*FIGURES, "search")]
    places = [found["id"] for _, found in page.tags if found.get("class") == "plot"]
    assert list(json.loads(data)) == names == places
    assert len(re.findall(r"\* plotly\.js v\d", text)) == 1


def test_hostile_names_change_nothing() -> None:
    """Names that are code leave the page's elements as they are, and are told letter by letter."""
    plain, hostile = Page(render_report(small_plan())), Page(render_report(hostile_plan()))
    description = ("p", {"class": "description"})
    hostile.tags.remove(description)
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert len(hostile.scripts) == len(plain.scripts)
    sites = {row[0] for row in hostile.rows["sites"] if row}
    assert sites == {HOSTILE["abilene"], HOSTILE["fairwater"]}
    assert hostile.row("contracts", HOSTILE["pledge"])[1] == "commitment"


def test_pages_are_reproducible() -> None:
    """The same plan gives the same page, byte for byte."""
    assert render_report(large_plan(2)) == render_report(large_plan(2))


def test_pages_stay_small() -> None:
    """With a hundred data centers and two periods a page is below 8 MB."""
    assert len(render_report(large_plan(2)).encode()) < 8_000_000


@pytest.mark.parametrize("rows", [5000, 5003])
def test_long_tables_are_cut(rows: int) -> None:
    """A table shows 5,000 rows and counts the others."""
    from gpualloc.report.cells import make_table

    table = make_table("t", "T", [("n", "count")], [(at,) for at in range(rows)])
    assert (len(table.cells), table.left_out) == (5000, rows - 5000)
