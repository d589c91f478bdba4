"""What a random instance is asked to be, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from gpualloc.errors import UsageError

Row = dict[str, Any]
"""A row of a table, as a file holds it."""

CONTRACT_KINDS = (
    "exclusivity",
    "dedicated",
    "first_refusal",
    "commitment",
    "volume_discount",
    "spend_cap",
    "share",
    "count",
    "minimum_use",
    "separation",
)


@dataclass(frozen=True)
class Settings:
    """The size and the make-up of a random instance.

    Parameters
    ----------
    gpus : int
        GPUs that all jobs together ask for in the busiest period; at least 8 a job.
    data_centers, jobs : int
        How many; at least 3 of each.
    periods : int
        Planning periods: one month, or that many quarters.
    contracts : tuple of str
        Contract types to include.
    seed : int
        Equal settings with equal seeds give equal instances.
    flows : bool
        Whether some pairs of jobs exchange traffic.
    movable : float
        Share of the jobs that may move between periods, 0 to 1.
    slack : float
        GPUs for sale in the busiest period over those asked for, less 1.
    """

    gpus: int
    data_centers: int
    jobs: int
    periods: int
    contracts: tuple[str, ...]
    seed: int
    flows: bool
    movable: float
    slack: float

    def __post_init__(self) -> None:
        check_whole("data_centers", self.data_centers, 3, 2000)
        check_whole("jobs", self.jobs, 3, 20_000)
        check_whole("periods", self.periods, 1, 40)
        check_whole("gpus", self.gpus, 8 * self.jobs, 1_000_000_000)
        check_whole("seed", self.seed, 0, 2**63 - 1)
        check_share("movable", self.movable, 1.0)
        check_share("slack", self.slack, 10.0)

    def dice(self, topic: str) -> Random:
        """A stream of random numbers for one topic, so that topics do not disturb each other."""
        return Random(f"{self.seed}/{topic}")


def check_whole(name: str, value: object, least: int, most: int) -> None:
    """Raise `UsageError` unless `value` is a whole number within the limits."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise UsageError(f"{name}: {value!r} given; a whole number from {least:,} to {most:,}")


def check_share(name: str, value: object, most: float) -> None:
    """Raise `UsageError` unless `value` is a number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise UsageError(f"{name}: {value!r} given; a number from 0 to {most:g}")


def parse_contracts(asked: str | Sequence[str]) -> tuple[str, ...]:
    """The contract types that ``"all"``, ``"none"``, a list or a comma-separated text asks for.

    Returns
    -------
    tuple of str
        Without repeats, in the order of `CONTRACT_KINDS`.
    """
    names = asked.split(",") if isinstance(asked, str) else list(asked)
    names = [str(name).strip().replace("-", "_") for name in names]
    if names == ["all"]:
        return CONTRACT_KINDS
    if names in (["none"], [""]):
        return ()
    unknown = [name for name in names if name not in CONTRACT_KINDS]
    if unknown:
        raise UsageError(
            f"contracts: {unknown[0]!r} given; all, none, or any of {', '.join(CONTRACT_KINDS)}"
        )
    return tuple(kind for kind in CONTRACT_KINDS if kind in names)
