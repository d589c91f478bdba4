"""Time by stage of a solve, seen from outside: what the main thread is at, looked at regularly.

The engines need not tell. A look is worth the time since the one before. It counts for the first
module below those that only direct the course, so that a module that is new or has another name
shows by itself.
"""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from types import FrameType

EVERY_S = 0.02

PACKAGE = "gpualloc."

DIRECTORS = {
    *("solving", "exact", "decomposed", "decomposer", "pursuit", "process", "tasks", "worker"),
    *("handing", "amended", "finding"),
}
"""Modules that call others in turn; time is theirs only where they call none."""

TITLES = {
    "groups": "rules",
    "subject": "rules",
    "program": "rules",
    "generation": "relaxation",
    "diving": "dive",
    "checker": "check",
    "highs": "solver",
    "cpsat": "solver",
    "mathopt": "solver",
    "pulp": "solver",
}
"""What a stage is called where its module's name does not say it."""


@contextmanager
def watched(seconds: dict[str, float]) -> Iterator[None]:
    """Add to `seconds`, by stage, what this thread does inside."""
    done = threading.Event()
    totals: dict[str, float] = defaultdict(float)
    watcher = threading.Thread(target=_watch, args=(threading.get_ident(), done, totals))
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        for stage, spent in totals.items():
            seconds[stage] = seconds.get(stage, 0.0) + spent


def _watch(thread: int, done: threading.Event, totals: dict[str, float]) -> None:
    before = perf_counter()
    while not done.wait(EVERY_S):
        frame = sys._current_frames().get(thread)
        now = perf_counter()
        totals[stage_of(frame)] += now - before
        before = now


def stage_of(frame: FrameType | None) -> str:
    """The stage that a frame, with all that called it, belongs to."""
    modules: list[str] = []
    while frame is not None:
        modules.append(frame.f_globals.get("__name__", ""))
        frame = frame.f_back
    names = [name.rpartition(".")[2] for name in reversed(modules) if name.startswith(PACKAGE)]
    stages = [name for name in names if name not in DIRECTORS]
    found = stages[0] if stages else (names[-1] if names else "other")
    return TITLES.get(found, found)
