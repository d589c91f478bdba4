"""The summary answers what a planner asks, in 100 columns, and shows names as they are."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gpualloc import Plan
from gpualloc.generator import generate_with_plan
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.plan.plan import make_no_plan, make_plan
from gpualloc.plan.text import duration, gap_text, percent, usd
from tests.small_plan import small_instance, small_layout, small_plan, small_tables

HOSTILE = [
    "[bold]x[/bold]",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../x",
    "\u202eevil",
]


def section_of(text: str, title: str) -> list[str]:
    """The lines of a summary's section, without its title."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    found = next(block for block in blocks if block[0].startswith(title))
    return [re.sub(r" {2,}", "  ", line.strip()) for line in found[1:]]


def renamed(name: str) -> Plan:
    """The small plan with a job of this name instead of `llama`."""
    jobs = [{**job, "name": job["name"].replace("llama", name)} for job in small_tables()["jobs"]]
    instance, layout = small_instance(jobs=jobs), small_layout()
    layout = layout._replace(
        placements=tuple(row._replace(job=name) for row in layout.placements),
        hubs=tuple(row._replace(job=name) for row in layout.hubs),
    )
    return make_plan(
        instance,
        layout,
        check_layout(instance, layout),
        bound_usd=None,
        stopped_by="time",
        seconds=1.0,
        engine="exact",
        seed=0,
    )


def large_plan() -> Plan:
    """A generated plan with many jobs, places and full resources."""
    instance, layout = generate_with_plan(gpus=200_000, data_centers=30, jobs=60, seed=3)
    return make_plan(
        instance,
        layout,
        check_layout(instance, layout),
        bound_usd=None,
        stopped_by="time",
        seconds=1.0,
        engine="exact",
        seed=0,
    )


def test_head_tells_cost_and_certainty() -> None:
    """The first lines tell what it costs, how sure that is, and why the solve stopped."""
    assert str(small_plan(bound_usd=757_053.0)).splitlines()[:4] == [
        "small: valid plan, 764,700 USD",
        # 764,700 less 757,053 is 7,647: a hundredth.
        "  proven: no valid plan costs less than 757,053 USD (gap 1.00 %)",
        "  stopped by proof after 1.25 s",
        f"  exact, HiGHS 1.16.0, seed 7, gpualloc {small_plan().gpualloc}",
    ]


def test_costs_by_line() -> None:
    """Every cost line that is not zero is told with its share of the objective."""
    lines = section_of(small_plan().summary(full=True), "Costs")
    # 720,000 of 764,700 is 94.15 %, 40,000 is 5.23 %.
    assert lines[1] == "compute  720,000  94.2 %"
    assert lines[5:7] == ["commitments  40,000  5.2 %", "discounts  -6,000  -0.8 %"]
    assert len(lines) == 8


def test_who_gets_how_much() -> None:
    """Providers are told with GPUs, GPU-hours and their part of the bill."""
    # Oracle: 600 GPUs x 300 h, 360,000 USD and 9,000 of energy: 2.05 USD per GPU-hour.
    # Azure: 400 x 300 h, 360,000 USD and the fee of 500.
    assert section_of(small_plan().summary(full=True), "Providers")[1:] == [
        "oracle  600  180,000  369,000  2.05",
        "azure  400  120,000  360,500  3.00",
    ]


def test_what_is_full() -> None:
    """Resources at 95 % or more are told, with the periods."""
    assert section_of(small_plan().summary(full=True), "Full")[1:] == [
        "offer  abilene H100  600  600  GPUs  100.0 %  Q1 and 1 more",
        "power  abilene  0.75  0.75  MW  100.0 %  Q1",
        "link  abilene - fairwater  100  100  Gbit/s  100.0 %  Q1 and 1 more",
    ]


def test_which_contracts_bite() -> None:
    """Contracts that cost or earn are told with what they do, the largest amount first."""
    assert section_of(small_plan().summary(full=True), "Contracts")[1:] == [
        "pledge  commitment  shortfall paid  40,000",
        "bulk  volume_discount  rebate earned  -6,000",
        "apart  separation  bought out  200",
        "gpualloc worth solves for each",
    ]


