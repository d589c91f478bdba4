"""Sides of rows: those that duals press on, and those that bound a column."""

from __future__ import annotations

import numpy as np

from gpualloc.vectors import Floats, Ints


def keep_signed(duals: Floats, lower: Floats, upper: Floats) -> Floats:
    """Duals without those of a sign for which the row has no side."""
    no_side = np.where(duals > 0, np.isneginf(lower), np.isposinf(upper))
    return np.where(no_side, 0.0, duals)


def sum_pressed(duals: Floats, lower: Floats, upper: Floats) -> float:
    """What duals and the sides that they press on add up to: the rows' part of a Lagrange bound."""
    presses = duals != 0
    side = np.where(duals > 0, lower, upper)
    return float((duals[presses] * side[presses]).sum())


def narrow(
    least: Floats, most: Floats, column: Ints, value: Floats, lower: Floats, upper: Floats
) -> None:
    """Narrow bounds on columns, in place, by rows that hold one of them alone.

    Parameters
    ----------
    least, most : (n,) float
    column, value, lower, upper : (m,)
        Of each row: its column, that one's coefficient, and its sides.
    """
    ends = np.stack([lower / value, upper / value])
    np.maximum.at(least, column, ends.min(axis=0))
    np.minimum.at(most, column, ends.max(axis=0))
