"""What holds for every solve of a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gpualloc.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """How each instance is solved; part of the key of its result.

    Attributes
    ----------
    engine, solver, gap, seed, threads
        As `gpualloc.solve` takes them. One thread by default: the batch fills the machine with
        solves side by side.
    time_limit : float or None
        Seconds after which a solve ends with the best plan so far; None for no limit.
    grace : float
        Seconds after its time limit at which a solve that has not ended is stopped by force.
    memory_limit_gb : float or None
        GB (10^9 bytes) in the memory of a solve and all its processes, above which it is stopped.
    """

    engine: str = "auto"
    solver: str | None = None
    gap: float = 1e-6
    seed: int = 0
    threads: int = 1
    time_limit: float | None = None
    grace: float = 10.0
    memory_limit_gb: float | None = None

    def __post_init__(self) -> None:
        for name in ("time_limit", "grace", "memory_limit_gb"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise UsageError(f"{name}: {value} is not a positive number")

    @property
    def patience_seconds(self) -> float | None:
        """Time after which a solve is stopped by force; None for never."""
        return None if self.time_limit is None else self.time_limit + self.grace

    def document(self) -> dict[str, Any]:
        """The settings as a JSON object."""
        return dict(vars(self))
