"""Compiled sums over sparse coefficients."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gpualloc.vectors import Bools, Floats, Ints

Ints32 = NDArray[np.int32]


@njit(cache=True, nogil=True)
def reduce_costs(
    cost: Floats, starts: Ints, rows: Ints32, values: Floats, duals: Floats, reduced: Floats
) -> None:
    """`reduced = cost - coefficients' * duals`; columns' coefficients lie end to end."""
    for column in range(len(cost)):
        usd = cost[column]
        for at in range(starts[column], starts[column + 1]):
            usd -= duals[rows[at]] * values[at]
        reduced[column] = usd


@njit(cache=True, nogil=True)
def gather_rows(
    positions: Ints, amounts: Floats, starts: Ints, rows: Ints32, values: Floats
) -> tuple[Ints, Floats]:
    """What some columns at some values add up to in each row: rows ascending, and sums."""
    size = 0
    for position in positions:
        size += starts[position + 1] - starts[position]
    row, value = np.empty(size, np.int64), np.empty(size)
    at = 0
    for i in range(len(positions)):
        for entry in range(starts[positions[i]], starts[positions[i] + 1]):
            row[at], value[at] = rows[entry], values[entry] * amounts[i]
            at += 1
    order = np.argsort(row, kind="mergesort")
    count = 0
    out_row, out_value = np.empty(size, np.int64), np.empty(size)
    for place in order:
        if count and out_row[count - 1] == row[place]:
            out_value[count - 1] += value[place]
        else:
            out_row[count], out_value[count] = row[place], value[place]
            count += 1
    return out_row[:count], out_value[:count]


@njit(cache=True, nogil=True)
def free_gain(first: Ints, other_at: Ints, upper: Floats, reduced: Floats, gain: Floats) -> None:
    """For each group, what its columns beside the core bring at a negative reduced cost.

    `other_at[first[g]:first[g + 1]]` are the columns of group g.
    """
    for group in range(len(gain)):
        usd = 0.0
        for at in range(first[group], first[group + 1]):
            usd += min(0.0, reduced[other_at[at]] * upper[at])
        gain[group] = usd


@njit(cache=True, nogil=True)
def fit_shards(
    shards: Ints32,
    most: Ints32,
    starts: Ints,
    rows: Ints32,
    values: Floats,
    room: Floats,
    fitting: Ints32,
) -> None:
    """The largest number of shards of each offer that the room in coupling rows admits."""
    for offer in range(len(shards)):
        fits = float(most[offer])
        for at in range(starts[shards[offer]], starts[shards[offer] + 1]):
            if values[at] > 0:
                fits = min(fits, (room[rows[at]] + 1e-9) / values[at])
        fitting[offer] = max(0, int(np.floor(fits)))


@njit(cache=True, nogil=True)
def bar_columns(
    whole: Bools, starts: Ints, rows: Ints32, values: Floats, room: Floats, reduced: Floats
) -> None:
    """Make columns that are one or nothing endlessly dear where coupling rows have no room."""
    for column in range(len(whole)):
        if whole[column]:
            for entry in range(starts[column], starts[column + 1]):
                if values[entry] > 0 and values[entry] > room[rows[entry]] + 1e-9:
                    reduced[column] = np.inf


@njit(cache=True, nogil=True)
def bar_spokes(
    spokes: Ints32, starts: Ints, rows: Ints32, values: Floats, room: Floats, reduced: Floats
) -> None:
    """Make spokes that the room in coupling rows does not admit endlessly dear."""
    for at in range(len(spokes)):
        if spokes[at] >= 0:
            for entry in range(starts[spokes[at]], starts[spokes[at] + 1]):
                if values[entry] > room[rows[entry]] * (1 + 1e-9):
                    reduced[spokes[at]] = np.inf
