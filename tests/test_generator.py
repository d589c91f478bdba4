"""The generator of random instances: valid plans inside, sizes as asked, every table used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpualloc.errors import UsageError
from gpualloc.generator import generate, generate_with_plan
from gpualloc.generator.catalog import GPU_KINDS
from gpualloc.generator.demand import split_into_shards
from gpualloc.generator.flows import pair_up
from gpualloc.generator.rounding import round_down, round_up
from gpualloc.generator.settings import CONTRACT_KINDS
from gpualloc.instance import Instance
from gpualloc.layout import Layout, Placement
from gpualloc.plan.checker import check_layout
from tests.oracle import evaluate

SIZES: dict[str, dict[str, Any]] = {
    "smallest": {"gpus": 24, "data_centers": 3, "jobs": 3},
    "small": {"gpus": 2000, "data_centers": 5, "jobs": 8, "periods": 3},
    "medium": {"gpus": 100_000, "data_centers": 12, "jobs": 24, "periods": 4},
    "large": {"gpus": 1_000_000, "data_centers": 40, "jobs": 120, "periods": 2},
}


def as_tables(layout: Layout) -> dict[str, Any]:
    """A layout as the tables of a plan file."""
    return {
        "placements": [row._asdict() for row in layout.placements],
        "hubs": [row._asdict() for row in layout.hubs],
        "flows": [
            {
                "a": row.a,
                "b": row.b,
                "period": row.period,
                "from": row.origin,
                "to": row.target,
                "fraction": row.fraction,
            }
            for row in layout.flows
        ],
        "buyouts": list(layout.buyouts),
        "unserved": list(layout.unserved),
    }


def gpus_by_period(instance: Instance, layout: Layout) -> Counter[str]:
    """GPUs that a layout uses in each period."""
    jobs = {job.name: job for job in instance.jobs}
    used: Counter[str] = Counter()
    for row in layout.placements:
        used[row.period] += row.shards * jobs[row.job].options[row.option].gpus_per_shard
    return used


def gpus_for_sale(instance: Instance, at: int) -> int:
    """GPUs of all offers in a period."""
    figures = (offer.gpus for offer in instance.offers)
    return sum(gpus if isinstance(gpus, int) else gpus[at] for gpus in figures)


def keys_in(value: object) -> Iterator[str]:
    """Every key of every object in a document, with its parents: ``jobs.sync.gb``."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from (f"{key}.{name}" for name in keys_in(inner))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from keys_in(inner)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("contracts", ["none", "all", *CONTRACT_KINDS])
def test_hidden_plan_is_valid(size: str, contracts: str, seed: int) -> None:
    """The plan that an instance was built around passes the checker."""
    instance, layout = generate_with_plan(**SIZES[size], contracts=contracts, seed=seed)
    assert [str(breach) for breach in check_layout(instance, layout).breaches] == []


@pytest.mark.parametrize("seed", range(3, 9))
@pytest.mark.parametrize("size", ["smallest", "small", "medium"])
def test_oracle_accepts_hidden_plan(size: str, seed: int) -> None:
    """The independent oracle finds nothing wrong with the hidden plan either, with no slack."""
    instance, layout = generate_with_plan(**SIZES[size], seed=seed, slack=0.0)
    assert evaluate(instance.to_dict(), as_tables(layout))[0] == []


@pytest.mark.parametrize(("size", "tolerance"), [("small", 0.1), ("medium", 0.02), ("large", 0.01)])
def test_totals_are_as_asked(size: str, tolerance: float) -> None:
    """Jobs ask for `gpus` in the busiest period, and `1 + slack` times that is for sale in it."""
    asked = SIZES[size]["gpus"]
    for seed in range(3):
        instance, layout = generate_with_plan(**SIZES[size], contracts="none", seed=seed, slack=0.4)
        period, used = gpus_by_period(instance, layout).most_common(1)[0]
        names = [row.name for row in instance.periods]
        assert used == pytest.approx(asked, rel=tolerance)
        # Rounding up to whole racks and capacity that must not fall add a little.
        sold = gpus_for_sale(instance, names.index(period))
        assert sold == pytest.approx(1.4 * used, rel=0.03)


def test_sizes_are_as_asked() -> None:
    """The tables have as many rows as asked for, up to the largest size."""
    instance = generate(gpus=10_000_000, data_centers=200, jobs=1000, periods=8, seed=1)
    assert len(instance.data_centers) == 200
    assert len(instance.jobs) == 1000
    assert len(instance.periods) == 8
    assert len({offer.data_center for offer in instance.offers}) == 200
    assert {site.provider for site in instance.data_centers} == {
        provider.name for provider in instance.providers
    }


def test_equal_arguments_give_equal_instances() -> None:
    """The seed alone decides: equal seeds give the same instance and plan, others do not."""
    first, again, other = (generate_with_plan(jobs=12, seed=seed) for seed in (5, 5, 6))
    assert first[0].to_dict() == again[0].to_dict()
    assert first[1] == again[1]
    assert first[0].to_dict() != other[0].to_dict()


