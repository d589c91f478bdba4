"""Places on the map: great circles, and the part of the world in view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, hypot, radians
from typing import NamedTuple

import numpy as np

Point = tuple[float, float]
"""Degrees east and north."""

Way = list[tuple[float | None, float | None]]
"""Points one after the other; nothing where the line is broken."""

STEPS = 24
WIDE_PX, HIGH_PX = 900.0, 460.0

MOST = 0.9
"""The part of what is in use that is in view, where the rest is far away."""


class View(NamedTuple):
    """The part of the world in view, in degrees."""

    west: float
    east: float
    south: float
    north: float

    @property
    def stretch(self) -> float:
        """How long a degree north is in degrees east, in the middle."""
        middle = min(abs(self.south + self.north) / 2, 75.0)
        return 1 / cos(radians(middle))

    def holds(self, point: Point) -> bool:
        """Whether a place is in view."""
        return self.west <= point[0] <= self.east and self.south <= point[1] <= self.north

    @property
    def px_per_degree(self) -> Point:
        """Pixels of a degree east and north, on a figure of the usual size."""
        wide, high = self.east - self.west, (self.north - self.south) * self.stretch
        east = min(WIDE_PX / wide, HIGH_PX / high)
        return east, east * self.stretch


def view_of(points: Sequence[Point]) -> View:
    """The view that holds all points, with room around them."""
    east = [point[0] for point in points] or [-180.0, 180.0]
    north = [point[1] for point in points] or [-60.0, 80.0]
    aside = max(4.0, 0.08 * (max(east) - min(east)))
    above = max(3.0, 0.12 * (max(north) - min(north)))
    return View(
        max(-180.0, min(east) - aside),
        min(180.0, max(east) + aside),
        max(-90.0, min(north) - above),
        min(90.0, max(north) + above),
    )


def main_view(weights: Mapping[Point, float]) -> View:
    """The view that holds all places, or most of the weight if that takes half the width.

    Parameters
    ----------
    weights : mapping
        What is in use at each place.
    """
    everything = view_of(list(weights))
    middle = tuple(
        _middle([(point[axis], weight) for point, weight in weights.items()]) for axis in (0, 1)
    )
    nearest = sorted(weights, key=lambda point: hypot(point[0] - middle[0], point[1] - middle[1]))
    kept, weight = [], 0.0
    for point in nearest:
        kept.append(point)
        weight += weights[point]
        if weight >= MOST * sum(weights.values()):
            break
    main = view_of(kept)
    is_small = main.east - main.west <= (everything.east - everything.west) / 2
    return main if is_small else everything


def _middle(figures: list[tuple[float, float]]) -> float:
    """The weighted median of figures with their weights."""
    total, passed = sum(weight for _, weight in figures), 0.0
    for figure, weight in sorted(figures):
        passed += weight
        if passed >= total / 2:
            return figure
    return 0.0


def great_circle(start: Point, end: Point) -> Way:
    """The shortest way from one place to another; a gap where it leaves the map's edge."""
    a, b = _unit(start), _unit(end)
    angle = np.arccos(np.clip(a @ b, -1, 1))
    if angle < 1e-9 or np.pi - angle < 1e-9:
        return [start, end]
    along = np.linspace(0, 1, STEPS)[:, None]
    way = (np.sin((1 - along) * angle) * a + np.sin(along * angle) * b) / np.sin(angle)
    east = np.degrees(np.arctan2(way[:, 1], way[:, 0])).round(2)
    north = np.degrees(np.arcsin(np.clip(way[:, 2], -1, 1))).round(2)
    points: Way = []
    for at, (x, y) in enumerate(zip(east.tolist(), north.tolist(), strict=True)):
        if at and abs(x - east[at - 1]) > 180:
            points.append((None, None))
        points.append((x, y))
    return points


def _unit(point: Point) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    east, north = np.radians(point)
    return np.array([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
