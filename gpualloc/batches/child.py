"""The child of a warden: it calls the solve and tells its outcome."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from traceback import format_exc
from typing import Any

from gpualloc.batches.results import Outcome
from gpualloc.batches.solves import Job, RefusedSettingsError, encode


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
    Thread(target=_die_with_warden, args=(life,), daemon=True).start()
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)

    def tell(kind: str, value: Any) -> None:
        left = memoryview(encode(kind, value))
        while left:
            left = left[os.write(lines, left) :]

    try:
        outcome = target(job, scratch, lambda progress: tell("progress", progress))
    except RefusedSettingsError as error:
        tell("refused", str(error))
    except MemoryError:
        tell("outcome", Outcome("memory", "out of memory"))
    except Exception:
        tell("outcome", Outcome("failed", format_exc()))
    else:
        tell("outcome", outcome)
    os._exit(0)


def _die_with_warden(life: int) -> None:
    os.read(life, 1)
    os.killpg(0, signal.SIGKILL)
