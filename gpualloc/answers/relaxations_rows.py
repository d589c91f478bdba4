"""The rows of a program that limit something at a place, by the names of the instance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from gpualloc.rules.writer import Family

RowsByPlace = dict[tuple[str, ...], dict[int, int]]
"""Row by the names of a place (or of a contract), then by period."""


def rows_by_place(families: Sequence[Family], titles: Iterable[str]) -> dict[str, RowsByPlace]:
    """The rows of some families whose last axis is the periods, by title, place and period."""
    found: dict[str, RowsByPlace] = {title: {} for title in titles}
    for family in families:
        if family.title in found:
            shape = tuple(len(axis) for axis in family.axes)
            for at, member in enumerate(family.members):
                *place, t = (int(i) for i in np.unravel_index(member, shape))
                inside = (axis[i] for axis, i in zip(family.axes, place, strict=False))
                names = (*family.prefix, *inside)
                found[family.title].setdefault(names, {})[t] = family.first + at
    return found
