"""The first screen of a plan answers a planner's first five questions."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from gpualloc.cli import console
from gpualloc.generator import generate_with_plan
from gpualloc.plan.checker import check_layout
from gpualloc.plan.plan import Plan, make_no_plan, make_plan
from gpualloc.plan.sections import cost_section
from gpualloc.plan.standings import Standing
from gpualloc.plan.summary import summary
from tests.small_plan import small_instance, small_layout, small_plan, small_tables

SCREEN = 40


def large_plan() -> Plan:
    """A generated plan with many jobs, places, full resources and contracts."""
    instance, layout = generate_with_plan(gpus=200_000, data_centers=30, jobs=60, seed=3)
    verdict = check_layout(instance, layout)
    return make_plan(
        instance,
        layout,
        verdict,
        bound_usd=None,
        stopped_by="time",
        seconds=1.0,
        engine="exact",
        seed=0,
    )


def test_a_screen_holds_it() -> None:
    """A large plan's summary has at most 40 lines of 100 columns; in full it has more."""
    lines = str(large_plan()).splitlines()
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= 100
    assert len(large_plan().summary(full=True).splitlines()) > SCREEN


def test_the_questions_are_answered_in_order() -> None:
    """Cost and certainty come first, then who gets how much, what is full, which contracts bite."""
    text = str(small_plan())
    asked = ["764,700 USD", "proven:", "Costs", "Providers", "Full", "Contracts", "Not shown"]
    found = [text.index(words) for words in asked]
    assert found == sorted(found)


def test_small_cost_lines_are_one() -> None:
    """The four largest cost lines are told, and all others as their sum."""
    rows = cost_section(small_plan().costs or {}, longest=4).rows
    # Beside 720,000, 40,000, 9,000 and -6,000 there are 500, 1,000 and 200.
    assert [(row[0], row[1]) for row in rows] == [
        ("compute", "720,000"),
        ("energy", "9,000"),
        ("commitments", "40,000"),
        ("discounts", "-6,000"),
        ("3 others", "1,700"),
    ]


def test_jobs_not_served_are_a_line() -> None:
    """How many jobs are not served, and at what price, is told even on the first screen."""
    assert "Jobs not served: 1, 1,000 USD" in str(small_plan()).splitlines()


def test_remarks_are_counted() -> None:
    """Remarks of the checker are not lost: the last line counts them."""
    plan = replace(small_plan(), remarks=("first", "second"))
    assert "2 remarks" in str(plan).splitlines()[-1]


def contracts_told(contract: dict[str, object]) -> str:
    """What the summary of the small plan says of a contract, the only one."""
    instance = small_instance(contracts=[{"name": "it", **contract}])
    layout = small_layout()._replace(buyouts=())
    plan = replace(small_plan(), instance=instance, decisions=layout)
    return str(plan).partition("\nContracts: ")[2]


@pytest.mark.parametrize(
    ("contract", "told"),
    [
        # 600 of 1,000 GPUs are at abilene for all hours: 60 %; 58 / 60 is 96.7 %.
        (
            {"type": "share", "providers": ["oracle"], "min": 0.58},
            "share 60.0 %, 58.0 % is the least allowed",
        ),
        # Azure's compute is 400 GPUs x 3 USD x 300 h = 360,000.
        (
            {"type": "spend_cap", "providers": ["azure"], "usd": 375_000},
            "spend at 96.0 % of the most allowed",
        ),
        # 400 GPUs of llama are at azure.
        (
            {"type": "first_refusal", "holder": "azure", "accepts_gpus": 400},
            "accepted GPUs at 100.0 % of the most allowed",
        ),
        ({"type": "count", "of": "provider", "max": 2}, "providers 2, 2 is the most allowed"),
        # 400 GPUs x 300 h = 120,000 GPU-hours.
        (
            {"type": "minimum_use", "providers": ["azure"], "gpu_hours": 118_000},
            "GPU-hours 120,000, 118,000 is the least allowed",
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_a_limit_that_is_near_is_told_and_not_called_a_bite(
    contract: dict[str, object], told: str
) -> None:
    """A contract at 95 % of its limit or more is told with the figure, and not said to bite."""
    text = contracts_told(contract)
    assert text.startswith("1, 0 seen to bite, 1 near a limit")
    assert told in text


def test_a_contract_far_from_its_limit_is_counted() -> None:
    """A contract that charges nothing and is far from its limit is only counted."""
    # 60 % of the GPU-hours are at abilene; a share of at most 1 limits nothing.
    text = contracts_told({"type": "share", "providers": ["oracle"], "min": 0.1})
    assert "1 holds without a charge; gpualloc worth solves for each" in text


def test_a_job_that_is_kept_away_is_told_with_its_least_cost() -> None:
    """A contract that keeps a job from cheaper GPUs bites, at the cost of that move at least."""
    # With 900 GPUs and 2 MW at abilene, three shards would go there from fairwater but for the
    # contract: 0.95 USD less for 300 GPUs and 300 h, 85,500.
    tables = small_tables()
    tables["offers"][0]["gpus"] = 900
    tables["data_centers"][0]["power_mw"] = 2
    tables["contracts"] = [{"name": "half", "type": "share", "providers": ["oracle"], "max": 0.7}]
    layout = small_layout()._replace(buyouts=())
    plan = replace(small_plan(), instance=small_instance(**tables), decisions=layout)
    row = next(line for line in str(plan).splitlines() if line.strip().startswith("half"))
    assert re.sub(r" {2,}", "  ", row.strip()) == "half  keeps llama off abilene H100  >= 85,500"


def test_all_of_it_is_no_limit() -> None:
    """A share of at most 1 is not near, even where all is there."""
    text = contracts_told({"type": "share", "providers": ["oracle", "azure"]})
    assert text.startswith("1, 0 seen to bite, 0 near a limit")


def test_nearness() -> None:
    """Nearness is 1 at a limit from either side, and 0 where nothing is limited."""
    assert Standing("spend", 50, 100).nearness == 0.5
    assert Standing("share", 0.5, 0.4, is_least=True).nearness == pytest.approx(0.8)
    assert Standing("spend", 0, 0).nearness == 0


class Screen(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        return True


def shown(plan: Plan, monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """What a terminal gets of a plan's summary."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    screen = Screen()
    monkeypatch.setattr(console.sys, "stdout", screen)
    console.show(summary(plan))
    return screen.getvalue()


GREEN, YELLOW, RED = "\x1b[1;32m", "\x1b[1;33m", "\x1b[1;31m"


def test_the_headline_is_colored_by_how_good_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal an optimal plan is green, one with a gap yellow, none red."""
    nothing = make_no_plan(
        small_instance(),
        status="infeasible",
        bound_usd=None,
        stopped_by="proof",
        seconds=1.0,
        engine="exact",
        seed=0,
    )
    plans = [small_plan(), small_plan(bound_usd=700_000.0), nothing]
    colors = [shown(plan, monkeypatch)[: len(GREEN)] for plan in plans]
    assert colors == [GREEN, YELLOW, RED]


def test_no_color_is_honored(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR a terminal gets no color, and the same text."""
    plain = shown(small_plan(), monkeypatch, NO_COLOR="1")
    assert not re.search(r"\x1b\[[\d;]*3\dm", plain)
    text = re.sub(r"\x1b\[[\d;]*m", "", plain)
    assert [line.rstrip() for line in text.splitlines()] == str(small_plan()).splitlines()


def test_a_pipe_gets_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Where standard output is no terminal there is no control character."""
    console.show(summary(small_plan()))
    assert "\x1b" not in capsys.readouterr().out
