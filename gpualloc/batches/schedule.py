"""The course of a batch: cases go out, outcomes come back and are committed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Literal

from gpualloc.batches.cases import Case
from gpualloc.batches.crew import WorkerLostError
from gpualloc.batches.folder import RunFolder
from gpualloc.batches.interrupts import Interrupts
from gpualloc.batches.results import Outcome, Result
from gpualloc.batches.solves import Job
from gpualloc.batches.workforce import Workforce
from gpualloc.errors import GpuallocError, SolverError
from gpualloc.progress import Progress
from gpualloc.version import __version__

POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Event:
    """Something that happened in a batch.

    Attributes
    ----------
    kind : {"started", "progress", "finished", "lost", "draining"}
        `lost`: the instance was lost with its worker, and will be tried once more. `draining`:
        Ctrl-C was pressed; what has begun is brought to its end.
    key, name, scenario : str
        As in `Result`; empty for `draining`.
    progress : Progress or None
        Of a running solve.
    result : Result or None
        Of a finished one.
    """

    kind: Literal["started", "progress", "finished", "lost", "draining"]
    key: str = ""
    name: str = ""
    scenario: str = ""
    progress: Progress | None = None
    result: Result | None = None


@dataclass(frozen=True)
class Ticket:
    """A case on its way.

    Attributes
    ----------
    number : int
        Its place among the inputs.
    case : Case
    key : str
    again : bool
        Whether it was lost with its worker before.
    twins : list of Ticket
        Cases with the same key, which get the same result.
    """

    number: int
    case: Case
    key: str
    again: bool = False
    twins: list[Ticket] = field(default_factory=list)


class Schedule:
    """One run over the cases of a batch.

    A case that was lost with its worker is tried again when all others are done, with nothing
    beside it: so the second loss is its own doing, and it is quarantined.

    Parameters
    ----------
    cases : iterator of Case
    folder : RunFolder
    workforce : Workforce
    interrupts : Interrupts
    on_event : callable
    """

    def __init__(
        self,
        cases: Iterator[Case],
        folder: RunFolder,
        workforce: Workforce,
        interrupts: Interrupts,
        on_event: Callable[[Event], None],
    ) -> None:
        self._cases = enumerate(cases)
        self._folder = folder
        self._workforce = workforce
        self._interrupts = interrupts
        self._on_event = on_event
        self._news: SimpleQueue[tuple[str, Ticket, Progress | None]] = SimpleQueue()
        self._out: dict[Future[Outcome], Ticket] = {}
        self._suspects: deque[Ticket] = deque()
        self._exhausted = False
        self.draining = False

    def results(self) -> Iterator[tuple[int, Result]]:
        """Yield each result, with its case's place among the inputs, once it is committed."""
        while True:
            if self._interrupts.count and not self.draining:
                self._drain()
            if not self.draining:
                yield from self._send_out()
            if not self._out:
                break
            done, _ = wait(self._out, POLL_SECONDS, FIRST_COMPLETED)
            self._tell_news()
            for future in done:
                yield from self._settle(future, self._out.pop(future))

    def _send_out(self) -> Iterator[tuple[int, Result]]:
        """Give out cases while there is room; yield those that were committed before."""
        while self._has_room():
            ticket = self._next_ticket()
            if ticket is None:
                self._exhausted = True
            elif twin := self._on_its_way(ticket.key):
                twin.twins.append(ticket)
            elif outcome := self._folder.load(ticket.key):
                yield self._finish(ticket, outcome, reused=True)
            else:
                self._submit(ticket)
        if self._exhausted and self._suspects and not self._out:
            self._submit(self._suspects.popleft())

    def _has_room(self) -> bool:
        over = self._exhausted or self._interrupts.count > 0
        return not over and len(self._out) < self._workforce.room

    def _next_ticket(self) -> Ticket | None:
        number, case = next(self._cases, (0, None))
        return None if case is None else Ticket(number, case, case.key(self._folder.settings))

    def _on_its_way(self, key: str) -> Ticket | None:
        known = [*self._out.values(), *self._suspects]
        return next((ticket for ticket in known if ticket.key == key), None)

    def _submit(self, ticket: Ticket) -> None:
        job = Job(ticket.case, self._folder.settings)
        future = self._workforce.submit(
            job, lambda kind, progress: self._news.put((kind, ticket, progress))
        )
        self._out[future] = ticket
        if not self._workforce.is_here:
            self._news.put(("started", ticket, None))

    def _settle(self, future: Future[Outcome], ticket: Ticket) -> Iterator[tuple[int, Result]]:
        """Commit the outcome of a case, or decide what becomes of it without one."""
        try:
            outcome = future.result()
        except CancelledError:
            return
        except GpuallocError:
            raise
        except Exception as error:
            if not is_loss(error):
                raise SolverError(f"the workers failed: {error}") from error
            if not ticket.again:
                self._set_aside(ticket)
                return
            outcome = Outcome("quarantined", "its worker was lost twice while it solved")
        if outcome.gpualloc != __version__:
            found = f"a worker runs gpualloc {outcome.gpualloc}, this is {__version__}"
            raise SolverError(f"{found}: install the same version on all workers")
        with self._interrupts.held():
            self._folder.commit(ticket.case, ticket.key, outcome)
        for each in (ticket, *ticket.twins):
            yield self._finish(each, outcome, reused=each is not ticket)

    def _set_aside(self, ticket: Ticket) -> None:
        self._folder.note("lost", key=ticket.key, name=ticket.case.name)
        self._tell("lost", ticket)
        self._suspects.append(
            Ticket(ticket.number, ticket.case, ticket.key, again=True, twins=ticket.twins)
        )

    def _finish(self, ticket: Ticket, outcome: Outcome, *, reused: bool) -> tuple[int, Result]:
        case = ticket.case
        result = Result(ticket.key, case.name, str(case.scenario), outcome, reused)
        self._tell("finished", ticket, result=result)
        return ticket.number, result

    def _drain(self) -> None:
        """Begin nothing more; take back what waits for a worker."""
        self.draining = True
        self._folder.note("draining")
        self._on_event(Event("draining"))
        if self._workforce.is_here:
            for future in self._out:
                future.cancel()

    def _tell_news(self) -> None:
        """Pass on what the workers' threads have told."""
        while True:
            try:
                kind, ticket, progress = self._news.get_nowait()
            except Empty:
                return
            if kind == "started":
                self._folder.note("started", key=ticket.key, name=ticket.case.name)
                self._tell("started", ticket)
            else:
                self._tell("progress", ticket, progress=progress)

    def _tell(
        self,
        kind: Literal["started", "progress", "finished", "lost"],
        ticket: Ticket,
        progress: Progress | None = None,
        result: Result | None = None,
    ) -> None:
        case = ticket.case
        self._on_event(Event(kind, ticket.key, case.name, str(case.scenario), progress, result))


def is_loss(error: BaseException) -> bool:
    """Whether an executor says that a worker was lost with its job.

    Dask's error is known by its name, so that Dask need not be there.
    """
    return isinstance(error, WorkerLostError) or type(error).__name__ == "KilledWorker"
