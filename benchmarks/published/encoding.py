r"""An assignment problem as an instance of gpualloc whose plans are its assignments.

A site is a data center with one offer, an item is a job of one shard, so that it is in one place.
What an item takes of a site are the shard's GPUs: of one GPU type where all sites take alike, else
each site has a type of its own and the job an option in each. Costs of assignment are
`staging_usd`, which the first phase pays in full; opening a site is the offer's `fixed_usd`;
traffic is a flow without bandwidth whose latency costs `usd_per_ms_hour` over links whose round
trip is the distance. GPUs and power are free, and the one period lasts an hour. Then

.. math:: \text{value} = \pm (\text{objective} + \text{constant})

with minus for profits. The constant is 0 unless profits or negative costs had to be made costs
from 0 on: each item then costs the same more wherever it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gpualloc import Instance, Plan
from gpualloc.errors import Fault, InstanceError

from .problem import AssignmentProblem, Row, Table


@dataclass(frozen=True)
class Encoding:
    """An assignment problem, the instance that it became, and the way back.

    Parameters
    ----------
    constant : Fraction
        What the value of an assignment has beyond the objective of its plan.
    """

    problem: AssignmentProblem
    instance: Instance
    constant: Fraction

    def value(self, usd: float) -> float:
        """The value that an objective or a bound stands for."""
        value = float(Fraction(usd) + self.constant)
        return -value if self.problem.maximize else value

    def assignment(self, plan: Plan) -> list[int]:
        """The site of each item, by number.

        Raises
        ------
        NoPlanError
            There is no plan.
        """
        site_of = {row.job: int(row.offer) for row in plan.layout.placements}
        return [site_of[job.name] - 1 for job in self.instance.jobs]


def encode(problem: AssignmentProblem) -> Encoding:
    """Turn an assignment problem into an instance.

    Raises
    ------
    InstanceError
        It has what an instance cannot say: distances within a site, or traffic and distances that
        both differ by direction.
    """
    _check(problem)
    sign = -1 if problem.maximize else 1
    least = min([Fraction(0), *(sign * amount for row in problem.cost for amount in row)])
    usd = tuple(tuple(sign * amount - least for amount in row) for row in problem.cost)
    gpus, capacity = _whole(problem.demand, problem.capacity)
    is_alike = all(len(set(row)) == 1 for row in gpus)
    data = {
        "name": f"{problem.kind} {problem.name}",
        "periods": [{"name": "hour", "hours": 1}],
        "gpu_types": [{"name": kind, "kw": 0} for kind in _types(problem, is_alike)],
        "providers": [{"name": "all"}],
        "data_centers": [_site(site) for site in range(problem.sites)],
        "offers": [
            _offer(problem, site, capacity[site], is_alike) for site in range(problem.sites)
        ],
        "jobs": [_job(at, *item, is_alike) for at, item in enumerate(zip(gpus, usd, strict=True))],
        "network": {"links": list(_links(problem))},
        "flows": list(_flows(problem)),
    }
    return Encoding(problem, Instance.from_dict(data), problem.items * least)


def _check(problem: AssignmentProblem) -> None:
    """Refuse what links without a direction between two sites cannot say."""
    own = [at for at, row in enumerate(problem.distance) if row[at]]
    if own:
        _refuse(problem, f"site {own[0] + 1} has a distance to itself; only 0 is allowed")
    if not (_is_symmetric(problem.traffic) or _is_symmetric(problem.distance)):
        _refuse(problem, "traffic and distances both differ by direction; one of them may")


def _refuse(problem: AssignmentProblem, message: str) -> None:
    raise InstanceError(problem.name, [Fault("distances", message)])


def _is_symmetric(table: Table) -> bool:
    return table == tuple(zip(*table, strict=True))


def _whole(demand: Table, capacity: Row) -> tuple[list[list[int]], list[int]]:
    """Demands and capacities as whole numbers of GPUs, from 1 on, that admit the same sets.

    Where a demand is 0, k items that take what they did times n + 1, plus 1, fit exactly where
    they did if the capacity is multiplied alike and n, the number of items, is added.
    """
    scale = math.lcm(*(amount.denominator for row in demand for amount in row))
    gpus = [[int(scale * amount) for amount in row] for row in demand]
    room = [math.floor(scale * most) for most in capacity]
    if min(map(min, gpus)) > 0:
        return gpus, room
    items = len(gpus)
    gpus = [[amount * (items + 1) + 1 for amount in row] for row in gpus]
    return gpus, [most * (items + 1) + items for most in room]


def _types(problem: AssignmentProblem, is_alike: bool) -> list[str]:
    return [_type(site, is_alike) for site in range(1 if is_alike else problem.sites)]


def _type(site: int, is_alike: bool) -> str:
    return "any" if is_alike else f"of {site + 1}"


def _name(site: int) -> str:
    """A site's name, and that of its offer: its number, from 1 on."""
    return str(site + 1)


def _site(site: int) -> dict[str, Any]:
    place = {"latitude": 0, "longitude": 0}
    return {"name": _name(site), "provider": "all", "region": "all", **place}


def _offer(problem: AssignmentProblem, site: int, gpus: int, is_alike: bool) -> dict[str, Any]:
    return {
        "name": _name(site),
        "data_center": _name(site),
        "gpu_type": _type(site, is_alike),
        "gpus": gpus,
        "usd_per_gpu_hour": 0,
        "fixed_usd": float(problem.opening[site]) if problem.opening else 0,
    }


def _job(at: int, gpus: list[int], usd: Row, is_alike: bool) -> dict[str, Any]:
    return {
        "name": f"item {at + 1}",
        "options": [
            {"gpu_type": _type(site, is_alike), "shards": 1, "gpus_per_shard": amount}
            for site, amount in enumerate(gpus[:1] if is_alike else gpus)
        ],
        "staging_usd": {_name(site): float(amount) for site, amount in enumerate(usd)},
    }


def _links(problem: AssignmentProblem) -> Iterator[dict[str, Any]]:
    """Each pair of sites, as far apart as the two directions are on average."""
    for a, row in enumerate(problem.distance):
        for b in range(a + 1, problem.sites):
            apart = (row[b] + problem.distance[b][a]) / 2
            yield {"a": _name(a), "b": _name(b), "gbps": 1, "rtt_ms": float(apart)}


def _flows(problem: AssignmentProblem) -> Iterator[dict[str, Any]]:
    """Each pair of items with traffic, both directions together."""
    for a, row in enumerate(problem.traffic):
        for b in range(a + 1, problem.items):
            both = row[b] + problem.traffic[b][a]
            if both:
                pair = {"a": f"item {a + 1}", "b": f"item {b + 1}"}
                yield {**pair, "gbps": 0, "usd_per_ms_hour": float(both)}
