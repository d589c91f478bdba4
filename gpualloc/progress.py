"""What a running solve tells about itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """The state of a solve at one moment.

    Parameters
    ----------
    seconds : float
        Time since the solve began.
    incumbent_usd : float or None
        Cost of the best plan so far; None while there is none.
    bound_usd : float or None
        Proven lower bound on the cost of every valid plan; None while nothing is proven.
    gap : float or None
        ``(incumbent - bound) / max(1, |incumbent|)``; None while either is missing.
    note : str
        What the engine is doing, in a few words.
    """

    seconds: float
    incumbent_usd: float | None
    bound_usd: float | None
    gap: float | None
    note: str = ""