def test_every_process_draws_the_same() -> None:
    """The instance does not depend on the order of sets, which each process has its own of."""
    code = "from gpualloc.generator import generate; print(generate(seed=7, jobs=40).to_dict())"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": order, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for order in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert runs[0].startswith("{")


def test_cost_contracts_leave_the_rest_alone() -> None:
    """Contracts that say nothing about places change no other table."""
    plain = generate(seed=3, contracts="none").to_dict()
    bound = generate(seed=3, contracts="spend_cap,commitment").to_dict()
    assert bound.pop("contracts")
    plain.pop("contracts", None)
    assert bound == plain


def test_every_column_is_used() -> None:
    """Over some seeds, instances use every table and every column of the specification."""
    used: set[str] = set()
    for seed in range(8):
        used.update(keys_in(generate(periods=3, jobs=30, seed=seed).to_dict()))
    wanted = {
        "data_centers": "power_mw pue usd_per_mwh uplink_gbps transfer_tb",
        "offers": "gpus usd_per_gpu_hour fixed_usd",
        "network.same_provider": "gbps usd_per_gb",
        "network.cross_provider": "gbps usd_per_gb",
        "network.links": "gbps rtt_ms usd_per_gb",
        "jobs": "tags start end providers regions data_centers max_data_centers max_rtt_ms "
        "unserved_usd current move_usd_per_shard staging_usd",
        "jobs.sync": "gb every_s gbps overlap_s usd_per_gpu_hour",
        "flows": "gbps usd_per_ms_hour",
        "contracts": "jobs start end buyout_usd holder accepts_gpus tiers mode min max of",
    }
    missing = {
        f"{table}.{column}"
        for table, columns in wanted.items()
        for column in columns.split()
        if f"{table}.{column}" not in used
    }
    assert missing == set()


def test_figures_change_over_the_periods() -> None:
    """GPUs, power, prices and energy prices each change over the periods somewhere."""
    tables = generate(periods=4, data_centers=24, jobs=40, seed=1).to_dict()
    for table, column in (
        ("offers", "gpus"),
        ("offers", "usd_per_gpu_hour"),
        ("data_centers", "power_mw"),
        ("data_centers", "usd_per_mwh"),
    ):
        assert any(isinstance(row.get(column), list) for row in tables[table]), column


@pytest.mark.parametrize("kind", CONTRACT_KINDS)
def test_asked_contract_is_there(kind: str) -> None:
    """A contract type that is asked for is there, and no other."""
    for size in ("smallest", "medium"):
        instance = generate(**SIZES[size], contracts=[kind], seed=2)
        assert {contract.type for contract in instance.contracts} == {kind}


def test_all_and_none() -> None:
    """``all`` gives every contract type and ``none`` gives no contract."""
    assert {c.type for c in generate(contracts="all").contracts} == set(CONTRACT_KINDS)
    assert list(generate(contracts="none").contracts) == []


def test_discounts_come_in_both_modes() -> None:
    """Volume discounts come once by increments and once on all units."""
    contracts = generate(contracts="volume_discount").to_dict()["contracts"]
    assert {row.get("mode", "incremental") for row in contracts} == {"incremental", "all_units"}


@pytest.mark.parametrize("seed", range(4))
def test_largest_jobs_outgrow_every_data_center(seed: int) -> None:
    """The largest job, as it runs in the hidden plan, asks for more than any data center sells."""
    instance, layout = generate_with_plan(seed=seed, contracts="none")
    chosen = {row.job: row.option for row in layout.placements}
    running = [(job, job.options[chosen[job.name]]) for job in instance.jobs]
    job, option = max(running, key=lambda pair: pair[1].shards * pair[1].gpus_per_shard)
    sold = [offer.gpus for offer in instance.offers if offer.gpu_type == option.gpu_type]
    assert all(
        isinstance(gpus, int) and gpus < option.shards * option.gpus_per_shard for gpus in sold
    )
    assert sum(row.job == job.name for row in layout.placements) > 1


def outside_the_holder(instance: Instance, layout: Layout) -> set[str]:
    """Jobs that the first refusal covers and that the layout has outside the holder."""
    [contract] = instance.to_dict()["contracts"]
    provider_of = {site.name: site.provider for site in instance.data_centers}
    offers = {offer.name: provider_of[offer.data_center] for offer in instance.offers}
    covered = {job.name for job in instance.jobs if set(contract["jobs"]) & set(job.tags)}
    return {
        row.job
        for row in layout.placements
        if row.job in covered and offers[row.offer] != contract["holder"]
    }


@pytest.mark.parametrize("seed", range(6))
def test_first_refusal_is_no_formality(seed: int) -> None:
    """With more room at the holder, the hidden plan has no excuse: jobs are really turned away."""
    instance, layout = generate_with_plan(contracts="first_refusal", jobs=40, seed=seed)
    assert outside_the_holder(instance, layout)
    tables = instance.to_dict()
    tables["contracts"][0].pop("accepts_gpus", None)
    for site in tables["data_centers"]:
        site.pop("power_mw", None)
    for offer in tables["offers"]:
        offer["gpus"] = 1_000_000
    verdict = check_layout(Instance.from_dict(tables), layout)
    assert {breach.rule for breach in verdict.breaches} == {"first_refusal"}


def test_both_kinds_of_refusal_are_drawn() -> None:
    """Some holders say how much they accept, others are full."""
    drawn = [generate(contracts="first_refusal", seed=seed).to_dict() for seed in range(10)]
    assert {"accepts_gpus" in tables["contracts"][0] for tables in drawn} == {True, False}


@pytest.mark.parametrize("seed", range(3))
def test_hidden_plan_is_not_the_best(seed: int) -> None:
    """Moving one job to another offer makes the hidden plan cheaper: solvers have work to do."""
    instance, layout = generate_with_plan(contracts="none", seed=seed, flows=False)
    hidden_usd = check_layout(instance, layout).objective_usd
    assert any(
        verdict and verdict.objective_usd < hidden_usd
        for verdict in (check_layout(instance, other) for other in moved_layouts(instance, layout))
    )


def moved_layouts(instance: Instance, layout: Layout) -> Iterator[Layout]:
    """The layout with one job of one data center moved to another offer of its GPU type."""
    rows = Counter(row.job for row in layout.placements)
    gpu_type = {offer.name: offer.gpu_type for offer in instance.offers}
    for at, row in enumerate(layout.placements):
        if rows[row.job] == 1:
            for offer in instance.offers:
                if offer.name != row.offer and offer.gpu_type == gpu_type[row.offer]:
                    moved: Placement = row._replace(offer=offer.name)
                    placements = (*layout.placements[:at], moved, *layout.placements[at + 1 :])
                    yield layout._replace(placements=placements)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"gpus": 100, "jobs": 20}, "gpus: 100 given; a whole number from 160 to 1,000,000,000"),
        ({"data_centers": 2}, "data_centers: 2 given; a whole number from 3 to 2,000"),
        ({"jobs": 2.5}, "jobs: 2.5 given; a whole number from 3 to 20,000"),
        ({"periods": True}, "periods: True given; a whole number from 1 to 40"),
        ({"movable": 1.5}, "movable: 1.5 given; a number from 0 to 1"),
        ({"slack": float("nan")}, "slack: nan given; a number from 0 to 10"),
        ({"seed": -1}, "seed: -1 given; a whole number from 0 to"),
        ({"contracts": "all,share"}, "contracts: 'all' given; all, none, or any of exclusivity"),
    ],
)
def test_impossible_arguments_are_named(argument: dict[str, Any], message: str) -> None:
    """An argument that is not possible is named, with what is allowed."""
    with pytest.raises(UsageError) as caught:
        generate(**argument)
    assert str(caught.value).startswith(message)


