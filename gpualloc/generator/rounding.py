"""Round figures: what a person would write down, on the safe side of what is needed."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, log10
from random import Random


def round_up(value: float, digits: int = 2) -> float:
    """The smallest figure >= `value` with that many significant digits; above rounding error."""
    return _round_to(value * (1 + 1e-9), digits, ceil)


def round_down(value: float, digits: int = 2) -> float:
    """The largest figure <= `value` with that many significant digits."""
    return _round_to(value * (1 - 1e-9), digits, floor)


def _round_to(value: float, digits: int, whole: Callable[[float], int]) -> float:
    if value <= 0:
        return 0.0
    places = digits - 1 - floor(log10(value))
    steps = whole(value * 10.0**places)
    return float(f"{steps}e{-places}")


def up_to_multiple(value: int, lot: int) -> int:
    """The smallest multiple of `lot` that is >= `value`."""
    return -(-value // lot) * lot


def draw_log(dice: Random, low: float, high: float) -> float:
    """A number between the limits, uniform in its logarithm."""
    return float(low * (high / low) ** dice.random())
