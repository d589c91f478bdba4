"""The command line: what each command prints, writes and returns."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import gpualloc
from gpualloc.cli.app import app
from gpualloc.plan.plan import Plan, make_no_plan
from tests.small_plan import OBJECTIVE_USD, small_instance, small_plan, small_tables


def run(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """The small instance as a file."""
    path = tmp_path / "fleet.json"
    small_instance().write(path)
    return path


@pytest.fixture
def powerless(tmp_path: Path) -> Path:
    """The small instance without a place for `llama`: abilene and fairwater have no power."""
    tables = small_tables()
    sites = [{**site, "power_mw": 0} for site in tables["data_centers"]]
    path = tmp_path / "powerless.json"
    small_instance(data_centers=sites).write(path)
    return path


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """The small plan as a file."""
    path = tmp_path / "plan.json"
    small_plan().write(path)
    return path


def test_solve_prints_the_summary_and_writes_the_plan(fleet: Path, tmp_path: Path) -> None:
    """`solve` shows the plan's cost, writes a plan that the checker accepts, and returns 0."""
    out = tmp_path / "plan.json"
    result = run("solve", fleet, "-o", out)
    assert result.exit_code == 0, result.output
    plan = gpualloc.read_plan(out)
    assert f"{plan.objective_usd:,.0f} USD" in result.stdout
    assert gpualloc.check(small_instance(), plan)


def test_solve_json_prints_the_plan_alone(fleet: Path) -> None:
    """With --json standard output is one JSON object: the plan's file."""
    document = json.loads(run("solve", fleet, "--json").stdout)
    assert document["status"] == "optimal"
    # The plan of `small_plan` is valid, so that the optimum costs no more.
    assert document["objective_usd"] <= OBJECTIVE_USD


def test_solve_quiet_prints_nothing(fleet: Path, tmp_path: Path) -> None:
    """With --quiet only the exit code and the file tell the result."""
    result = run("solve", fleet, "--quiet", "-o", tmp_path / "plan.json.gz")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert gpualloc.read_plan(tmp_path / "plan.json.gz")


def test_solve_infeasible_returns_1(powerless: Path, tmp_path: Path) -> None:
    """An instance without a plan returns 1, and its file says so."""
    result = run("solve", powerless, "-o", tmp_path / "plan.json")
    assert result.exit_code == 1
    assert "infeasible" in result.stdout
    assert gpualloc.read_plan(tmp_path / "plan.json").status == "infeasible"


def test_solve_from_a_warm_start(fleet: Path, plan_file: Path) -> None:
    """A plan's file is taken as a start, and the result is no dearer."""
    result = run("solve", fleet, "--warm-start", plan_file, "--json")
    assert json.loads(result.stdout)["objective_usd"] <= OBJECTIVE_USD


def test_solve_shows_progress_when_asked(fleet: Path) -> None:
    """With --progress standard error has a table, and standard output stays the plan."""
    result = run("solve", fleet, "--progress", "--json")
    assert result.stderr.splitlines()[0].split() == [
        "seconds",
        "plan,",
        "USD",
        "bound,",
        "USD",
        "gap",
    ]
    assert json.loads(result.stdout)["status"] == "optimal"


def test_solve_without_terminal_has_no_progress(fleet: Path) -> None:
    """Where standard error is no terminal there is no progress unless asked for."""
    assert run("solve", fleet).stderr == ""


