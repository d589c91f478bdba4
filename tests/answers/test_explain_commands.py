"""The commands explain, worth and sensitivity: exit codes, JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import gpualloc
from gpualloc.cli.app import app

ROOT = Path(__file__).parents[2]
INFEASIBLE = str(ROOT / "instances/infeasible-power.json")
CAPPED = str(ROOT / "instances/teaching/spend_cap.json")


def run(*arguments: str) -> Result:
    """The result of a command."""
    return CliRunner().invoke(app, list(arguments))


def document(result: Result) -> dict[str, Any]:
    """The JSON object that a command printed."""
    assert result.exit_code == 0, result.output
    assert result.stdout.isascii()
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_explain_prints_the_conflict_as_json() -> None:
    """The JSON object has the conflict and the ways out."""
    found = document(run("explain", INFEASIBLE, "--json", "--alternatives", "1"))
    assert found["status"] == "infeasible"
    assert {"kind": "power", "place": "memphis, 2025Q4"}.items() <= found["conflict"][-1].items()
    assert [way["way"] for way in found["ways_out"]] == [1]


def test_explain_of_a_feasible_instance_succeeds() -> None:
    """That there is a plan is an answer too."""
    result = run("explain", CAPPED)
    assert result.exit_code == 0
    assert "there is a plan" in result.stdout


def test_worth_prints_intervals_as_json() -> None:
    """The JSON object has a row for each contract, with its interval, and one for all."""
    rows = document(run("worth", CAPPED, "--json"))["rows"]
    assert [row["contract"] for row in rows] == ["CoreWeave budget", "all contracts"]
    # The description of the instance: 21.75 million with the cap; without it all at CoreWeave.
    assert rows[0]["kept_usd"] == pytest.approx(21_750_000)
    assert rows[0]["worth_low_usd"] <= rows[0]["worth_usd"] <= rows[0]["worth_high_usd"]


def test_sensitivity_takes_steps_and_a_plan(tmp_path: Path) -> None:
    """The command solves the steps, from the plan that it is given."""
    instance, plan = gpualloc.read(CAPPED), tmp_path / "plan.json"
    gpualloc.solve(instance, isolate=False).write(plan)
    step = "usd[CoreWeave budget]=+0"
    found = document(run("sensitivity", CAPPED, "--step", step, "--plan", str(plan), "--json"))
    assert found["objective_usd"] == pytest.approx(21_750_000)
    assert found["steps"][0]["effect"] == "nothing"
    assert found["marginal"][0]["kind"] == "spend_cap"


def test_sensitivity_without_a_plan_fails() -> None:
    """Without a plan there are no marginal values, and the exit code says so."""
    result = run("sensitivity", INFEASIBLE)
    assert result.exit_code == 1
    assert "gpualloc explain tells why" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("explain", "missing.json"), "missing.json"),
        (("explain", INFEASIBLE, "--time-limit", "0"), "not a positive number of seconds"),
        (("explain", INFEASIBLE, "--engine", "magic"), '"magic" is not an engine'),
        (("worth", CAPPED, "--contract", "Coreweave budget"), "did you mean"),
        (("worth", CAPPED, "--gap", "2"), "not a fraction"),
        (("sensitivity", CAPPED, "--step", "more"), "is not a step such as"),
        (("sensitivity", CAPPED, "--step", "usd[Coreweave]=+1"), "has a figure usd"),
        (("sensitivity", CAPPED, "--plan", CAPPED), "spend_cap.json"),
    ],
)
def test_bad_input_is_refused(arguments: tuple[str, ...], message: str) -> None:
    """What cannot be used ends with exit code 2 and a message, without a traceback."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_an_interrupt_ends_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer has no use for a part of its solves: Ctrl-C ends it with the code for that."""

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gpualloc.answers.solves.solve", interrupted)
    assert run("worth", CAPPED).exit_code == 130
