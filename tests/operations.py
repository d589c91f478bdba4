"""How much work a piece of code does, counted in calls, so that no clock is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def calls_of(work: Callable[[], object]) -> int:
    """How many functions `work` calls, in Python and in C, until it returns."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def growth(work_of: Callable[[int], Callable[[], object]], size: int) -> float:
    """By which factor the calls grow when the size doubles: 2 where work grows with the size.

    The first call for each size is not counted, as it may fill caches.

    Parameters
    ----------
    work_of : callable
        Prepares the work for a size and returns it.
    size : int
        The smaller of the two sizes.
    """
    counts = []
    for now in (size, 2 * size):
        work = work_of(now)
        work()
        counts.append(calls_of(work))
    return counts[1] / counts[0]
