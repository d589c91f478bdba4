"""The child of a warden: it calls the solve and tells its outcome."""

from __future__ import annotations

import os
import select
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from traceback import format_exc
from typing import Any

from gpualloc.batches.results import Outcome
from gpualloc.batches.solves import Job, RefusedSettingsError, encode
from gpualloc.progress import Progress

SECONDS_BETWEEN_REPORTS = 0.25
"""Progress is told no more often than anyone can read it."""


def run_child(
    job: Job, target: Callable[..., Outcome], scratch: Path, lines: int, life: int
) -> None:
    """Solve, tell the outcome, and end without a word more.

    Parameters
    ----------
    job : Job
    target : callable
        Called with the job, the scratch folder, and a function that takes progress.
    scratch : path
    lines : int
        The pipe to write lines to.
    life : int
        A pipe that ends when the warden does.
    """
    voice = Voice(lines)
    Thread(target=_attend, args=(voice, life), daemon=True).start()
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    try:
        outcome = target(job, scratch, voice.keep)
    except RefusedSettingsError as error:
        voice.tell("refused", str(error))
    except MemoryError:
        voice.tell("outcome", Outcome("memory", "out of memory"))
    except Exception:
        voice.tell("outcome", Outcome("failed", format_exc()))
    else:
        voice.tell("outcome", outcome)
    os._exit(0)


class Voice:
    """What the child says to its warden; used by two threads.

    Parameters
    ----------
    lines : int
        The pipe to write to.
    """

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._lock = Lock()
        self._latest: Progress | None = None

    def keep(self, progress: Progress) -> None:
        """Keep progress until it is told."""
        self._latest = progress

    def tell_latest(self) -> None:
        """Tell the progress that was kept last, if it was not told."""
        latest, self._latest = self._latest, None
        if latest is not None:
            self.tell("progress", latest)

    def tell(self, kind: str, value: Any) -> None:
        """Tell one message whole."""
        left = memoryview(encode(kind, value))
        with self._lock:
            while left:
                left = left[os.write(self._lines, left) :]


def _attend(voice: Voice, life: int) -> None:
    """Tell progress now and then, and die with the warden."""
    while not select.select([life], [], [], SECONDS_BETWEEN_REPORTS)[0]:
        voice.tell_latest()
    os.killpg(0, signal.SIGKILL)
