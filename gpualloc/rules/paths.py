"""The path between two data centers: the checker's view."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, hypot, radians, sin

from gpualloc.instance.instance import Instance
from gpualloc.instance.records import DataCenter, Link, PairLink

EARTH_RADIUS_KM = 6371
FIBER_KM_PER_MS = 204
ROUND_TRIP_ROUTE = 3.6
"""Kilometers of fiber of a round trip per kilometer of great circle."""


@dataclass(frozen=True)
class Path:
    """What joins two data centers.

    Attributes
    ----------
    gbps : float
        Its bandwidth, above zero.
    rtt_ms : float
        Its round-trip time.
    usd_per_gb : float
        What moving a gigabyte costs.
    """

    gbps: float
    rtt_ms: float
    usd_per_gb: float


class Paths:
    """The paths of an instance, each worked out when it is first asked for."""

    def __init__(self, instance: Instance) -> None:
        network = instance.network
        self._defaults = {True: network.same_provider, False: network.cross_provider}
        self._links = {pair_of(link.a, link.b): link for link in network.links}
        self._sites = {site.name: site for site in instance.data_centers}
        self._found: dict[tuple[str, str], Path | None] = {}

    def between(self, a: str, b: str) -> Path | None:
        """The path between two different data centers; None if they cannot talk."""
        pair = pair_of(a, b)
        if pair not in self._found:
            self._found[pair] = self._find(self._sites[a], self._sites[b])
        return self._found[pair]

    def _find(self, a: DataCenter, b: DataCenter) -> Path | None:
        link: Link | PairLink | None = self._links.get(pair_of(a.name, b.name))
        link = link or self._defaults[a.provider == b.provider]
        if link is None or link.gbps == 0:
            return None
        given_ms = link.rtt_ms if isinstance(link, Link) else None
        rtt_ms = rtt_by_distance_ms(a, b) if given_ms is None else given_ms
        return Path(link.gbps, rtt_ms, link.usd_per_gb)


def pair_of(a: str, b: str) -> tuple[str, str]:
    """Two data centers in the order of their names: a link has no direction."""
    return (a, b) if a <= b else (b, a)


def rtt_by_distance_ms(a: DataCenter, b: DataCenter) -> float:
    """Round-trip time by distance: 1 ms, and the light's way along 1.8 great circles and back."""
    return 1 + ROUND_TRIP_ROUTE * great_circle_km(a, b) / FIBER_KM_PER_MS


def great_circle_km(a: DataCenter, b: DataCenter) -> float:
    r"""Distance on a sphere, by the angle between two vectors that keeps its digits anywhere.

    .. math:: R \, \operatorname{atan2}(|u \times v|, u \cdot v)

    with :math:`u, v` the unit vectors of the two places.
    """
    north_a, north_b = radians(a.latitude), radians(b.latitude)
    east = radians(b.longitude - a.longitude)
    across = hypot(
        cos(north_b) * sin(east),
        cos(north_a) * sin(north_b) - sin(north_a) * cos(north_b) * cos(east),
    )
    along = sin(north_a) * sin(north_b) + cos(north_a) * cos(north_b) * cos(east)
    return EARTH_RADIUS_KM * atan2(across, along)
