"""Random plans with one thing spoiled."""

from __future__ import annotations

import random
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from gpualloc.instance import Instance

Tables = dict[str, Any]


def spoiled(tables: Tables, instance: Instance, rng: random.Random) -> Tables:
    """The tables of a plan with one thing changed, all names still those of the instance."""
    tables = deepcopy(tables)
    ways = [spoil for spoil, table in SPOILS if table is None or tables[table]]
    rng.choice(ways)(tables, instance, rng)
    return tables


def _drop_row(tables: Tables, instance: Instance, rng: random.Random) -> None:
    full = [name for name, rows in tables.items() if rows]
    rows = tables[rng.choice(full)]
    rows.pop(rng.randrange(len(rows)))


def _add_shard(tables: Tables, instance: Instance, rng: random.Random) -> None:
    for row in _pick(tables["placements"], rng):
        row["shards"] += rng.choice([1, 1, -1]) if row["shards"] > 1 else 1


def _move_shards(tables: Tables, instance: Instance, rng: random.Random) -> None:
    """Shards of a row go to any offer at all that the job does not use."""
    for row in _pick(tables["placements"], rng):
        taken = {
            other["offer"]
            for other in tables["placements"]
            if (other["job"], other["period"]) == (row["job"], row["period"])
        }
        for name in _pick([o.name for o in instance.offers if o.name not in taken], rng):
            row["offer"] = name


def _change_option(tables: Tables, instance: Instance, rng: random.Random) -> None:
    for row in _pick(tables["placements"], rng):
        (job,) = (job for job in instance.jobs if job.name == row["job"])
        option = rng.randrange(len(job.options))
        for other in tables["placements"]:
            if other["job"] == row["job"] and rng.random() < 0.9:
                other["option"] = option


def _change_hub(tables: Tables, instance: Instance, rng: random.Random) -> None:
    for row in _pick(tables["hubs"], rng):
        row["data_center"] = rng.choice([site.name for site in instance.data_centers])


def _change_fraction(tables: Tables, instance: Instance, rng: random.Random) -> None:
    for row in _pick(tables["flows"], rng):
        row["fraction"] = min(1.0, row["fraction"] * rng.choice([0.5, 0.99, 1.01, 1.5]))


def _change_buyout(tables: Tables, instance: Instance, rng: random.Random) -> None:
    for contract in _pick(list(instance.contracts), rng):
        tables["buyouts"] = sorted({*tables["buyouts"]} ^ {contract.name})


def _pick(rows: Sequence[Any], rng: random.Random) -> list[Any]:
    return [rng.choice(rows)] if rows else []


SPOILS = (
    (_drop_row, None),
    (_add_shard, "placements"),
    (_move_shards, "placements"),
    (_change_option, "placements"),
    (_change_hub, "hubs"),
    (_change_hub, "hubs"),
    (_change_fraction, "flows"),
    (_change_fraction, "flows"),
    (_change_buyout, None),
)
"""What can be spoiled, each with the table that it needs rows of."""
