"""The commands that answer what if: output, files, exit codes, mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import gpualloc
from gpualloc.cli.app import app
from gpualloc.cli.exits import ExitCode
from tests.answers.three_sites import three_sites_instance


def run(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """The three sites as a file."""
    path = tmp_path / "fleet.json"
    three_sites_instance().write(path)
    return path


@pytest.fixture
def today(tmp_path: Path, fleet: Path) -> Path:
    """The cheapest plan of the three sites as a file."""
    path = tmp_path / "today.json"
    gpualloc.solve(gpualloc.read(fleet), isolate=False).write(path)
    return path


def test_a_frontier_is_told_and_its_plans_are_written(fleet: Path, tmp_path: Path) -> None:
    """The table has the three plans, and each is a file that the checker accepts."""
    folder = tmp_path / "plans"
    result = run("frontier", fleet, "--against", "energy", "--all", "--plans", folder)
    assert result.exit_code == ExitCode.DONE, result.stderr
    assert "what less energy costs, 3 plans" in result.stdout
    instance = gpualloc.read(fleet)
    plans = [gpualloc.read_plan(path) for path in sorted(folder.iterdir())]
    assert [plan.objective_usd for plan in plans] == [1000, 1800, 2000]
    assert all(gpualloc.check(instance, plan) for plan in plans)


def test_a_folder_with_something_in_it_is_left_alone(fleet: Path, tmp_path: Path) -> None:
    """Plans are not written among other files, and that is told before anything is solved."""
    result = run("frontier", fleet, "--plans", tmp_path)
    assert result.exit_code == ExitCode.BAD_INPUT
    assert "there is something already" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["fleet.json"]
    missing = run("frontier", fleet, "--plans", tmp_path / "no" / "plans")
    assert missing.exit_code == ExitCode.BAD_INPUT
    assert "does not exist" in missing.stderr


def test_a_new_plan_is_written_and_compared(fleet: Path, today: Path, tmp_path: Path) -> None:
    """The cheap site is lost: the new plan moves the job, and costs 800 USD more."""
    new = tmp_path / "new.json"
    result = run("replan", fleet, "--today", today, "--change", "lose cheap", "-o", new, "--json")
    assert result.exit_code == ExitCode.DONE, result.stderr
    told = json.loads(result.stdout)
    assert (told["objective_usd"], told["moves"]) == (1800, 1)
    assert told["rows"][0]["must"] is True
    compared = run("compare", fleet, today, new, "--change-after", "lose cheap", "--json")
    assert compared.exit_code == ExitCode.DONE, compared.stderr
    assert json.loads(compared.stdout)["rows"][-1]["change_usd"] == 800
    wrong = run("compare", fleet, today, new)
    assert wrong.exit_code == ExitCode.BAD_INPUT
    assert "was made for" in wrong.stderr


def test_a_stress_test_is_told_and_its_plans_are_written(fleet: Path, tmp_path: Path) -> None:
    """The worst case and the expected cost stand in the JSON, and each scenario has its plan."""
    folder = tmp_path / "plans"
    result = run(
        "stress",
        fleet,
        *("--scenario", "lost: lose cheap", "--scenario", "dear: scale offers.usd_per_gpu_hour=3"),
        *("--probability", "lost=0.25", "--probability", "dear=0.25"),
        *("--choices", "expected", "--plans", folder, "--json"),
    )
    assert result.exit_code == ExitCode.DONE, result.stderr
    told = json.loads(result.stdout)
    assert (told["worst_case"], told["worst_usd"]) == ("dear", 3000)
    assert told["expected_usd"] == 0.5 * 1000 + 0.25 * 1800 + 0.25 * 3000
    assert sorted(path.name for path in folder.iterdir()) == ["01.json", "02.json", "03.json"]


def test_a_scenario_without_a_plan_is_exit_code_1(fleet: Path) -> None:
    """A scenario that nothing can serve is named, and the code says so."""
    result = run("stress", fleet, "--scenario", "more: scale jobs.options.shards=9")
    assert result.exit_code == ExitCode.NO_PLAN
    assert "no plan is valid in: more" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stress", "--scenario", "lose cheap"], "NAME: CHANGES is needed"),
        (["stress", "--scenario", "a: lose cheap", "--scenario", "a: lose lean"], "given twice"),
        (["stress", "--scenario", "a: lose cheep"], "did you mean"),
        (["stress", "--scenario", "a: set offers.gpu=1"], "is not a column of offers"),
        (["stress", "--scenario", "a: lose cheap", "--probability", "a=much"], "NAME=P is needed"),
        (["stress", "--scenario", "a: lose cheap", "--choices", "best"], "fixed, free"),
        (["stress", "--scenario", "a: set offers.gpus=-1"], "offers[0].gpus"),
        (["frontier", "--against", "carbon"], "penalty, energy, providers, moves"),
        (["replan"], "today's placement is needed"),
        (["replan", "--change", "scale offers.gpus=0"], "today's placement is needed"),
    ],
)
def test_mistakes_are_told_in_a_line(fleet: Path, arguments: list[str], message: str) -> None:
    """Each mistake is one message on standard error and exit code 2, without a traceback."""
    command, *options = arguments
    result = run(command, fleet, *options)
    assert result.exit_code == ExitCode.BAD_INPUT
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
