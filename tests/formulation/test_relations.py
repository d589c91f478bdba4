"""Relations that hold between the optima of two instances, whatever the optima are."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from math import inf
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gpualloc.engines.backends import Settings
from gpualloc.engines.exact import ExactEngine
from gpualloc.engines.handing import hand_out
from gpualloc.errors import InstanceError
from gpualloc.instance import Instance
from gpualloc.plan.plan import Plan
from tests.tiny import tiny_instances
from tests.tiny.scale import Data

QUICK = settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much],
)


def solved(data: Data) -> Plan:
    """The exact engine's plan; cases that are no instance are passed over."""
    try:
        instance = Instance.from_dict(data)
    except InstanceError:
        assume(False)
    finding = ExactEngine(instance, Settings(gap=1e-8), isolate=False).find()
    return hand_out(instance, finding, seed=0)


def optimum(data: Data) -> float:
    """What the best plan costs, infinity where no plan is valid."""
    plan = solved(data)
    assert plan.status in ("optimal", "infeasible")
    return inf if plan.objective_usd is None else plan.objective_usd


def close(usd: float, other: float) -> bool:
    """Whether two optima are the same, within the gap that proves them."""
    same: bool = usd == pytest.approx(other, rel=2e-6, abs=1e-4)
    return same


NAMED = ("periods", "gpu_types", "providers", "data_centers", "offers", "jobs", "contracts")


def renamed(data: Data) -> Data:
    """The same instance under other names, in an order of the alphabet turned around."""
    names = [row["name"] for table in NAMED for row in data[table]]
    names += sorted({row["region"] for row in data["data_centers"]})
    names += sorted({tag for row in data["jobs"] for tag in row["tags"]})
    new = {name: f"{len(names) - at:03} {name[::-1]}, é" for at, name in enumerate(names)}

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {new.get(key, key): rename(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [rename(inner) for inner in value]
        return new.get(value, value) if isinstance(value, str) else value

    return {key: rename(value) for key, value in data.items()}


@QUICK
@given(tiny_instances())
def test_renaming(data: Data) -> None:
    """Names mean nothing: with all of them changed the optimum is the same."""
    assert close(optimum(renamed(data)), optimum(data))


def is_listed(data: Data) -> bool:
    """Whether the order of the jobs matters."""
    return any(row.get("precedence") == "listed" for row in data["contracts"])


@QUICK
@given(tiny_instances(), st.integers(0, 2**32))
def test_order_of_the_tables(data: Data, seed: int) -> None:
    """The order of rows means nothing, but for periods, options, tiers and jobs under `listed`."""
    rng = random.Random(seed)
    shuffled = deepcopy(data)
    for table in ("gpu_types", "providers", "data_centers", "offers", "flows", "contracts", "jobs"):
        if table != "jobs" or not is_listed(data):
            rng.shuffle(shuffled[table])
    assert close(optimum(shuffled), optimum(data))


PRICES = {
    "usd_per_gpu_hour",
    "fixed_usd",
    "usd_per_mwh",
    "usd_per_gb",
    "unserved_usd",
    "move_usd_per_shard",
    "usd_per_ms_hour",
    "buyout_usd",
    "usd",
    "above_usd",
}


def scaled(value: Any, factor: float, priced: bool = False) -> Any:
    """The same tables with every figure in USD times a factor."""
    if isinstance(value, dict):
        return {
            key: scaled(inner, factor, priced or key in PRICES or key == "staging_usd")
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [scaled(inner, factor, priced) for inner in value]
    return round(value * factor, 9) if priced and isinstance(value, int | float) else value


@QUICK
@given(tiny_instances(), st.sampled_from([0.25, 4, 1000]))
def test_scaled_prices(data: Data, factor: float) -> None:
    """With every price times k, thresholds and penalties included, the optimum is k times that."""
    assert close(optimum(scaled(data, factor)), factor * optimum(data))


@QUICK
@given(tiny_instances(), st.integers(0, 5))
def test_dropped_contract(data: Data, at: int) -> None:
    """Without a contract the optimum is no higher.

    Two kinds of contract are left out: a volume discount is income, and what bars places excuses
    from a first refusal.
    """
    refused = any(row["type"] == "first_refusal" for row in data["contracts"])
    assume(at < len(data["contracts"]))
    kind = data["contracts"][at]["type"]
    assume(kind != "volume_discount")
    assume(not (refused and kind in ("exclusivity", "dedicated")))
    less = {**data, "contracts": data["contracts"][:at] + data["contracts"][at + 1 :]}
    usd = optimum(data)
    assert optimum(less) <= usd or close(optimum(less), usd)


def more(figure: Any, by: float) -> Any:
    """A figure, or each of one per period, enlarged; null stays without a limit."""
    if isinstance(figure, list):
        return [more(inner, by) for inner in figure]
    return figure if figure is None else round(figure + by, 6)


def _more_gpus(data: Data) -> None:
    for row in data["offers"]:
        row["gpus"] = more(row["gpus"], 7)


def _more_power(data: Data) -> None:
    for row in data["data_centers"]:
        row["power_mw"] = more(row.get("power_mw"), 0.013)


def _more_uplink(data: Data) -> None:
    for row in data["data_centers"]:
        for column in ("uplink_gbps", "transfer_tb"):
            row[column] = more(row.get(column), 13)


def _more_data_centers(data: Data) -> None:
    for row in data["jobs"]:
        row["max_data_centers"] = None
        row["max_rtt_ms"] = None


def _another_offer(data: Data) -> None:
    extra = {**data["offers"][0], "name": "one more", "gpus": 50, "fixed_usd": 0}
    data["offers"].append(extra)


ROOM = [_more_gpus, _more_power, _more_uplink, _more_data_centers, _another_offer]


@QUICK
@given(tiny_instances(), st.sampled_from(ROOM))
def test_more_room(data: Data, enlarge: Callable[[Data], None]) -> None:
    """With more room the optimum is no higher, except under a first refusal.

    There more room at the holder binds more jobs. Faster links are not in the list either: a
    spoke reserves what its link gives, which takes more of an uplink, and moves more data.
    """
    assume(not any(row["type"] == "first_refusal" for row in data["contracts"]))
    roomier = deepcopy(data)
    enlarge(roomier)
    usd = optimum(data)
    assert optimum(roomier) <= usd or close(optimum(roomier), usd)


@QUICK
@given(tiny_instances("first_refusal"))
def test_buyout_of_a_refusal(data: Data) -> None:
    """A first refusal costs at most its buyout: the optimum without it, and the price, bound it."""
    row = next(row for row in data["contracts"] if row["type"] == "first_refusal")
    row["buyout_usd"] = 100.0
    without = {**data, "contracts": [other for other in data["contracts"] if other is not row]}
    assert optimum(data) <= optimum(without) + 100.01
    assert optimum(data) >= optimum(without) - 1e-4 or close(optimum(data), optimum(without))


@QUICK
@given(tiny_instances())
def test_free_choice_of_not_serving(data: Data) -> None:
    """A job that may be left at a price that nobody would pay is served as before."""
    usd = optimum(data)
    assume(usd < inf)
    offered = deepcopy(data)
    for row in offered["jobs"]:
        row.setdefault("unserved_usd", 10 * abs(usd) + 1e6)
    assert close(optimum(offered), usd)
