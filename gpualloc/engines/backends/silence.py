"""Keeping standard output clean of what solvers print."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

STANDARD_OUTPUT = 1

_ONE_AT_A_TIME = Lock()


@contextmanager
def silenced() -> Iterator[None]:
    """Send what native code prints to standard output nowhere.

    For a short call only: it holds for the whole process, and one thread at a time is let in, so
    that none keeps the other's silence as what to go back to.
    """
    with _ONE_AT_A_TIME:
        try:
            kept = os.dup(STANDARD_OUTPUT)
        except OSError:  # there is no standard output
            yield
            return
        _flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, STANDARD_OUTPUT)
        os.close(nowhere)
        try:
            yield
        finally:
            _flush()
            os.dup2(kept, STANDARD_OUTPUT)
            os.close(kept)


def _flush() -> None:
    """Empty the buffers of the C library, which know nothing of Python's."""
    _c_library().fflush(None)


@cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
