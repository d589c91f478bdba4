"""Ctrl-C: once drains, twice stops, and neither leaves anything behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from gpualloc.batches.schedule import Event
from tests.batches.support import (
    MARK,
    ROOT,
    committed,
    journal,
    left_processes,
    marked,
    run_injected,
    temporary_files,
    write_small,
)

SCRIPT = """
import sys
from pathlib import Path
from tests.batches.support import run_injected
run_injected(sorted(Path(sys.argv[1]).iterdir()), Path(sys.argv[2]))
"""


def start_injected(folder: Path, runs: Path, mark: str) -> subprocess.Popen[str]:
    """Start a batch whose solves go wrong by name in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(runs)],
        env={**os.environ, "PYTHONPATH": str(ROOT), MARK: mark},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(runs: Path, event: str, count: int) -> None:
    """Wait until the journal holds so many events of a kind."""
    while True:
        file = runs / "journal.jsonl"
        if file.exists() and file.read_text().count(f'"event": "{event}"') >= count:
            return
        time.sleep(0.02)


def test_once_drains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one Ctrl-C what has begun is committed, nothing else begins, then it is raised."""
    paths = write_small(tmp_path / "in", [f"case-{number:02}" for number in range(30)])
    begun: list[str] = []

    def press(event: Event) -> None:
        if event.kind == "started":
            begun.append(event.key)
        if len(begun) == 2 and event.kind == "started":
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with marked(monkeypatch) as mark, pytest.raises(KeyboardInterrupt):
        run_injected(paths, tmp_path / "runs", on_event=press)
    results = committed(tmp_path / "runs")
    assert len(results) < 30
    assert set(begun) <= {document["key"] for document in results.values()}
    assert all(document["outcome"]["label"] == "optimal" for document in results.values())
    assert left_processes(mark) == []
    assert signal.getsignal(signal.SIGINT) is before
    assert journal(tmp_path / "runs")[-1]["event"] == "interrupted"
    assert (tmp_path / "runs" / "summary.csv").exists()


def test_twice_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After two Ctrl-C a solve that hangs is ended at once; its instance has no result."""
    own = tmp_path / "tmp"
    own.mkdir()
    monkeypatch.setenv("TMPDIR", str(own))
    monkeypatch.setattr(tempfile, "tempdir", None)
    paths = write_small(tmp_path / "in", ["case", "hang-1", "hang-2"])
    runs, mark = tmp_path / "runs", "twice"
    process = start_injected(tmp_path / "in", runs, mark)
    wait_for(runs, "committed", 1)
    wait_for(runs, "started", 3)
    process.send_signal(signal.SIGINT)
    wait_for(runs, "draining", 1)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert set(committed(runs)) == {str(paths[0])}
    assert left_processes(mark) == []
    assert temporary_files(tmp_path) == []
    assert list(own.iterdir()) == []


def test_a_batch_that_is_left_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving the loop over a batch ends its processes and frees its folder."""
    from gpualloc import batch

    paths = write_small(tmp_path / "in", [f"case-{number}" for number in range(10)])
    with marked(monkeypatch) as mark:
        results = batch(list(paths), tmp_path / "runs", workers=2)
        assert next(results)
        results.close()
    assert left_processes(mark) == []
    rest = list(batch(list(paths), tmp_path / "runs", workers=2, resume=True))
    assert len(rest) == 10
    assert all(rest)


def test_reading_old_results_can_be_interrupted(tmp_path: Path) -> None:
    """Ctrl-C among results that were committed before ends the run without reading the rest."""
    paths = write_small(tmp_path / "in", [f"case-{number}" for number in range(8)])
    run_injected(paths, tmp_path / "runs")
    read: list[str] = []

    def press(event: Event) -> None:
        if event.kind == "finished":
            read.append(event.name)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_injected(paths, tmp_path / "runs", resume=True, on_event=press)
    assert len(read) == 1
