"""An instance as the oracle sees it: defaults filled in, every number an exact fraction."""

from __future__ import annotations

import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

Row = Any
Number = Fraction | float

DEFAULTS: dict[str, dict[str, Any]] = {
    "periods": {},
    "gpu_types": {},
    "providers": {},
    "data_centers": {
        "power_mw": None,
        "pue": 1,
        "usd_per_mwh": 0,
        "uplink_gbps": None,
        "transfer_tb": None,
    },
    "offers": {"fixed_usd": 0},
    "jobs": {
        "tags": [],
        "start": None,
        "end": None,
        "sync": None,
        "providers": None,
        "regions": None,
        "data_centers": None,
        "max_data_centers": None,
        "max_rtt_ms": None,
        "unserved_usd": None,
        "current": None,
        "move_usd_per_shard": None,
        "staging_usd": None,
    },
    "flows": {"usd_per_ms_hour": 0},
    "contracts": {
        "jobs": None,
        "start": None,
        "end": None,
        "buyout_usd": None,
        "providers": None,
        "regions": None,
        "data_centers": None,
        "accepts_gpus": None,
        "precedence": "none",
        "mode": "incremental",
        "min": 0,
    },
}
ONE_PERIOD = [{"name": "horizon", "hours": 730}]


def exact(value: Any) -> Any:
    """Replace every number in a JSON value by the fraction that its decimal figure says."""
    if isinstance(value, dict):
        return {key: exact(part) for key, part in value.items()}
    if isinstance(value, list):
        return [exact(part) for part in value]
    if isinstance(value, int | float):
        return Fraction(repr(value))
    return value


def at(figure: Any, t: int) -> Any:
    """Return a figure marked `/t` in period `t`."""
    return figure[t] if isinstance(figure, list) else figure


def great_circle_km(a: Row, b: Row) -> float:
    """Distance of two sites on a sphere of radius 6371 km (haversine)."""
    lat_a, lon_a, lat_b, lon_b = (
        math.radians(float(angle)) for angle in (a.latitude, a.longitude, b.latitude, b.longitude)
    )
    chord = math.sin((lat_b - lat_a) / 2) ** 2
    chord += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(chord))


class Figures:
    """The tables of an instance as rows with attributes, with lookups by name."""

    def __init__(self, data: dict[str, Any]) -> None:
        tables = {**{table: [] for table in DEFAULTS}, "periods": ONE_PERIOD, **data}
        rows = {table: _rows(tables[table], DEFAULTS[table]) for table in DEFAULTS}
        self.sync_weight = exact(data.get("sync_weight", 1))
        self.periods = [row.name for row in rows["periods"]]
        self.hours = [row.hours for row in rows["periods"]]
        self.kw = {row.name: row.kw for row in rows["gpu_types"]}
        self.centers = {row.name: row for row in rows["data_centers"]}
        self.offers = {row.name: row for row in rows["offers"]}
        self.jobs = {row.name: _whole_options(row) for row in rows["jobs"]}
        self.flows = rows["flows"]
        self.contracts = rows["contracts"]
        self.links = self._links(data.get("network") or {})

    def _links(self, network: dict[str, Any]) -> dict[tuple[str, str], Row]:
        """Every ordered pair of data centers that can talk, with its link."""
        own = {frozenset((row["a"], row["b"])): row for row in network.get("links", [])}
        links = {}
        for a in self.centers.values():
            for b in self.centers.values():
                kind = "same_provider" if a.provider == b.provider else "cross_provider"
                row = own.get(frozenset((a.name, b.name)), network.get(kind))
                if a is not b and row is not None and row["gbps"] > 0:
                    links[a.name, b.name] = _link(row, a, b)
        return links

    def span(self, row: Row) -> range:
        """Periods from a job's or contract's `start` to its `end`, as indexes."""
        first = 0 if row.start is None else self.periods.index(row.start)
        last = len(self.periods) - 1 if row.end is None else self.periods.index(row.end)
        return range(first, last + 1)

    def phases(self, job: Row) -> list[range]:
        """All periods at once for a job that may not move, else one phase per period."""
        if job.move_usd_per_shard is None:
            return [self.span(job)]
        return [range(t, t + 1) for t in self.span(job)]

    def center_of(self, offer: str) -> Row:
        """The data center of an offer."""
        return self.centers[self.offers[offer].data_center]

    def usable(self, job: Row, option: Row) -> list[str]:
        """Offers of the option's GPU type in data centers that the job allows."""
        return [
            offer.name
            for offer in self.offers.values()
            if offer.gpu_type == option.gpu_type and allowed(job, self.center_of(offer.name))
        ]

    def kw_on(self, offer: str) -> Fraction:
        """Facility power of one GPU on an offer: `kw * pue`."""
        kw: Fraction = self.kw[self.offers[offer].gpu_type] * self.center_of(offer).pue
        return kw

    def covers(self, contract: Row, job: str) -> bool:
        """Whether a job is covered: the contract names no tags, or the job has one of them."""
        return contract.jobs is None or bool(set(contract.jobs) & set(self.jobs[job].tags))

    def talk(self, x: str, y: str) -> bool:
        """Whether a flow can run between two data centers (one and the same always can)."""
        return x == y or (x, y) in self.links


def allowed(job: Row, center: Row) -> bool:
    """Each of the job's own lists that is given must name the data center."""
    return (
        (job.providers is None or center.provider in job.providers)
        and (job.regions is None or center.region in job.regions)
        and (job.data_centers is None or center.name in job.data_centers)
    )


def inside(contract: Row, center: Row) -> bool:
    """Whether a data center is in the union of a contract's providers, regions, data centers."""
    return (
        center.provider in (contract.providers or [])
        or center.region in (contract.regions or [])
        or center.name in (contract.data_centers or [])
    )


def _rows(table: list[dict[str, Any]], defaults: dict[str, Any]) -> list[Row]:
    return [SimpleNamespace(**exact({**defaults, **row})) for row in table]


def _whole_options(job: Row) -> Row:
    job.options = [
        SimpleNamespace(
            gpu_type=row["gpu_type"],
            shards=int(row["shards"]),
            gpus_per_shard=int(row["gpus_per_shard"]),
        )
        for row in job.options
    ]
    if job.sync is not None:
        job.sync = SimpleNamespace(**{"overlap_s": Fraction(0), **job.sync})
    return job


def _link(row: dict[str, Any], a: Row, b: Row) -> Row:
    rtt_ms = row.get("rtt_ms")
    return SimpleNamespace(
        gbps=exact(row["gbps"]),
        usd_per_gb=exact(row.get("usd_per_gb", 0)),
        rtt_ms=1 + 3.6 * great_circle_km(a, b) / 204 if rtt_ms is None else exact(rtt_ms),
    )
