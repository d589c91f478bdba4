"""A batch that is killed at any moment, and goes on."""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

import gpualloc
from gpualloc import UsageError
from gpualloc.batches.settings import Settings
from tests.batches.support import (
    committed,
    cost_usd,
    journal,
    left_processes,
    run_injected,
    start_batch,
    temporary_files,
    write_small,
)


def kill_and_resume(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, instances: int, kills: int
) -> None:
    """Kill a batch again and again at random moments, let the last run end, and look at it all."""
    own = folder / "tmp"
    own.mkdir()
    monkeypatch.setenv("TMPDIR", str(own))
    monkeypatch.setattr(tempfile, "tempdir", None)
    paths = write_small(folder / "in", [f"case-{number}" for number in range(instances)])
    rng, marks, struck = random.Random(instances), [], 0
    for _ in range(kills):
        process, mark = start_batch(folder / "in", "-o", folder / "runs", "--resume")
        marks.append(mark)
        wait_at_random(process, folder / "runs", rng)
        struck += process.poll() is None
        process.kill()
        process.communicate()
    assert struck > kills / 2, "most kills came too late to prove anything"
    process, mark = start_batch(folder / "in", "-o", folder / "runs", "--resume")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    for each in [*marks, mark]:
        assert left_processes(each) == []
    assert list(own.iterdir()) == []
    assert temporary_files(folder) == []
    results = committed(folder / "runs")
    assert set(results) == set(map(str, paths))
    for number, path in enumerate(paths):
        outcome = results[str(path)]["outcome"]
        assert outcome["label"] == "optimal"
        assert outcome["objective_usd"] == pytest.approx(cost_usd(number))
    keys = Counter(line["key"] for line in journal(folder / "runs") if line["event"] == "committed")
    assert set(keys.values()) <= {1}, "something was solved again that was committed"
    summary = json.loads((folder / "runs" / "summary.json").read_text())
    assert [row["name"] for row in summary["instances"]] == sorted(map(str, paths))


def wait_at_random(process: subprocess.Popen[str], runs: Path, rng: random.Random) -> None:
    """Wait for a moment while the batch starts, or until just after it has committed a result."""
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, 1.2))
        return
    before = commits(runs)
    while commits(runs) == before and process.poll() is None:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.08))


def commits(runs: Path) -> int:
    """How often the journal tells of a commit."""
    file = runs / "journal.jsonl"
    return file.read_text().count('"event": "committed"') if file.exists() else 0


def test_killed_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """20 instances, 8 kills: every instance has one valid result, nothing is left behind."""
    kill_and_resume(tmp_path, monkeypatch, instances=20, kills=8)


@pytest.mark.slow
def test_killed_a_hundred_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 instances, 100 kills: every instance has one valid result, nothing is left behind."""
    kill_and_resume(tmp_path, monkeypatch, instances=200, kills=100)


def test_committed_results_are_read_not_solved(tmp_path: Path) -> None:
    """A resumed run solves only what is new, and yields what was committed as reused."""
    paths = write_small(tmp_path / "in", ["a", "b", "c"])
    run_injected(paths[:2], tmp_path / "runs")
    results = run_injected(paths, tmp_path / "runs", resume=True)
    assert {name: result.reused for name, result in results.items()} == {
        "a": True,
        "b": True,
        "c": False,
    }
    assert results["a"].plan is not None
    assert results["a"].plan.objective_usd == pytest.approx(cost_usd(0))


def test_a_folder_with_results_needs_resume(tmp_path: Path) -> None:
    """Without `resume` a folder that holds results is refused and stays as it is."""
    paths = write_small(tmp_path / "in", ["a"])
    run_injected(paths, tmp_path / "runs")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="holds results"):
        run_injected(paths, tmp_path / "runs")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("victim", ["results", "plans"])
@pytest.mark.parametrize("damage", ["cut", "missing", "changed"])
def test_damaged_results_are_solved_again(tmp_path: Path, victim: str, damage: str) -> None:
    """A result or plan that somebody cut, removed or changed counts as not there."""
    paths = write_small(tmp_path / "in", ["a", "b"])
    first = run_injected(paths, tmp_path / "runs")
    file = tmp_path / "runs" / victim / f"{first['a'].key}.json"
    text = file.read_text()
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_text(text[: len(text) // 2])
    else:
        file.write_text(text.replace(first["a"].key, "0" * 64).replace("optimal", "feasible"))
    second = run_injected(paths, tmp_path / "runs", resume=True)
    assert (second["a"].reused, second["b"].reused) == (False, True)
    assert set(committed(tmp_path / "runs")) == set(map(str, paths))


def test_settings_and_instance_make_the_key(tmp_path: Path) -> None:
    """Other settings and another instance are solved anew; another name is not."""
    (path,) = write_small(tmp_path / "in", ["a"])
    twin = path.with_name("twin.json")
    twin.write_bytes(path.read_bytes())
    first = run_injected([path, twin], tmp_path / "runs")
    assert first["a"].key == first["twin"].key
    assert [first["a"].reused, first["twin"].reused] == [False, True]
    other = run_injected([path], tmp_path / "runs", settings=Settings(seed=1), resume=True)
    path.write_text(path.read_text().replace("small 0", "small again"))
    changed = run_injected([path], tmp_path / "runs", resume=True)
    assert len({first["a"].key, other["a"].key, changed["a"].key}) == 3
    assert not other["a"].reused
    assert not changed["a"].reused


def test_an_instance_in_memory_counts_by_its_canonical_form(tmp_path: Path) -> None:
    """`gpualloc.batch` takes instances, draws from an iterator, and resumes by their content."""
    (path,) = write_small(tmp_path / "in", ["a"])
    instance = gpualloc.read(path)
    (first,) = gpualloc.batch(iter([instance]), tmp_path / "runs", workers=1)
    same = gpualloc.Instance.from_dict({**instance.to_dict(), "sync_weight": 1.0})
    (second,) = gpualloc.batch([same], tmp_path / "runs", workers=1, resume=True)
    assert (first.reused, second.reused) == (False, True)
    assert first.name == "small 0"
    assert first.plan == second.plan
    assert gpualloc.check(instance, first.plan)