def test_jobs_that_spread_or_are_not_served() -> None:
    """Spread jobs are told with their hub, unserved ones with their price."""
    text = small_plan().summary(full=True)
    assert section_of(text, "Jobs over")[1:] == [
        "llama (Q1 to Q2)  1,000  abilene 600 (hub), fairwater 400"
    ]
    assert section_of(text, "Jobs not served")[1:] == ["probe  1,000"]


def test_plan_without_instance_tells_how_to_see_more() -> None:
    """A plan that is not bound tells its costs, and how to see the rest."""
    text = str(replace(small_plan(), instance=None))
    assert "bind the plan to its instance" in text
    assert "Costs" in text
    assert "Providers" not in text


@pytest.mark.parametrize("status", ["infeasible", "unknown"])
def test_no_plan_is_told_in_words(status: str) -> None:
    """A result without a plan says what is known instead."""
    plan = make_no_plan(
        small_instance(),
        status=status,  # type: ignore[arg-type]
        bound_usd=500.0,
        stopped_by="time",
        seconds=1.0,
        engine="exact",
        seed=0,
    )
    text = str(plan)
    assert "no plan" in text.splitlines()[0]
    assert "500.00 USD" in text
    assert "Costs" not in text


def test_large_plan_stays_short() -> None:
    """A large plan's summary is at most 100 columns wide and counts what it leaves out."""
    lines = large_plan().summary(full=True).splitlines()
    assert max(map(len, lines)) <= 100
    assert len(lines) < 120
    assert any(re.search(r"\.\.\. and \d+ more", line) for line in lines)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_they_are(name: str) -> None:
    """Names are neither markup nor commands to the terminal."""
    shown = name.replace("\u202e", "\\u202e")
    text = renamed(name).summary(full=True)
    assert shown in text
    assert "\u202e" not in text


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.add(tag)


@pytest.mark.parametrize("name", HOSTILE)
def test_html_escapes_names(name: str) -> None:
    """In a notebook the summary has no tags but its own."""
    page = renamed(name)._repr_html_()
    tags = Tags()
    tags.feed(page)
    own = {"div", "strong", "details", "summary", "table", "tr", "th", "td", "em"}
    assert tags.found <= own
    assert "\u202e" not in page


def test_html_has_the_same_figures() -> None:
    """The page tells the same cost and the same contracts as the text."""
    page = small_plan()._repr_html_()
    assert "764,700 USD" in page
    assert '<td style="text-align:left">rebate earned</td>' in page


def test_empty_plan_has_no_empty_tables() -> None:
    """A plan without placements tells neither providers nor full resources."""
    jobs = [{**job, "unserved_usd": 10} for job in small_tables()["jobs"]]
    instance = small_instance(jobs=jobs, contracts=[])
    layout = Layout(unserved=("llama", "probe"))
    plan = make_plan(
        instance,
        layout,
        check_layout(instance, layout),
        bound_usd=20,
        stopped_by="proof",
        seconds=0.0,
        engine="exact",
        seed=0,
    )
    assert "Providers" not in str(plan)
    assert section_of(plan.summary(full=True), "Jobs not served")[1:] == [
        "llama  10.00",
        "probe  10.00",
    ]


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (usd(1234567.8), "1,234,568"),
        (usd(12.5), "12.50"),
        (usd(-0.001), "0.00"),
        (usd(12.5, largest=50_000), "12"),
        (percent(0.9999), "99.9 %"),
        (percent(1), "100.0 %"),
        (gap_text(0.0036), "0.36 %"),
        (gap_text(2.1e-7), "2.1e-05 %"),
        (gap_text(0), "0.00 %"),
        (gap_text(1.2e-16), "0.00 %"),
        (duration(0.42), "0.42 s"),
        (duration(59.97), "1 min 00 s"),
        (duration(245), "4 min 05 s"),
        (duration(7380), "2 h 03 min"),
    ],
)
def test_figures_read_well(shown: str, text: str) -> None:
    """Money, shares, gaps and times are shown with the digits that matter."""
    assert shown == text
