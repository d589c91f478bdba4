"""The process in which a solver runs: a task in, messages out, nothing else on standard output.

Started as ``python -m gpualloc.engines.worker FOLDER``. It reads one pickled task from standard
input and then listens there: a byte asks it to stop, the end of the stream means that its parent is
gone and the folder, which holds all temporary files, is nobody's any more.
Messages are pickled tuples: ``("begun",)``, ``("point", cost, values)``, ``("bound", usd)``, and
last ``("done", outcome)`` or ``("error", exception)``.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
from threading import Lock, Thread
from traceback import format_exc
from typing import Any, BinaryIO, NoReturn

from gpualloc.engines.backends import Listener
from gpualloc.errors import GpuallocError, InternalError, SolverError, UsageError

UNKNOWN_CLASS = (
    "the solver's process does not know a class of this session; "
    "define it in a module, or solve with isolate=False"
)


class Messages:
    """The stream of messages to the parent."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = Lock()

    def send(self, *message: Any) -> None:
        """Send one message whole."""
        with self._lock:
            pickle.dump(message, self._stream, protocol=pickle.HIGHEST_PROTOCOL)
            self._stream.flush()


def main() -> None:
    """Run one task."""
    messages = Messages(_claim_output())
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        task = pickle.load(sys.stdin.buffer)
    except EOFError:
        _leave()
    except (AttributeError, ImportError) as error:
        messages.send("error", UsageError(f"{UNKNOWN_CLASS}: {error}"))
        os._exit(0)
    messages.send("begun")
    listener = Listener(
        on_point=lambda cost, values: messages.send("point", cost, values),
        on_bound=lambda bound: messages.send("bound", bound),
    )
    Thread(target=_obey, args=(listener,), daemon=True).start()
    try:
        messages.send("done", task.execute(listener))
    except GpuallocError as error:
        messages.send("error", error)
    except MemoryError:
        messages.send("error", SolverError("the solver ran out of memory"))
    except Exception:
        messages.send("error", InternalError(f"in the solver's process:\n{format_exc()}"))
    os._exit(0)


def _claim_output() -> BinaryIO:
    """Keep standard output for messages, and let solvers print into nothing."""
    stream = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return stream


def _obey(listener: Listener) -> None:
    """Stop when told to; die, with all solvers' processes, when the parent is gone."""
    while sys.stdin.buffer.read(1):
        listener.stop.set()
    _leave()


def _leave() -> NoReturn:
    """End with all solvers' processes, and take along the folder that the parent made for them."""
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
