"""What goes wrong in one solve costs that one alone, and is labeled as what it was."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from gpualloc.batches.schedule import Event
from gpualloc.batches.settings import Settings
from tests.batches.injected import WAYS as ALL_WAYS
from tests.batches.support import (
    committed,
    cost_usd,
    left_processes,
    marked,
    run_injected,
    write_small,
)

LABEL_OF = {
    "segfault": "crashed",
    "leave": "crashed",
    "hang": "timeout",
    "freeze": "timeout",
    "eat": "memory",
    "breed": "memory",
    "starve": "memory",
    "stumble": "failed",
    "fail": "failed",
    "abandon": "crashed",
    "litter": "crashed",
    "murder": "quarantined",
}
WAYS = [way for way in ALL_WAYS if way != "poison"]
"""All but the one that kills the batch itself where that is the worker's parent."""

STRICT = Settings(time_limit=2.0, grace=1.0, memory_limit_gb=0.5)


@pytest.fixture
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that no other process uses."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_every_way_of_going_wrong_has_its_label(
    tmp_path: Path, own_temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fault gets its own label, sound instances beside it are solved, nothing is left."""
    names = [name for way in WAYS for name in (way, f"sound-{way}")]
    paths = write_small(tmp_path / "in", names)
    with marked(monkeypatch) as mark:
        results = run_injected(paths, tmp_path / "runs", settings=STRICT)
    assert {way: results[way].label for way in WAYS} == LABEL_OF
    for number, name in enumerate(names):
        if name.startswith("sound"):
            assert results[name].label == "optimal"
            assert results[name].outcome.objective_usd == pytest.approx(cost_usd(number))
    assert len(committed(tmp_path / "runs")) == len(names)
    assert left_processes(mark) == []
    assert list(own_temporary_folder.iterdir()) == []


def test_the_message_says_how_it_ended(tmp_path: Path) -> None:
    """A crash is told by its signal or exit code, with the last words of its process."""
    paths = write_small(tmp_path / "in", ["segfault", "leave", "litter", "stumble", "hang", "eat"])
    results = run_injected(paths, tmp_path / "runs", settings=STRICT)
    assert results["segfault"].message == "its process ended by SIGSEGV"
    assert results["leave"].message == "its process ended with code 7"
    assert results["litter"].message == "its process ended by SIGABRT: the last words"
    assert results["stumble"].message == "ZeroDivisionError: a mistake"
    assert results["hang"].message == "stopped: it did not end at its time limit"
    assert results["eat"].message == "stopped at the memory limit of 0.5 GB"
    # 0.5 GB is the limit; what was seen above it is the peak.
    assert results["eat"].outcome.peak_memory_gb > 0.5


def test_bad_files_are_invalid_with_their_faults(tmp_path: Path) -> None:
    """Text that is no JSON, an empty file, a wrong ending and a fault cost only themselves."""
    (sound,) = write_small(tmp_path / "in", ["sound"])
    bad = {
        "torn.json": '{"name": "x',
        "empty.json": "",
        "wrong.txt": "x",
        "lacking.json": '{"name": "x"}',
        "fake.json.gz": "{}",
        "deep.json": "[" * 100_000,
    }
    for name, text in bad.items():
        (tmp_path / "in" / name).write_text(text)
    paths = [sound, *(tmp_path / "in" / name for name in bad)]
    results = run_injected(paths, tmp_path / "runs")
    assert results["sound"].label == "optimal"
    assert {result.label for name, result in results.items() if name != "sound"} == {"invalid"}
    places = {fault.place for fault in results["lacking"].outcome.faults}
    assert {"gpu_types", "providers", "data_centers", "offers", "jobs"} <= places
    assert str(tmp_path / "in" / "wrong.txt") in results["wrong"].message


def test_a_lost_worker_is_retried_alone(tmp_path: Path) -> None:
    """An instance that kills its worker twice is quarantined; its neighbors are solved."""
    paths = write_small(tmp_path / "in", ["a", "murder", "b", "c", "d"])
    events: list[Event] = []
    results = run_injected(paths, tmp_path / "runs", on_event=events.append)
    assert {name: result.label for name, result in results.items()} == {
        "murder": "quarantined",
        **dict.fromkeys("abcd", "optimal"),
    }
    kinds = [event.kind for event in events if event.name.endswith("murder.json")]
    assert kinds == ["started", "lost", "started", "finished"]


@pytest.mark.slow
def test_a_fifth_of_a_hundred_goes_wrong(
    tmp_path: Path, own_temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 100 instances 20 crash, hang or eat memory: those are labeled so, 80 are solved."""
    ways = [way for way in WAYS if way != "murder"]
    names = [
        f"{ways[number // 5 % len(ways)]}-{number}" if number % 5 == 0 else f"sound-{number}"
        for number in range(100)
    ]
    paths = write_small(tmp_path / "in", names)
    with marked(monkeypatch) as mark:
        results = run_injected(paths, tmp_path / "runs", settings=STRICT)
    for number, name in enumerate(names):
        assert results[name].label == LABEL_OF.get(name.partition("-")[0], "optimal")
        if results[name]:
            assert results[name].outcome.objective_usd == pytest.approx(cost_usd(number))
    assert left_processes(mark) == []
    assert list(own_temporary_folder.iterdir()) == []
