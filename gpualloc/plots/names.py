"""Names beside the marks of a map, placed so that they do not collide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gpualloc.plots.globe import Point, View

LETTER_PX, LINE_PX = 6.6, 14.0


class Tag(NamedTuple):
    """A name to write beside a mark of some radius, in pixels."""

    text: str
    point: Point
    radius: float


class Written(NamedTuple):
    """A name with its side of the mark, as plotly says it."""

    tag: Tag
    side: str


class _Box(NamedTuple):
    left: float
    right: float
    top: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def write_names(tags: Iterable[Tag], view: View) -> list[Written]:
    """Names on the first free side of their marks, the most important first; others are left out.

    Parameters
    ----------
    tags : iterable of Tag
        In the order of importance. All marks are there, whether their name is written or not.
    view : View
    """
    ordered = list(tags)
    taken = [_mark(tag, view) for tag in ordered]
    written = []
    for tag, own in zip(ordered, list(taken), strict=True):
        for side in ("middle right", "middle left", "top center", "bottom center"):
            box = _name_box(tag, side, view)
            if not any(box.meets(other) for other in taken if other is not own):
                taken.append(box)
                written.append(Written(tag, side))
                break
    return written


def _pixel(point: Point, view: View) -> Point:
    east, north = view.px_per_degree
    return (point[0] - view.west) * east, (view.north - point[1]) * north


def _mark(tag: Tag, view: View) -> _Box:
    x, y = _pixel(tag.point, view)
    reach = 0.8 * tag.radius
    return _Box(x - reach, x + reach, y - reach, y + reach)


def _name_box(tag: Tag, side: str, view: View) -> _Box:
    x, y = _pixel(tag.point, view)
    wide, away = LETTER_PX * len(tag.text), tag.radius + 3
    if side == "middle right":
        return _Box(x + away, x + away + wide, y - LINE_PX / 2, y + LINE_PX / 2)
    if side == "middle left":
        return _Box(x - away - wide, x - away, y - LINE_PX / 2, y + LINE_PX / 2)
    if side == "top center":
        return _Box(x - wide / 2, x + wide / 2, y - away - LINE_PX, y - away)
    return _Box(x - wide / 2, x + wide / 2, y + away, y + away + LINE_PX)
