"""Duals and the sides of rows that they press on."""

from __future__ import annotations

import numpy as np

from gpualloc.vectors import Floats


def keep_signed(duals: Floats, lower: Floats, upper: Floats) -> Floats:
    """Duals without those of a sign for which the row has no side."""
    no_side = np.where(duals > 0, np.isneginf(lower), np.isposinf(upper))
    return np.where(no_side, 0.0, duals)


def sum_pressed(duals: Floats, lower: Floats, upper: Floats) -> float:
    """What duals and the sides that they press on add up to: the rows' part of a Lagrange bound."""
    presses = duals != 0
    side = np.where(duals > 0, lower, upper)
    return float((duals[presses] * side[presses]).sum())
