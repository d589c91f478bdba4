"""Work in processes of their own, which can be killed."""

from __future__ import annotations

import psutil
from isolated import run_isolated

from tests.benchmarks import work


def test_result_and_news_come_back() -> None:
    """What the work tells and returns arrives, in order, and is not called an error."""
    run = run_isolated(work.add, 2, 3, kill_after_s=60)
    assert (run.told, run.result) == ([2, 3], 5)
    assert (run.error, run.killed) == (None, "")


def test_an_error_is_told_in_a_line() -> None:
    """Its kind and message come back in place of a result."""
    run = run_isolated(work.fail, kill_after_s=60)
    assert (run.result, run.error) == (None, "ValueError: no good")


def test_an_end_without_a_word_is_an_error() -> None:
    """A process that is gone without an answer is no result."""
    run = run_isolated(work.vanish, kill_after_s=60)
    assert (run.result, run.error) == (None, "the process ended without a word")


def test_a_process_that_hangs_is_killed_with_what_it_started() -> None:
    """After the time allowed nothing of it lives, and what it told is kept."""
    run = run_isolated(work.hang, kill_after_s=3)
    assert run.killed == "time"
    (child,) = run.told
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"


def test_memory_is_seen() -> None:
    """The peak holds at least the 200 MB that the work held for a while."""
    run = run_isolated(work.fill, 200, kill_after_s=60)
    assert run.told == [1]
    assert run.peak_mb >= 200
