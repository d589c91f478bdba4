"""Batches on executors: a Dask cluster whose workers die, and what is refused."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import gpualloc
from gpualloc.batches.cluster import check_address, connect
from gpualloc.batches.results import Result
from gpualloc.batches.running import run
from gpualloc.batches.schedule import Event
from gpualloc.batches.settings import Settings
from gpualloc.batches.storage import Store
from gpualloc.batches.workforce import remote_workforce
from gpualloc.errors import SolverError, UsageError
from tests.batches.injected import TARGET
from tests.batches.support import (
    cases_of,
    committed,
    cost_usd,
    left_processes,
    marked,
    write_small,
)

TWO_WORKERS: dict[str, Any] = {
    "n_workers": 2,
    "threads_per_worker": 1,
    "processes": True,
    "dashboard_address": None,
}

pytestmark = pytest.mark.filterwarnings("default")
"""What Dask and its packages warn of is not for these tests to judge."""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Dask cluster of two worker processes here, whose scheduler gives up at the first loss."""
    dask = pytest.importorskip("dask")
    distributed = pytest.importorskip("distributed")
    settings = {"distributed.scheduler.allowed-failures": 0}
    with dask.config.set(settings), distributed.LocalCluster(**TWO_WORKERS) as made:
        yield made


def run_on(executor: Executor, paths: list[Path], runs: Path, on_event: Any) -> dict[str, Result]:
    """Run a batch whose solves go wrong by name on an executor."""
    results = run(
        cases_of(paths),
        Store(runs),
        Settings(time_limit=20.0),
        remote_workforce(executor, 2, TARGET),
        resume=False,
        on_event=on_event,
    )
    return {Path(result.name).stem: result for result in results}


def worker_processes(cluster: Any) -> list[int]:
    """The process numbers of the workers."""
    return [worker.pid for worker in cluster.workers.values()]


def test_one_of_two_workers_is_killed(
    tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker killed in the middle costs nothing: every instance has one result."""
    paths = write_small(tmp_path / "in", [f"case-{number}" for number in range(16)])
    victims = worker_processes(cluster)[:1]

    def kill(event: Event) -> None:
        if event.kind == "finished" and victims:
            os.kill(victims.pop(), signal.SIGKILL)

    with marked(monkeypatch), cluster.get_client() as client:
        results = run_on(client.get_executor(pure=False), paths, tmp_path / "runs", kill)
    assert victims == []
    assert {result.label for result in results.values()} == {"optimal"}
    assert set(committed(tmp_path / "runs")) == set(map(str, paths))
    for number in range(16):
        found = results[f"case-{number}"].outcome.objective_usd
        assert found == pytest.approx(cost_usd(number))


def test_a_poisonous_instance_is_quarantined(tmp_path: Path, cluster: Any) -> None:
    """An instance that takes its worker with it twice is quarantined; the others are solved."""
    paths = write_small(tmp_path / "in", ["a", "poison", "b", "c"])
    events: list[Event] = []
    with cluster.get_client() as client:
        executor = client.get_executor(pure=False)
        results = run_on(executor, paths, tmp_path / "runs", events.append)
    assert {name: result.label for name, result in results.items()} == {
        "poison": "quarantined",
        **dict.fromkeys("abc", "optimal"),
    }
    lost = [Path(event.name).stem for event in events if event.kind == "lost"]
    assert "poison" in lost


def test_the_command_connects(tmp_path: Path, cluster: Any) -> None:
    """A scheduler's address gives an executor with room for its workers' threads."""
    paths = write_small(tmp_path / "in", ["a", "b"])
    with connect(cluster.scheduler_address) as (executor, room):
        results = list(gpualloc.batch(paths, tmp_path / "runs", executor=executor, workers=room))
    assert room == 2
    assert [result.label for result in results] == ["optimal", "optimal"]


def test_there_is_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody answers the address is told."""
    pytest.importorskip("distributed")
    monkeypatch.setattr("gpualloc.batches.cluster.SECONDS_TO_CONNECT", 0.5)
    with (
        pytest.raises(SolverError, match=r"cannot connect to 127\.0\.0\.1:9"),
        connect("127.0.0.1:9"),
    ):
        pytest.fail("connected")


@pytest.mark.parametrize(
    "address", ["10.0.0.5:8786", "tcp://10.0.0.5:8786", "tcp://planner:8786", "ws://planner:8786"]
)
def test_plain_remote_addresses_are_refused(address: str) -> None:
    """Without TLS a remote scheduler is used only where that is said to be wanted."""
    with pytest.raises(UsageError, match="not encrypted"):
        check_address(address, insecure=False)
    check_address(address, insecure=True)


@pytest.mark.parametrize(
    "address",
    ["tls://10.0.0.5:8786", "127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786"],
)
def test_encrypted_and_local_addresses_are_used(address: str) -> None:
    """TLS and this machine need no further word."""
    check_address(address, insecure=False)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_any_executor_works(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Executors of the standard library solve, too, and leave nothing behind."""
    paths = write_small(tmp_path / "in", ["a", "b", "c"])
    with marked(monkeypatch) as mark, _executor(kind) as executor:
        results = list(gpualloc.batch(paths, tmp_path / "runs", executor=executor, workers=2))
    assert [result.label for result in results] == ["optimal"] * 3
    if kind == "processes":
        assert left_processes(mark) == []


def _executor(kind: str) -> Executor:
    if kind == "threads":
        return ThreadPoolExecutor(2)
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


def test_another_version_on_a_worker_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result of another version is not taken for one of this."""
    (path,) = write_small(tmp_path / "in", ["a"])
    monkeypatch.setattr("gpualloc.batches.schedule.__version__", "9.9")
    with ThreadPoolExecutor(1) as executor, pytest.raises(SolverError, match=r"this is 9\.9"):
        list(gpualloc.batch(path, tmp_path / "runs", executor=executor, workers=1))
    assert committed(tmp_path / "runs") == {}
