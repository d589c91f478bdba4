"""Exact limits in floating point: no sum of loads is lost or let in."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpualloc.instance import Instance
from gpualloc.instance.arrays import build_arrays
from gpualloc.rules import lattice as module
from gpualloc.rules.lattice import Lattice, build_lattice, common_divisor
from gpualloc.rules.loads import Loads
from tests.oracle.by_hand import job, two_sites

LOADS = st.lists(st.fractions(Fraction(1, 50), 40, max_denominator=60), min_size=1, max_size=4)
COUNTS = st.lists(st.integers(0, 30), min_size=4, max_size=4)


def total_of(loads: list[Fraction], counts: list[int]) -> Fraction:
    """The load of some shards of each size."""
    return sum((load * n for load, n in zip(loads, counts, strict=False)), Fraction(0))


def written(lattice: Lattice, loads: list[Fraction], counts: list[int]) -> float:
    """The same load as a row adds it up, in floating point."""
    terms = zip(loads, counts, strict=False)
    return sum(lattice.coefficient(load) * n for load, n in terms)


@pytest.mark.parametrize(
    ("loads", "divisor"),
    [
        ([10, 4], 2),
        ([12, 18, 0], 6),
        ([], 1),
        ([0], 1),
        ([Fraction(23, 2), 4], Fraction(1, 2)),
        ([Fraction(2, 3), Fraction(1, 2)], Fraction(1, 6)),
    ],
)
def test_common_divisor(loads: list[Fraction], divisor: Fraction) -> None:
    """The greatest figure of which all loads above 0 are whole multiples."""
    assert common_divisor(map(Fraction, loads)) == divisor


@settings(max_examples=200, derandomize=True, deadline=None)
@given(LOADS, COUNTS, COUNTS, st.sampled_from([-1, 0, 1]))
def test_limits(loads: list[Fraction], counts: list[int], others: list[int], step: int) -> None:
    """A load is within a limit, or leaves no room, exactly where the row says so."""
    load = total_of(loads, counts)
    limit = max(Fraction(0), total_of(loads, others) + step * Fraction(1, 10**9))
    lattice = build_lattice(loads, limit)
    activity = written(lattice, loads, counts)
    assert (activity <= lattice.most_within(limit) + 1e-6) == (load <= limit)
    assert (activity >= lattice.least_above(limit) - 1e-6) == (load > limit)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(LOADS, st.fractions(0, 50, max_denominator=12))
def test_steps_about_a_limit(loads: list[Fraction], limit: Fraction) -> None:
    """The steps on both sides of a limit are a quantum apart, and the limit itself may be one."""
    lattice = build_lattice(loads, limit)
    last, above, first = (
        find(limit) for find in (lattice.last_within, lattice.first_above, lattice.first_from)
    )
    assert last <= limit < above == last + lattice.quantum
    assert first == (last if last == limit else above)
    assert all((step / lattice.quantum).denominator == 1 for step in (last, above, first))


@settings(max_examples=100, derandomize=True, deadline=None)
@given(LOADS, COUNTS, COUNTS)
def test_limits_of_fine_loads(loads: list[Fraction], counts: list[int], others: list[int]) -> None:
    """Where multiples are too many to count, half of one is left between yes and no."""
    load, limit = total_of(loads, counts), total_of(loads, others)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FINEST", 100)
        lattice = build_lattice(loads, limit)
    activity = written(lattice, loads, counts)
    assert (activity <= lattice.most_within(limit)) == (load <= limit)
    assert (activity >= lattice.least_above(limit)) == (load > limit)
    assert float(limit / lattice.unit) <= max(100.001, float(limit / lattice.quantum))


def test_loads_of_an_instance() -> None:
    """A shard draws GPUs * kW * PUE as written, and a limit in MW is 1000 times as many kW."""
    data = two_sites(job(gpus=10), job("two", gpus=4))
    data["gpu_types"][0]["kw"] = 1.275
    data["data_centers"][0].update(pue=1.15, power_mw=[0.0586])
    loads = Loads(build_arrays(Instance.from_dict(data)))
    assert loads.shard_kw(0, 0, 10) == Fraction("14.6625")
    assert loads.power_limit_kw(0, 0) == Fraction("58.6")
    # 14.6625 and 5.865 kW are 5 and 2 times 2.9325; 58.6 kW hold 19 of those, 55.7175 kW
    assert loads.power[0].quantum == Fraction("2.9325")
    assert loads.power[0].most_within(Fraction("58.6")) == 19
    assert loads.offer(0).quantum == loads.gpus.quantum == 2


def test_most_gpus_in_use() -> None:
    """Power for 25 GPUs is used up by 24, in steps of 4; the GPUs that draw least come first."""
    data = two_sites(job(gpus=4))
    data["gpu_types"].append({"name": "B200", "kw": 2})
    data["offers"].append({**data["offers"][0], "name": "new", "gpu_type": "B200", "gpus": 30})
    data["jobs"][0]["options"].append({"gpu_type": "B200", "shards": 2, "gpus_per_shard": 5})
    data["data_centers"][0].update(pue=1.2, power_mw=0.03)
    loads = Loads(build_arrays(Instance.from_dict(data)))
    assert [loads.gpu_kw(offer) for offer in (0, 2)] == [Fraction("1.2"), Fraction("2.4")]
    assert [loads.most_gpus(offer, 0) for offer in (0, 1, 2)] == [24, 40, 10]
    # 24 draw 28.8 kW, which leaves 1.2 for half a B200
    assert loads.most_gpus_at(0, 0) == Fraction("24.5")
    assert loads.most_gpus_at(1, 0) == 40
