"""Figures as exact rationals, and the conversions between the units of an instance."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

GB_PER_HOUR_PER_GBPS = 450
"""GB that one Gbit/s moves in an hour: 3600 s / 8 bits a byte."""


@lru_cache(maxsize=1 << 16)
def exact(figure: float) -> Fraction:
    """Return the rational that a decimal figure stands for, as written.

    ``exact(0.1)`` is 1/10, not the binary fraction nearest to it, so that sums of figures
    compare the way they do on paper.

    Parameters
    ----------
    figure : float or int
        A finite number. A float counts as its shortest decimal, the one that files hold.
    """
    return Fraction(figure) if isinstance(figure, int) else Fraction(repr(float(figure)))
