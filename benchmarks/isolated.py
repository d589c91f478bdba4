"""A piece of work in a process of its own, which is stopped by force when it takes too long.

The work is a function of a module. It gets `tell`, which hands something to this process at once,
so that what was told is kept when the process has to be killed.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from time import monotonic, sleep
from traceback import format_exception_only
from typing import Any

import psutil

POLL_S = 0.1
GONE_S = 5.0
"""How long killed processes may take to be gone."""

MEMORY_SHARE = 0.8
"""Work that holds more of the machine's memory is killed."""

Tell = Callable[[Any], None]


@dataclass
class Run:
    """How a piece of work went.

    Attributes
    ----------
    told : list
        What it told on the way.
    result : object
        What it returned; None if it did not.
    error : str or None
        Kind and message of the error, where it failed.
    killed : str
        What it had too much of when it was stopped by force, ``time`` or ``memory``; else empty.
    seconds : float
        From start to end, that of Python included.
    peak_mb : float
        The most resident memory of the process and all that it started, in MB, looked at ten times
        a second. Pages that processes share count for each.
    """

    told: list[Any] = field(default_factory=list)
    result: Any = None
    error: str | None = None
    killed: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0


def run_isolated(work: Callable[..., Any], *arguments: Any, kill_after_s: float) -> Run:
    """Run `work(tell, *arguments)` in a fresh process.

    Parameters
    ----------
    kill_after_s : float
        Seconds after which the process, and all that it started, are killed. They are killed too
        when they hold most of the machine's memory.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_main, args=(theirs, work, arguments))
    run, began = Run(), monotonic()
    process.start()
    theirs.close()
    try:
        _follow(ours, process.pid, run, began + kill_after_s)
    finally:
        _kill(process.pid)
        process.join()
        ours.close()
    run.seconds = monotonic() - began
    return run


def _main(pipe: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """The life of the process; what solvers print goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    try:
        result = work(lambda news: pipe.send(("told", news)), *arguments)
        pipe.send(("result", result))
    except Exception as error:
        pipe.send(("error", " ".join("".join(format_exception_only(error)).split())))


def _follow(pipe: Connection, pid: int | None, run: Run, latest: float) -> None:
    """Listen until the work has ended or must be killed."""
    most_mb = MEMORY_SHARE * psutil.virtual_memory().total / 1e6
    while not run.killed:
        now_mb = _memory_mb(pid)
        run.peak_mb = max(run.peak_mb, now_mb)
        if pipe.poll(POLL_S):
            try:
                kind, content = pipe.recv()
            except EOFError:
                run.error = "the process ended without a word"
                return
            if kind == "told":
                run.told.append(content)
                continue
            setattr(run, kind, content)
            return
        if monotonic() > latest:
            run.killed = "time"
        if now_mb > most_mb:
            run.killed = "memory"


def _family(pid: int | None) -> list[psutil.Process]:
    """A process and all that it started, as far as they live."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _memory_mb(pid: int | None) -> float:
    total = 0
    for process in _family(pid):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            """It has just ended."""
    return total / 1e6


def _kill(pid: int | None) -> None:
    """End a process and all that it started, and wait until they are gone."""
    family = _family(pid)
    for process in family:
        try:
            process.kill()
        except psutil.Error:
            """It has just ended."""
    latest = monotonic() + GONE_S
    while any(map(_lives, family)) and monotonic() < latest:
        sleep(POLL_S / 10)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