def fake_result(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    """Let `gpualloc.solve` return this result."""
    monkeypatch.setattr(gpualloc, "solve", lambda *_, **__: plan, raising=False)


def test_interrupt_with_a_plan_hands_it_out(
    fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted solve that has a plan writes it and returns 0."""
    fake_result(monkeypatch, replace(small_plan(), stopped_by="interrupt"))
    result = run("solve", fleet, "-o", tmp_path / "plan.json")
    assert result.exit_code == 0
    assert gpualloc.read_plan(tmp_path / "plan.json").stopped_by == "interrupt"


def test_interrupt_without_a_plan_keeps_the_old_file(
    fleet: Path, plan_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted solve without a plan returns 130 and leaves an earlier plan alone."""
    nothing = make_no_plan(
        small_instance(),
        status="unknown",
        bound_usd=None,
        stopped_by="interrupt",
        seconds=1.0,
        engine="exact",
        seed=0,
    )
    fake_result(monkeypatch, nothing)
    before = plan_file.read_bytes()
    result = run("solve", fleet, "-o", plan_file)
    assert result.exit_code == 130
    assert plan_file.read_bytes() == before


def test_check_valid_plan(fleet: Path, plan_file: Path) -> None:
    """`check` returns 0 for a valid plan and shows its cost."""
    result = run("check", fleet, plan_file)
    assert result.exit_code == 0
    assert "764,700" in result.stdout


def broken_plan(path: Path) -> None:
    """Write the small plan with seven shards on abilene: 700 GPUs of 600."""
    document = json.loads(small_plan().to_json())
    document["placements"][0]["shards"] = 7
    path.write_text(json.dumps(document))


def test_check_broken_plan(fleet: Path, plan_file: Path) -> None:
    """`check` returns 1 for a plan that breaks rules and names them with their place."""
    broken_plan(plan_file)
    result = run("check", fleet, plan_file)
    assert result.exit_code == 1
    assert "offers[abilene H100, Q1]" in result.stdout


def test_check_json(fleet: Path, plan_file: Path) -> None:
    """With --json the verdict is one JSON object with every breach, figure and limit."""
    broken_plan(plan_file)
    result = run("check", fleet, plan_file, "--json")
    verdict = json.loads(result.stdout)
    assert result.exit_code == 1
    assert verdict["valid"] is False
    offers = next(breach for breach in verdict["breaches"] if breach["rule"] == "offers")
    assert (offers["figure"], offers["limit"]) == (700, 600)


def test_check_result_without_plan(fleet: Path, powerless: Path, tmp_path: Path) -> None:
    """A file that holds no plan cannot be checked: 1, with a message."""
    out = tmp_path / "none.json"
    run("solve", powerless, "-o", out, "--quiet")
    result = run("check", powerless, out)
    assert result.exit_code == 1
    assert "no plan" in result.stderr


def test_generate_prints_an_instance() -> None:
    """`generate` prints an instance of the size asked for; equal seeds give equal text."""
    arguments = ("generate", "--gpus", "5000", "--data-centers", "4", "--jobs", "5", "--seed", "9")
    result = run(*arguments)
    instance = gpualloc.Instance.from_dict(json.loads(result.stdout))
    assert (len(instance.data_centers), len(instance.jobs)) == (4, 5)
    assert run(*arguments).stdout == result.stdout


def test_generate_writes_a_file(tmp_path: Path) -> None:
    """With -o the instance goes to the file, and standard output stays empty."""
    out = tmp_path / "fleet.json.gz"
    result = run("generate", "-o", out, "--jobs", "4", "--contracts", "share,count")
    assert (result.exit_code, result.stdout) == (0, "")
    assert {contract.type for contract in gpualloc.read(out).contracts} == {"share", "count"}


def test_export_writes_program_and_names(fleet: Path, tmp_path: Path) -> None:
    """`export` writes the program with plain names and, beside it, what they mean."""
    result = run("export", fleet, "-o", tmp_path / "fleet.lp")
    assert result.exit_code == 0, result.output
    assert "llama" not in (tmp_path / "fleet.lp").read_text()
    assert "llama" in (tmp_path / "fleet.names.json").read_text()


def test_schema_is_json() -> None:
    """`schema` prints the JSON Schema of an instance."""
    assert "jobs" in json.loads(run("schema").stdout)["properties"]


def test_solvers_lists_the_default() -> None:
    """`solvers` lists HiGHS with its version."""
    row = next(line for line in run("solvers").stdout.splitlines() if line.startswith("highs"))
    assert row.split()[1][0].isdigit()


def test_show_tells_a_plan_as_solve_does(fleet: Path, plan_file: Path) -> None:
    """`show` tells a plan from its file, within a screen or in full."""
    brief, full = run("show", fleet, plan_file), run("show", fleet, plan_file, "--full")
    assert (brief.exit_code, full.exit_code) == (0, 0)
    assert brief.stdout == f"{gpualloc.read_plan(plan_file, small_instance())}\n"
    assert "Jobs over several data centers: 1" in full.stdout


@pytest.mark.parametrize(
    "command", ["solve", "show", "check", "generate", "export", "schema", "solvers"]
)
def test_help_has_an_example(command: str) -> None:
    """Every command's help shows how to call it."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"gpualloc {command}" in result.stdout.split("Example:")[1]
