"""Reading, comparing and showing figures: the checker's view."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gpualloc.units import exact

TOLERANCE = 1e-6
"""Relative tolerance for rates, transfer, shares and money."""


def at_period(figure: float | Sequence[float], t: int) -> Fraction:
    """The figure of period `t`, exactly: one for all periods, or a list with one per period."""
    return exact(figure[t] if isinstance(figure, Sequence) else figure)


def exceeds(figure: Fraction | float, limit: Fraction | float) -> bool:
    """Whether a figure is above a limit by more than the tolerance."""
    return float(figure) > float(limit) + TOLERANCE * abs(float(limit))


def falls_short(figure: Fraction | float, limit: Fraction | float) -> bool:
    """Whether a figure is below a limit by more than the tolerance."""
    return float(figure) < float(limit) - TOLERANCE * abs(float(limit))


def show(figure: Fraction | float) -> str:
    """A figure for a message: separators, and as many digits as tell it from its limit."""
    return f"{figure:,}" if isinstance(figure, int) else f"{float(figure):,.12g}"
