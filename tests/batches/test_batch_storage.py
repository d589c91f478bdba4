"""The run folder when the disk refuses: nothing is half-written, and the next run goes on."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpualloc.batches import crew
from gpualloc.batches.crew import WorkerStartError
from gpualloc.batches.storage import Disk, Store, exclusive
from gpualloc.errors import UsageError
from tests.batches.support import (
    committed,
    left_processes,
    marked,
    run_injected,
    temporary_files,
    write_small,
)


class FailingDisk(Disk):
    """A disk of which one call fails.

    Parameters
    ----------
    kind : str
        The call: ``write``, ``fsync`` or ``rename``.
    at : int
        Which of them fails, counted from 0; all later ones succeed.
    """

    def __init__(self, kind: str, at: int) -> None:
        self.kind = kind
        self.left = at
        self.failed = False

    def write(self, file: int, data: memoryview) -> int:
        """Write a part first, as a disk does that fills up."""
        if self._fails("write"):
            os.write(file, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(file, data)

    def fsync(self, file: int) -> None:
        if self._fails("fsync"):
            raise OSError(errno.EIO, "Input/output error")
        super().fsync(file)

    def rename(self, source: Path, target: Path) -> None:
        if self._fails("rename"):
            raise OSError(errno.EROFS, "Read-only file system")
        super().rename(source, target)

    def _fails(self, kind: str) -> bool:
        if kind != self.kind or self.failed:
            return False
        self.left -= 1
        self.failed = self.left < 0
        return self.failed


def fail_each_in_turn(folder: Path, kind: str, instances: int, calls: range) -> int:
    """Fail one call after the other, a run each, and resume; returns how many runs failed."""
    paths = write_small(folder / "in", [f"case-{number}" for number in range(instances)])
    failures = 0
    for at in calls:
        runs = folder / f"runs-{at}"
        failures += ends_by_disk(paths, runs, FailingDisk(kind, at))
        assert temporary_files(runs) == []
        results = run_injected(paths, runs, resume=True)
        assert all(results.values())
        assert set(committed(runs)) == set(map(str, paths))
    return failures


def ends_by_disk(paths: list[Path], runs: Path, disk: Disk) -> bool:
    """Whether a run ends by an error that names the run folder."""
    try:
        run_injected(paths, runs, disk=disk)
    except UsageError as error:
        return str(runs) in str(error)
    return False


@pytest.mark.parametrize("kind", ["write", "fsync", "rename"])
def test_some_calls_fail(tmp_path: Path, kind: str) -> None:
    """A failing write, fsync or rename ends the run with the folder's name; resumed, all is there.

    With two instances a run has at least 4 renames: a plan and a result for each. Its writes and
    fsyncs are more. So a failure among the first 4 is met by every run.
    """
    assert fail_each_in_turn(tmp_path, kind, 2, range(0, 4, 3)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["write", "fsync", "rename"])
def test_each_call_fails_in_turn(tmp_path: Path, kind: str) -> None:
    """The same for each of the first 20 calls, over 5 instances.

    Five instances have 10 renames for plans and results, and 2 for the summary: 12 runs fail. Each
    of those files has a write and an fsync; with the journal's lines and the folders' fsyncs there
    are more than 20.
    """
    expected = 12 if kind == "rename" else 20
    assert fail_each_in_turn(tmp_path, kind, 5, range(20)) == expected


def test_a_worker_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes in a row cannot be started: the third can, and nothing is lost."""
    paths = write_small(tmp_path / "in", ["a", "b"])
    refuse_processes(monkeypatch, iter([True, True, False, False]))
    results = run_injected(paths, tmp_path / "runs", workers=1)
    assert [result.label for result in results.values()] == ["optimal", "optimal"]


def test_a_run_without_processes_ends_and_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no process can be started the run says so, and no result is made up."""
    paths = write_small(tmp_path / "in", ["a", "b"])
    with monkeypatch.context() as patch:
        refuse_processes(patch, iter([True] * 100))
        with pytest.raises(WorkerStartError, match="temporarily unavailable"):
            run_injected(paths, tmp_path / "runs")
    assert committed(tmp_path / "runs") == {}
    assert all(run_injected(paths, tmp_path / "runs", resume=True).values())


def refuse_processes(patch: pytest.MonkeyPatch, refused: Iterator[bool]) -> None:
    """Refuse to start processes where the iterator says so, and do not wait between trials."""
    start: Any = subprocess.Popen

    def refuse(*arguments: Any, **options: Any) -> Any:
        if next(refused, False):
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        return start(*arguments, **options)

    patch.setattr(crew.subprocess, "Popen", refuse)
    patch.setattr(crew, "SECONDS_BETWEEN_STARTS", 0.0)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 kB, unmounted at the end."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(place)]
    if not hasattr(os, "geteuid") or os.geteuid() or subprocess.run(mount).returncode:
        pytest.skip("needs the right to mount a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(tmp_path: Path, full_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that fills the disk ends and says why; with room again it is resumed to the end."""
    paths = write_small(tmp_path / "in", [f"case-{number}" for number in range(12)])
    ballast = full_disk / "ballast"
    # Each instance takes two blocks of 4 kB at least: 12 of them do not fit into 100 - 40 kB.
    ballast.write_bytes(bytes(40_000))
    with marked(monkeypatch) as mark, pytest.raises(UsageError, match="No space left"):
        run_injected(paths, full_disk / "runs")
    assert left_processes(mark) == []
    assert temporary_files(full_disk) == []
    before = committed(full_disk / "runs")
    assert 0 < len(before) < 12
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=1m", str(full_disk)], check=True)
    results = run_injected(paths, full_disk / "runs", resume=True)
    assert all(results.values())
    assert sum(result.reused for result in results.values()) == len(before)


def test_commit_is_whole_or_not_at_all(tmp_path: Path) -> None:
    """A failed commit leaves an older file as it was, and nothing beside it."""
    Store(tmp_path).commit({"a": b"old"})
    with pytest.raises(UsageError, match="No space left"):
        Store(tmp_path, FailingDisk("write", 0)).commit({"a": b"new"})
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


def test_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    """The last line of a journal whose writer was killed in the middle of it is removed."""
    store = Store(tmp_path)
    store.append("log", b"one")
    (tmp_path / "log").write_bytes(b"one\ntw")
    store.mend_lines("log")
    store.append("log", b"three")
    assert (tmp_path / "log").read_bytes() == b"one\nthree\n"


def test_two_runs_on_one_folder_exclude_each_other(tmp_path: Path) -> None:
    """The second run is refused, with the first one's process; afterwards it is not."""
    paths = write_small(tmp_path / "in", ["a"])
    with (
        exclusive(tmp_path / "lock"),
        pytest.raises(UsageError, match=rf"in use by another run \(process {os.getpid()}\)"),
    ):
        run_injected(paths, tmp_path)
    assert run_injected(paths, tmp_path)["a"]
