"""The shipped instances are what their descriptions say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import gpualloc
from gpualloc import Instance
from gpualloc.instance.contracts import CONTRACT_TYPES

INSTANCES = Path(__file__).parents[1] / "instances"
FILES = sorted(INSTANCES.rglob("*.json"))
TEACHING = sorted((INSTANCES / "teaching").glob("*.json"))
OPTIMA = re.compile(r"Optimum: ([\d,]+) USD\. Without the contract: ([\d,]+) USD\.$")


def name_of(path: Path) -> str:
    return path.relative_to(INSTANCES).with_suffix("").as_posix()


def shipped(name: str) -> Instance:
    return gpualloc.read(INSTANCES / f"{name}.json")


def changed(instance: Instance, table: str, name: str, **columns: Any) -> Instance:
    """The instance with some columns of one row changed."""
    data = instance.model_dump()
    row = next(row for row in data[table] if row["name"] == name)
    row.update(columns)
    return Instance.from_dict(data)


def last(figure: float | Sequence[float]) -> float:
    """A figure per period, in the last period."""
    return figure[-1] if isinstance(figure, Sequence) else figure


def gpus_by_period(instance: Instance, fewest: bool = False) -> list[int]:
    """GPUs that the jobs ask for in each period, by first options or by the smallest ones."""
    names = [period.name for period in instance.periods]
    asked = [0] * len(names)
    for job in instance.jobs:
        sizes = [option.shards * option.gpus_per_shard for option in job.options]
        first = names.index(job.start) if job.start else 0
        last = names.index(job.end) if job.end else len(names) - 1
        for period in range(first, last + 1):
            asked[period] += min(sizes) if fewest else sizes[0]
    return asked


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_reads_without_faults_under_its_own_name(path: Path) -> None:
    """Every shipped file is a valid instance, named like its file, and tells its story."""
    instance = gpualloc.read(path)
    assert instance.name == name_of(path)
    assert len(instance.description) > 200


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_stands_in_the_readme(path: Path) -> None:
    """The README names every shipped instance."""
    assert f"`{name_of(path)}" in (INSTANCES / "README.md").read_text(encoding="utf-8")


def test_every_contract_type_is_taught() -> None:
    """For each contract type there is a teaching instance that has it as its only contract."""
    contracts = [gpualloc.read(path).contracts for path in TEACHING]
    assert all(len(of_one) == 1 for of_one in contracts)
    assert {contract.type for (contract,) in contracts} == set(CONTRACT_TYPES)


@pytest.mark.parametrize("path", TEACHING, ids=name_of)
def test_optimum_is_the_one_derived_by_hand(path: Path) -> None:
    """A teaching instance costs what its description derives, with its contract and without."""
    instance = gpualloc.read(path)
    found = OPTIMA.search(instance.description)
    assert found is not None
    optimum_usd, free_usd = (float(figure.replace(",", "")) for figure in found.groups())
    assert optimum_usd != free_usd

    free = instance.model_copy(update={"contracts": ()})
    assert gpualloc.solve(instance).objective_usd == pytest.approx(optimum_usd, rel=1e-9)
    assert gpualloc.solve(free).objective_usd == pytest.approx(free_usd, rel=1e-9)


# 125,000 GB200 must run at memphis in 2025Q4: 125,000 * 2.0 kW * 1.2 / 1000 = 300 MW of 250.
@pytest.mark.parametrize(
    ("power_mw", "status"),
    [([250, 250], "infeasible"), ([250, 299.9], "infeasible"), ([250, 300], "optimal")],
)
def test_memphis_is_short_of_exactly_fifty_megawatts(power_mw: list[float], status: str) -> None:
    """Only with all of 300 MW in 2025Q4 there is a plan, and then nothing else is short."""
    instance = shipped("infeasible-power")
    fed = changed(instance, "data_centers", "memphis", power_mw=power_mw)
    assert gpualloc.solve(fed).status == status


def test_more_than_a_million_gpus_are_demanded() -> None:
    """Jobs that must be served ask for over 1,000,000 GPUs even in their smallest options."""
    instance = shipped("openai-2025-million")
    bound = [job for job in instance.jobs if job.unserved_usd is None]
    (asked,) = gpus_by_period(instance.model_copy(update={"jobs": tuple(bound)}), fewest=True)
    assert asked > 1_000_000


def test_million_has_runs_that_no_site_can_hold() -> None:
    """Two runs are larger than every offer of their GPU type, and may be spread."""
    instance = shipped("openai-2025-million")
    for job in instance.jobs[:2]:
        (option,) = job.options
        held = [last(offer.gpus) for offer in instance.offers if offer.gpu_type == option.gpu_type]
        assert option.shards * option.gpus_per_shard > max(held)
        assert job.sync is not None


def test_fleet_of_one_owner_asks_for_what_the_grid_does_not_feed() -> None:
    """Meta's jobs ask for 1,300,000 GPUs, the racks hold more, and power lets fewer run."""
    instance = shipped("meta-2025-fleet")
    assert len(instance.providers) == 1
    assert gpus_by_period(instance) == [1_300_000]
    assert sum(last(offer.gpus) for offer in instance.offers) > 1_300_000
    kw = {gpu_type.name: gpu_type.kw for gpu_type in instance.gpu_types}
    asked_mw = sum(
        job.options[0].shards * job.options[0].gpus_per_shard * kw[job.options[0].gpu_type] / 1000
        for job in instance.jobs
    )
    fed_mw = sum(last(site.power_mw or 0.0) / site.pue for site in instance.data_centers)
    assert asked_mw > fed_mw


def test_memphis_grows_from_two_hundred_thousand_by_up_to_a_million() -> None:
    """200,000 GPUs have a current placement, and the racks in Memphis end with 1,200,000."""
    instance = shipped("xai-memphis")
    running = sum(
        job.options[0].shards * job.options[0].gpus_per_shard
        for job in instance.jobs
        if job.current is not None
    )
    memphis = {site.name for site in instance.data_centers if site.region == "memphis"}
    held = [last(offer.gpus) for offer in instance.offers if offer.data_center in memphis]
    assert len(memphis) == 2
    assert running == 200_000
    assert sum(held) == 1_200_000
    assert gpus_by_period(instance)[-1] == 1_200_000


def test_core_hours_follow_from_the_monthly_prices() -> None:
    """A server's cores for 730 hours cost its monthly price; the year costs 12 months less."""
    instance = shipped("vps-offers")
    offers = {offer.name: offer for offer in instance.offers}
    monthly = offers["wKVM-NVMe 8192, monthly"]
    assert monthly.usd_per_gpu_hour * 6 * 730 == pytest.approx(42.3, rel=1e-4)
    # 12 * 42.3 * (1 - 0.086) = 463.95
    assert offers["wKVM-NVMe 8192, yearly"].fixed_usd == 463.95
    # 6 * 123 * (1 - 0.102) = 662.72
    assert offers["SSD-KVM 16384 DDoS, first half"].fixed_usd == 662.72
