"""Standard output holds results and nothing that a solver prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small_plan import small_instance

ROOT = Path(__file__).parents[1]


def output_of(*arguments: str | Path) -> str:
    """What a Python process of its own writes to standard output, a pipe."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """The small instance as a file."""
    path = tmp_path / "fleet.json"
    small_instance().write(path)
    return path


def test_export_prints_the_files_it_wrote(fleet: Path) -> None:
    """An export names its two files and lets HiGHS say nothing."""
    program = fleet.with_suffix(".mps")
    names = fleet.with_suffix(".names.json")
    text = output_of("-m", "gpualloc", "export", fleet, "-o", program)
    assert text == f"{program}\n{names}\n"


@pytest.mark.parametrize("isolate", [True, False])
def test_a_solve_prints_nothing(fleet: Path, isolate: bool) -> None:
    """A solve leaves standard output to its caller, in a process of its own or in this one."""
    script = (
        "import sys, gpualloc\n"
        "print('before')\n"
        f"plan = gpualloc.solve(gpualloc.read(sys.argv[1]), isolate={isolate})\n"
        "print(plan.status)\n"
    )
    assert output_of("-c", script, fleet) == "before\noptimal\n"


def test_threads_are_silenced_in_turn() -> None:
    """After many threads have built solvers at once, standard output is where it was."""
    script = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from gpualloc.engines.backends.highs import begin\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    list(pool.map(lambda _: begin(), range(200)))\n"
        "print('still here')\n"
    )
    assert output_of("-c", script).endswith("still here\n")
