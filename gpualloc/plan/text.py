"""Figures as people read them."""

from __future__ import annotations

from collections.abc import Iterable

ROUNDING = 1e-15
"""A gap up to this is what floating point makes of none."""


def usd(amount: float, largest: float | None = None) -> str:
    """An amount of money, with cents below 1,000: ``1,234,568``, ``12.50``.

    Parameters
    ----------
    amount : float
        USD.
    largest : float, optional
        The largest amount of the column that it stands in, which decides about the cents.
    """
    scale = amount if largest is None else largest
    text = f"{amount:,.2f}" if abs(scale) < 1000 else f"{amount:,.0f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def usd_column(amounts: Iterable[float]) -> list[str]:
    """Amounts of money that stand below each other."""
    column = list(amounts)
    largest = max(map(abs, column), default=0.0)
    return [usd(amount, largest) for amount in column]


def count(number: float) -> str:
    """A whole number with separators; other figures keep two decimals."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.2f}"


def percent(share: float) -> str:
    """A share of 1 as a percentage, never rounded up to 100: ``99.9 %``."""
    if 0.999 <= share < 1:
        return "99.9 %"
    return f"{100 * share:.1f} %"


def gap_text(gap: float) -> str:
    """A gap with enough digits to tell it from zero: ``0.36 %``, ``2.1e-05 %``."""
    gap = gap if gap > ROUNDING else 0.0
    if gap == 0 or gap >= 1e-4:
        return f"{100 * gap:.2f} %"
    return f"{100 * gap:.1e} %"


def duration(seconds: float) -> str:
    """A time as planners say it: ``0.42 s``, ``12.3 s``, ``4 min 05 s``, ``2 h 03 min``."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
