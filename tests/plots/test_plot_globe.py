"""Geography: great circles, the view, names that do not collide, and land where land is."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import pytest

from gpualloc.plots.globe import great_circle, main_view, view_of
from gpualloc.plots.land import land_traces
from gpualloc.plots.names import Tag, write_names

MEMPHIS, OSAKA, SYDNEY = (-90.0, 35.1), (135.5, 34.7), (151.2, -33.9)


def distance_degrees(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The angle between two places, by the law of cosines."""
    north_a, north_b = math.radians(a[1]), math.radians(b[1])
    east = math.radians(b[0] - a[0])
    cosine = math.sin(north_a) * math.sin(north_b)
    cosine += math.cos(north_a) * math.cos(north_b) * math.cos(east)
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


@pytest.mark.parametrize("end", [OSAKA, SYDNEY])
def test_great_circles_are_shortest(end: tuple[float, float]) -> None:
    """The steps of a way add up to the distance, so none of them is a detour."""
    way = [(x, y) for x, y in great_circle(MEMPHIS, end) if x is not None and y is not None]
    steps = sum(distance_degrees(a, b) for a, b in pairwise(way))
    assert way[0] == pytest.approx(MEMPHIS)
    assert way[-1] == pytest.approx(end)
    assert steps == pytest.approx(distance_degrees(MEMPHIS, end), rel=1e-3)


def test_ways_over_the_edge_are_cut() -> None:
    """Over the Pacific a way leaves the map on one side and comes back on the other."""
    way = great_circle(MEMPHIS, OSAKA)
    gaps = [at for at, (x, _) in enumerate(way) if x is None]
    assert len(gaps) == 1
    before, after = way[gaps[0] - 1][0], way[gaps[0] + 1][0]
    assert before is not None
    assert after is not None
    assert before < -90
    assert after > 135
    drawn = [(a[0], b[0]) for a, b in pairwise(way)]
    assert all(abs(a - b) < 90 for a, b in drawn if a is not None and b is not None)


def test_the_view_holds_all_places() -> None:
    """Every place is in view, with room around it, and no view leaves the world."""
    view = view_of([MEMPHIS, OSAKA, SYDNEY, (179.9, -89.0)])
    assert all(view.holds(place) for place in (MEMPHIS, OSAKA, SYDNEY))
    assert (view.east, view.south) == (180, -90)


def test_the_view_leaves_out_what_is_far_and_small() -> None:
    """With 97 % of the GPUs in the south of the US, Sydney's 3 % are out of view."""
    weights = {MEMPHIS: 50.0, (-97.0, 33.0): 47.0, SYDNEY: 3.0}
    assert not main_view(weights).holds(SYDNEY)
    assert main_view(weights).holds(MEMPHIS)
    assert main_view({**weights, SYDNEY: 30.0}).holds(SYDNEY)


def test_names_do_not_collide() -> None:
    """Of forty names in a crowd those written overlap neither each other nor any mark."""
    places = [(-100 + 1.7 * (at % 8), 32 + 0.9 * (at // 8)) for at in range(40)]
    view = view_of([*places, (-60.0, 50.0)])
    tags = [Tag(f"data-center-{at}", place, 9.0) for at, place in enumerate(places)]
    written = write_names(tags, view)
    assert 5 <= len(written) < 40
    assert written[0].tag is tags[0]
    east, north = view.px_per_degree
    boxes = []
    for found in written:
        # a letter is about 6.6 pixels wide and a line 12 high; the name begins 12 px off the mark
        wide, x, y = (
            6.6 * len(found.tag.text),
            found.tag.point[0] * east,
            -found.tag.point[1] * north,
        )
        side = {"right": 12, "left": -12 - wide, "center": -wide / 2}[found.side.split()[1]]
        up = {"middle": 0, "top": -19, "bottom": 19}[found.side.split()[0]]
        boxes.append((x + side, x + side + wide, y + up - 6, y + up + 6))
    for a, b in combinations(boxes, 2):
        assert a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] or b[3] <= a[2]


def is_on_land(east: float, north: float) -> bool:
    """Whether a place is inside an odd number of the map's areas: crossings of a ray."""
    land = land_traces()[0]
    inside = False
    for (x1, y1), (x2, y2) in pairwise(zip(land.x, land.y, strict=True)):
        if x1 is None or x2 is None:
            continue
        crosses = (y1 > north) != (y2 > north)
        if crosses and east < x1 + (north - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
    return inside


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (MEMPHIS, True),
        ((2.5, 47.0), True),  # France
        ((100.0, 62.0), True),  # Siberia
        ((-172.0, 66.0), True),  # Chukotka, east of the antimeridian
        ((0.0, -80.0), True),  # Antarctica
        ((-40.0, 35.0), False),  # the Atlantic
        ((-150.0, 20.0), False),  # the Pacific
        ((80.0, -30.0), False),  # the Indian Ocean
    ],
)
def test_land_is_where_land_is(place: tuple[float, float], expected: bool) -> None:
    """Known places are on land or at sea on the map, too."""
    assert is_on_land(*place) is expected


def test_the_ground_is_on_the_map() -> None:
    """Coastlines and borders lie within the degrees of the globe, and none crosses the map."""
    for trace in land_traces():
        for (x1, y1), (x2, _) in pairwise(zip(trace.x, trace.y, strict=True)):
            if x1 is not None and x2 is not None:
                assert -180 <= x1 <= 180
                assert -90 <= y1 <= 90
                assert abs(x2 - x1) < 60 or abs(y1) > 84
