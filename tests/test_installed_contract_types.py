"""Contract types from elsewhere: installed packages name theirs, and no name is taken twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import nbformat
import pytest

import gpualloc
from gpualloc.instance import CONTRACT_TYPES

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "07-contract-type.ipynb"

INSTANCE: dict[str, Any] = {
    "format": 1,
    "name": "delivery",
    "periods": [{"name": "Q1", "hours": 1000}, {"name": "Q2", "hours": 1000}],
    "gpu_types": [{"name": "H100", "kw": 1.3}],
    "providers": [{"name": "Azure"}, {"name": "Neo"}],
    "data_centers": [
        {"name": "atlanta", "provider": "Azure", "region": "us", "latitude": 34, "longitude": -84},
        {"name": "denton", "provider": "Neo", "region": "us", "latitude": 33, "longitude": -97},
    ],
    "offers": [
        {"name": "dear", "data_center": "atlanta", "gpu_type": "H100", "gpus": 8000}
        | {"usd_per_gpu_hour": 3},
        {"name": "cheap", "data_center": "denton", "gpu_type": "H100", "gpus": [0, 8000]}
        | {"usd_per_gpu_hour": 2},
    ],
    "jobs": [
        {
            "name": "serving",
            "options": [{"gpu_type": "H100", "shards": 8, "gpus_per_shard": 1000}],
            "move_usd_per_shard": 0,
        }
    ],
    "contracts": [{"name": "Neo", "type": "ramp", "provider": "Neo", "gpus_per_period": 5000}],
}
"""One job moves to the cheap offer in Q2, as fast as the type `ramp` of a notebook allows."""

# Q1: 8,000 GPUs x 3 USD x 1,000 h; Q2: 5,000 x 2 x 1,000 and the other 3,000 x 3 x 1,000.
LEAST_USD = 24e6 + 10e6 + 9e6


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """The file of the instance."""
    path = tmp_path / "delivery.json"
    path.write_text(json.dumps(INSTANCE), encoding="utf-8")
    return path


def install(folder: Path, code: str) -> Path:
    """Lay out a package in a folder as pip would: a module, and the entry point that names it."""
    about = folder / "our_contracts-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "our_contracts.py").write_text(code, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: our-contracts\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[gpualloc.contracts]\nramp = our_contracts\n")
    return folder


def ramp_code() -> str:
    """The cell of the notebook that holds the type."""
    cells = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT).cells
    return next(str(cell.source) for cell in cells if cell.id == "ramp")


def run(*arguments: str | Path, package: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run gpualloc with a package installed."""
    paths = [str(ROOT), *([] if package is None else [str(package)])]
    return subprocess.run(
        [sys.executable, "-m", "gpualloc", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("engine", ["exact", "decomposition"])
def test_engines_know_an_installed_type(instance: Path, tmp_path: Path, engine: str) -> None:
    """The type is read from a file, and held in the processes of both engines."""
    package = install(tmp_path / "site", ramp_code())
    done = run("solve", instance, "--engine", engine, "--json", package=package)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["objective_usd"] == pytest.approx(LEAST_USD)


def test_batches_know_an_installed_type(instance: Path, tmp_path: Path) -> None:
    """The processes of a batch load the types of installed packages, too."""
    package = install(tmp_path / "site", ramp_code())
    done = run("batch", instance, "-o", tmp_path / "runs", "--quiet", package=package)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "runs" / "summary.json").read_text())["instances"]
    assert (row["label"], row["objective_usd"]) == ("optimal", pytest.approx(LEAST_USD))


def test_it_is_unknown_where_it_is_not_installed(instance: Path) -> None:
    """Without the package the type is a fault of the file, told by its place."""
    done = run("validate", instance)
    assert done.returncode == 2
    assert 'contracts[0].type: "ramp" is not a contract type' in done.stdout + done.stderr


def test_a_broken_package_is_named(instance: Path, tmp_path: Path) -> None:
    """A module that cannot be imported ends the command with its name and the reason."""
    package = install(tmp_path / "site", "import no_such_module\n")
    done = run("validate", instance, package=package)
    assert done.returncode == 2
    assert "contract types cannot be loaded from our_contracts" in done.stderr
    assert "No module named 'no_such_module'" in done.stderr
    assert "Traceback" not in done.stderr


SESSION = """
instance = gpualloc.Instance.read(sys.argv[1])
print(gpualloc.solve(instance, engine="decomposition", isolate=False).objective_usd)
try:
    gpualloc.solve(instance, engine="decomposition")
except gpualloc.UsageError as error:
    print(error)
"""
"""What follows the cell with the type in a session that no other process shares."""


def test_the_type_of_a_session(instance: Path) -> None:
    """A class of the session is solved with in it; another process refuses it, and says why."""
    code = f"import sys\n{ramp_code()}\n{SESSION}"
    done = subprocess.run(
        [sys.executable, "-c", code, str(instance)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    cost, refusal = done.stdout.splitlines()
    assert float(cost) == pytest.approx(LEAST_USD)
    assert refusal.startswith("the solver's process does not know a class of this session")
    assert "'Ramp'" in refusal


def test_a_class_within_a_function_is_refused_at_once() -> None:
    """What cannot even be handed to another process is told before one is started."""
    try:
        define("odd")
        contracts = [{"name": "odd one", "type": "odd"}]
        instance = gpualloc.Instance.from_dict({**INSTANCE, "contracts": contracts})
        with pytest.raises(gpualloc.UsageError, match=r"isolate=False.*define\.<locals>\.Odd"):
            gpualloc.solve(instance, engine="decomposition")
    finally:
        del CONTRACT_TYPES["odd"]


def define(type_name: str) -> type[gpualloc.Contract]:
    """Define a contract type that adds nothing, as a cell of a notebook would."""

    class Odd(gpualloc.Contract):
        kind: ClassVar[str] = type_name

    return Odd


def test_a_type_that_is_defined_again_replaces_itself() -> None:
    """The cell of a notebook may be run twice; the later class counts."""
    try:
        first, second = define("odd"), define("odd")
        assert first is not second
        assert CONTRACT_TYPES["odd"] is second
    finally:
        del CONTRACT_TYPES["odd"]


def test_a_name_is_not_taken_twice() -> None:
    """A class cannot take the name of a type that comes with gpualloc, which stays what it was."""
    share = CONTRACT_TYPES["share"]
    with pytest.raises(TypeError, match=r'"share" is taken by gpualloc\.rules\.contracts\.share'):
        define("share")
    assert CONTRACT_TYPES["share"] is share
