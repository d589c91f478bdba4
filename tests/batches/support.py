"""What the tests of batches share: small instances, runs, and a look at what is left behind."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from gpualloc.batches.cases import UNCHANGED, Case, content_of
from gpualloc.batches.results import LABELS, Result
from gpualloc.batches.running import run
from gpualloc.batches.schedule import Event
from gpualloc.batches.settings import Settings
from gpualloc.batches.storage import Disk, Store
from gpualloc.batches.workforce import local_workforce
from gpualloc.plan.files import read_plan
from tests.batches.injected import TARGET

ROOT = Path(__file__).parents[2]
MARK = "GPUALLOC_TEST_MARK"
SECONDS_TO_VANISH = 10.0


def small_tables(number: int = 0) -> dict[str, Any]:
    """One job of 4 GPUs, one offer of 8 at 1 + number / 1000 USD; each number another instance."""
    return {
        "name": f"small {number}",
        "gpu_types": [{"name": "H100", "kw": 1}],
        "providers": [{"name": "oracle"}],
        "data_centers": [
            {
                "name": "abilene",
                "provider": "oracle",
                "region": "texas",
                "latitude": 32.4,
                "longitude": -99.7,
            }
        ],
        "offers": [
            {
                "name": "east",
                "data_center": "abilene",
                "gpu_type": "H100",
                "gpus": 8,
                "usd_per_gpu_hour": 1 + number / 1000,
            }
        ],
        "jobs": [
            {
                "name": "llama",
                "options": [{"gpu_type": "H100", "shards": 2, "gpus_per_shard": 2}],
            }
        ],
    }


def cost_usd(number: int) -> float:
    """What the only plan of a small instance costs: 4 GPUs for 730 hours."""
    return 4 * 730 * (1 + number / 1000)


def write_small(folder: Path, names: Iterable[str]) -> list[Path]:
    """One small instance a name, each different from the others."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.json" for name in names]
    for number, path in enumerate(paths):
        path.write_text(json.dumps(small_tables(number)))
    return paths


def cases_of(paths: Iterable[Path]) -> Iterator[Case]:
    """A case a file."""
    return (Case(str(path), content_of(path), UNCHANGED) for path in paths)


def run_injected(
    paths: Iterable[Path],
    runs: Path,
    *,
    settings: Settings | None = None,
    workers: int = 2,
    resume: bool = False,
    disk: Disk | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> dict[str, Result]:
    """Run a batch whose solves go wrong by name; results by the file's name without its ending."""
    results = run(
        cases_of(paths),
        Store(runs, disk),
        Settings() if settings is None else settings,
        local_workforce(workers, TARGET),
        resume=resume,
        on_event=on_event,
    )
    return {Path(result.name).stem: result for result in results}


def start_batch(*arguments: str | Path) -> tuple[subprocess.Popen[str], str]:
    """Start `gpualloc batch`; returns the process and a mark that it and its children bear."""
    mark = secrets.token_hex(8)
    process = subprocess.Popen(
        [sys.executable, "-m", "gpualloc", "batch", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return process, mark


@contextmanager
def marked(monkeypatch: Any) -> Iterator[str]:
    """Mark whatever is started inside."""
    mark = secrets.token_hex(8)
    with monkeypatch.context() as patch:
        patch.setenv(MARK, mark)
        yield mark


def left_processes(mark: str) -> list[str]:
    """Processes that bear a mark after all had time to end, as command lines."""
    latest = time.monotonic() + SECONDS_TO_VANISH
    while (found := list(_bearing(mark))) and time.monotonic() < latest:
        time.sleep(0.05)
    return found


def _bearing(mark: str) -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                yield " ".join(process.cmdline())
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue


def committed(runs: Path) -> dict[str, dict[str, Any]]:
    """Every result in a run folder by its name, each checked to be whole."""
    found: dict[str, dict[str, Any]] = {}
    for path in (runs / "results").iterdir():
        document = json.loads(path.read_text())
        assert path.name == f"{document['key']}.json"
        assert document["outcome"]["label"] in LABELS
        assert document["name"] not in found, "one instance has two results"
        found[document["name"]] = document
        if document["plan_sha256"] is not None:
            read_plan(runs / "plans" / path.name)
    return found


def journal(runs: Path) -> list[dict[str, Any]]:
    """The lines of a journal."""
    return [json.loads(line) for line in (runs / "journal.jsonl").read_text().splitlines()]


def temporary_files(folder: Path) -> list[Path]:
    """What is half-written in a folder."""
    return sorted(folder.rglob(".*.tmp"))