def test_contract_types_by_text_or_list() -> None:
    """Contract types are given as a list or as text, with hyphens or underscores."""
    by_text = generate(contracts="spend-cap, share", seed=4)
    by_list = generate(contracts=["share", "spend_cap"], seed=4)
    assert by_text.to_dict() == by_list.to_dict()


def test_no_flows_and_nobody_movable() -> None:
    """`flows` and `movable` switch off traffic between jobs and moves."""
    instance = generate(flows=False, movable=0.0, periods=2)
    assert list(instance.flows) == []
    assert all(job.move_usd_per_shard is None for job in instance.jobs)


def test_movable_share() -> None:
    """A quarter of 40 jobs is 10 that may move."""
    instance = generate(movable=0.25, jobs=40)
    assert sum(job.move_usd_per_shard is not None for job in instance.jobs) == 10


shards_by_site = st.dictionaries(st.integers(0, 5), st.integers(1, 20), min_size=1, max_size=5)


@given(shards_by_site, shards_by_site)
def test_pairing_is_a_transport_plan(a: dict[int, int], b: dict[int, int]) -> None:
    """The parts of a flow add up to both jobs' shares, and overlap stays where it is."""
    plan = pair_up(a, b)
    for side, shards in enumerate((a, b)):
        for site, count in shards.items():
            parts = sum(part for pair, part in plan.items() if pair[side] == site)
            assert parts == Fraction(count, sum(shards.values()))
    for site in a.keys() & b.keys():
        shares = (Fraction(a[site], sum(a.values())), Fraction(b[site], sum(b.values())))
        assert plan[site, site] == min(shares)


@given(st.integers(1, 10**7), st.integers(1, 96), st.sampled_from(GPU_KINDS))
def test_shards_come_near_the_size(gpus: int, pieces: int, gpu: Any) -> None:
    """Shards add up to the asked GPUs within half a shard, unless one shard is too many."""
    shards, gpus_per_shard = split_into_shards(gpus, pieces, gpu)
    assert shards == 1 or abs(shards * gpus_per_shard - gpus) <= gpus_per_shard / 2


@given(st.floats(1e-6, 1e11), st.integers(1, 4))
def test_rounding_stays_on_its_side(value: float, digits: int) -> None:
    """Rounding up never gives less, rounding down never more, by less than one step of ten."""
    assert value <= round_up(value, digits) <= value * (1 + 1.001 * 10.0 ** (1 - digits))
    assert value * (1 - 1.001 * 10.0 ** (1 - digits)) <= round_down(value, digits) <= value
