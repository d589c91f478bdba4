"""The solves behind an answer: same settings, one deadline."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from copy import copy

from gpualloc.errors import UsageError
from gpualloc.instance.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.solving import solve

LEAST_SECONDS = 0.5
"""What a solve gets when the time of the answer is up, so that it proves at least something."""


class Solves:
    """Solves the instances of one answer.

    Parameters
    ----------
    engine, solver, gap, seed, threads, isolate
        As `gpualloc.solve` has them.
    time_limit : float or None
        Seconds for all solves of the answer together; None for no limit.
    on_note : callable or None
        Called with a line about each solve as it begins.

    Attributes
    ----------
    plans : list of Plan
        The results so far.
    """

    def __init__(
        self,
        *,
        engine: str = "auto",
        solver: str | None = None,
        time_limit: float | None = None,
        gap: float = 1e-6,
        seed: int = 0,
        threads: int | None = None,
        isolate: bool = True,
        on_note: Callable[[str], None] | None = None,
    ) -> None:
        if time_limit is not None and not 0 < time_limit < math.inf:
            raise UsageError(f"time_limit: {time_limit} is not a positive number of seconds")
        self.engine, self.solver, self.gap = engine, solver, gap
        self.seed, self.threads, self.isolate = seed, threads, isolate
        self.deadline = None if time_limit is None else time.monotonic() + time_limit
        self.plans: list[Plan] = []
        self._on_note = on_note

    def solve(
        self,
        instance: Instance,
        *,
        note: str = "",
        warm_start: Plan | None = None,
        to_come: int = 0,
    ) -> Plan:
        """Solve an instance within its part of the time that is left.

        Parameters
        ----------
        note : str
            What the solve is for.
        warm_start : Plan or None
            A plan to start from; one without a plan is left out.
        to_come : int
            How many solves will follow, which need their part of the time too.

        Raises
        ------
        KeyboardInterrupt
            The solve was interrupted: an answer has no use for a part of its solves.
        """
        self.tell(note)
        plan = solve(
            instance,
            engine=self.engine,
            solver=self.solver,
            time_limit=self.seconds_left(to_come),
            gap=self.gap,
            seed=self.seed,
            threads=self.threads,
            warm_start=warm_start if warm_start else None,
            isolate=self.isolate,
        )
        if plan.stopped_by == "interrupt":
            raise KeyboardInterrupt
        self.plans.append(plan)
        return plan

    def find_any(self, instance: Instance, to_come: int = 0) -> Plan | None:
        """Any valid plan of an instance, or a proof that there is none; None if it is too late.

        The first plan will do. HiGHS listens when it is told to stop, so it may run right here,
        which saves the start of a process for each of many short solves.
        """
        if self.is_late:
            return None
        plan = solve(
            instance,
            engine=self.engine,
            solver=self.solver,
            time_limit=self.seconds_left(to_come),
            gap=1.0,
            seed=self.seed,
            threads=self.threads,
            isolate=self.isolate and self.solver not in (None, "highs"),
        )
        if plan.stopped_by == "interrupt":
            raise KeyboardInterrupt
        return plan

    def part(self, share: float) -> Solves:
        """Solves with the same settings for a share of the time that is left."""
        part = copy(self)
        if self.deadline is not None:
            now = time.monotonic()
            part.deadline = now + share * max(0.0, self.deadline - now)
        return part

    @property
    def is_late(self) -> bool:
        """Whether the time of the answer is up."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def seconds_left(self, to_come: int = 0) -> float | None:
        """Seconds for a solve that so many others will follow; None where nothing limits them."""
        if self.deadline is None:
            return None
        return max(LEAST_SECONDS, (self.deadline - time.monotonic()) / (1 + to_come))

    def tell(self, note: str) -> None:
        """Pass a line on to whoever watches."""
        if note and self._on_note is not None:
            self._on_note(note)
