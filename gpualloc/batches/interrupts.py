"""Ctrl-C: once, and the batch ends what it has begun; twice, and it stops."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interrupts:
    """Counts Ctrl-C while it is entered; the second one raises `KeyboardInterrupt`.

    Outside the main thread, where Python takes no signals, it does nothing.
    """

    def __init__(self) -> None:
        self.count = 0
        self._held = False
        self._before: Any = None
        self._installed = False

    def __enter__(self) -> Interrupts:
        try:
            self._before = signal.signal(signal.SIGINT, self._take)
            self._installed = True
        except ValueError:
            """Not the main thread."""
        return self

    def __exit__(self, *_: object) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, self._before)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let what is inside come to its end before a second Ctrl-C stops the batch."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self.count > 1:
            raise KeyboardInterrupt

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count > 1 and not self._held:
            raise KeyboardInterrupt
