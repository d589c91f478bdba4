"""The rows of the tables that tell how a plan uses what there is."""

from __future__ import annotations

from typing import NamedTuple


class PlacedGpus(NamedTuple):
    """A placement with what its offer is."""

    job: str
    period: str
    option: int
    offer: str
    shards: int
    gpus: int
    gpu_type: str
    data_center: str
    provider: str
    usd: float


class Fee(NamedTuple):
    """The fixed fee of an offer that is used."""

    offer: str
    data_center: str
    provider: str
    usd: float


class OfferUse(NamedTuple):
    """GPUs used of an offer in a period."""

    offer: str
    period: str
    data_center: str
    provider: str
    gpu_type: str
    used_gpus: int
    limit_gpus: int
    share: float


class PowerUse(NamedTuple):
    """Grid power drawn at a data center in a period."""

    data_center: str
    period: str
    used_mw: float
    limit_mw: float | None
    share: float | None


class LinkUse(NamedTuple):
    """Bandwidth taken on the link of two data centers in a period."""

    a: str
    b: str
    period: str
    used_gbps: float
    limit_gbps: float
    share: float


class UplinkUse(NamedTuple):
    """Bandwidth taken on all links of a data center together in a period."""

    data_center: str
    period: str
    used_gbps: float
    limit_gbps: float | None
    share: float | None


class TransferUse(NamedTuple):
    """Data moved to and from a data center in a period."""

    data_center: str
    period: str
    used_tb: float
    limit_tb: float | None
    share: float | None
