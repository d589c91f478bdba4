"""Telling how a solve fares while it runs, the same from every engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gpualloc.plan.plan import relative_gap
from gpualloc.progress import Progress


@dataclass(frozen=True)
class Teller:
    """Tells whoever asked, with the time since the solve began.

    Attributes
    ----------
    on_progress : callable or None
        Called with a `Progress`; None: nobody asked.
    began : float
        Wall-clock time, s.
    """

    on_progress: Callable[[Progress], None] | None
    began: float = field(default_factory=time.time)

    def tell(
        self, note: str, incumbent_usd: float | None = None, bound_usd: float | None = None
    ) -> None:
        """Tell what happens, with the plan and the bound known by now."""
        if self.on_progress is None:
            return
        self.on_progress(
            Progress(
                seconds=time.time() - self.began,
                incumbent_usd=incumbent_usd,
                bound_usd=bound_usd,
                gap=relative_gap(incumbent_usd, bound_usd),
                note=note,
            )
        )
