"""Building an instance row by row."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from instance_cases import TWO_SITES

from gpualloc.errors import InstanceError
from gpualloc.instance import Instance, InstanceBuilder
from gpualloc.instance.records import (
    DataCenter,
    Flow,
    GpuType,
    Job,
    Link,
    Network,
    Offer,
    Option,
    Period,
    Provider,
    Record,
)


def started() -> InstanceBuilder:
    """A builder with one GPU type, provider, data center and offer."""
    build = InstanceBuilder("started")
    h100 = build.add_gpu_type("H100", 1.3)
    azure = build.add_provider("Azure")
    atlanta = build.add_data_center("atlanta", azure, "us-south", 33.4, -84.5)
    build.add_offer("atlanta H100", atlanta, h100, 1000, 2.5)
    return build


def test_rows_of_dicts_and_added_rows_give_the_same() -> None:
    """Adding every row of an instance, with records in place of names, gives that instance."""
    build = InstanceBuilder("two sites")
    q1, q2 = (build.add_period(f"Q{at}", 2190) for at in (1, 2))
    h100, gb200 = build.add_gpu_type("H100", 1.3), build.add_gpu_type("GB200", 1.8)
    azure, oracle = build.add_provider("Azure"), build.add_provider("Oracle")
    atlanta = build.add_data_center(
        "atlanta", azure, "us-south", 33.4, -84.5, power_mw=[100, 300.5]
    )
    abilene = build.add_data_center("abilene", oracle, "texas", 32.5, -99.8, pue=1.2)
    offer = build.add_offer("atlanta H100", atlanta, h100, 60000, 2.5)
    build.add_offer(
        "abilene GB200",
        abilene,
        gb200,
        np.array([0, 90000]),  # type: ignore[arg-type]
        (3.5, 3.25),
        fixed_usd=1e6,
    )
    build.set_network(cross_provider={"gbps": 100, "usd_per_gb": 0.05})
    build.add_link(atlanta, abilene, 800, rtt_ms=25)
    build.add_job(
        "pretraining",
        [(h100, 8, 4096), Option(gpu_type="GB200", shards=4, gpus_per_shard=4096)],
        tags=["training", "new"],
        sync={"gb": 810, "every_s": 622, "gbps": 400, "usd_per_gpu_hour": 2.5},
        move_usd_per_shard=1000,
        current={offer: 3},
        staging_usd={abilene: 5000},
    )
    chat = build.add_job(
        "chat",
        [{"gpu_type": h100, "shards": 2, "gpus_per_shard": 1000}],
        tags=["inference"],
        start=q2,
        regions=["us-south"],
        unserved_usd=9e6,
    )
    search = build.add_job("search", [("H100", 1, 1000)], start="Q2", end=q2)
    build.add_flow(chat, search, 20)
    build.add_contract(
        "first_refusal",
        "refusal",
        jobs=["training"],
        holder=azure,
        accepts_gpus=(20000, 40000),
        end=q1,
    )
    rebate = build.add_contract(
        "volume_discount",
        "rebate",
        provider="Oracle",
        tiers=[
            {"above_usd": 1000000, "discount": 0.05},
            {"above_usd": 2000000, "discount": 0.1},
        ],
        mode="incremental",
    )
    instance = build.build()
    assert instance == Instance.from_dict(TWO_SITES)
    assert instance.contracts[1] is rebate


@pytest.mark.parametrize(
    ("method", "record"),
    [
        (InstanceBuilder.add_period, Period),
        (InstanceBuilder.add_gpu_type, GpuType),
        (InstanceBuilder.add_provider, Provider),
        (InstanceBuilder.add_data_center, DataCenter),
        (InstanceBuilder.add_offer, Offer),
        (InstanceBuilder.add_link, Link),
        (InstanceBuilder.add_job, Job),
        (InstanceBuilder.add_flow, Flow),
    ],
)
def test_methods_have_the_columns_of_their_records(
    method: Callable[..., Record], record: type[Record]
) -> None:
    """Each method takes every column of its record, with the same default."""
    given = {
        name: parameter.default
        for name, parameter in inspect.signature(method).parameters.items()
        if name != "self"
    }
    columns = {
        name: inspect.Parameter.empty if info.is_required() else info.default
        for name, info in record.model_fields.items()
    }
    assert given == columns


def test_the_network_method_has_its_columns() -> None:
    """Everything of a network but its links, which are added one by one, is set at once."""
    taken = set(inspect.signature(InstanceBuilder.set_network).parameters) - {"self"}
    assert taken == set(Network.model_fields) - {"links"}


def test_a_faulty_row_is_refused_at_once_and_not_added() -> None:
    """The error has the faults of the row alone; the builder goes on without it."""
    build = started()
    with pytest.raises(InstanceError) as caught:
        build.add_job("chat", [("H1000", 0, 8)])
    assert str(caught.value).splitlines() == [
        "instance: jobs[0].options[0].shards: 0 is below 1; "
        "a whole number from 1 to 1e12 is allowed",
        'instance: jobs[0].options[0].gpu_type: "H1000" is not a GPU type; did you mean "H100"?',
    ]
    build.add_job("chat", [("H100", 1, 8)])
    assert [job.name for job in build.build().jobs] == ["chat"]


@pytest.mark.parametrize(
    ("add", "fault"),
    [
        (lambda b: b.add_provider("Azure"), 'providers[1].name: "Azure" is used twice'),
        (
            lambda b: b.add_offer("x", "dallas", "H100", 1, 1),
            'offers[1].data_center: "dallas" is not a data center',
        ),
        (
            lambda b: b.add_offer("x", "atlanta", "H100", [1, 2], 1),
            "offers[1].gpus: has 2 figures; the number of periods is 1",
        ),
        (lambda b: b.add_link("atlanta", "atlanta", 1), "is the same data center as a"),
        (lambda b: b.add_contract("shares", "s"), 'did you mean "share"?'),
        (
            lambda b: b.add_contract("spend_cap", "s", providers=["Azur"], usd=1),
            'contracts[0].providers[0]: "Azur" is not a provider; did you mean "Azure"?',
        ),
        (lambda b: b.set_network(same_provider={"gbps": -1}), "network.same_provider.gbps: -1"),
        (lambda b: b.add_flow("x", "y", 1), 'flows[0].b: "y" is not a job'),
    ],
)
def test_references_are_checked_against_earlier_rows(
    add: Callable[[InstanceBuilder], Any], fault: str
) -> None:
    """What a row names must have been added before, and names and pairs are used once."""
    build = started()
    build.add_job("chat", [("H100", 1, 8)], tags=["inference"])
    with pytest.raises(InstanceError) as caught:
        add(build)
    assert fault in str(caught.value)


def test_a_refused_link_leaves_its_pair_free() -> None:
    """A link that was refused for its bandwidth can be added again with another one."""
    build = started()
    build.add_data_center("dallas", "Azure", "us-south", 32.8, -96.8)
    with pytest.raises(InstanceError, match="-1 is below 0"):
        build.add_link("atlanta", "dallas", -1)
    build.add_link("atlanta", "dallas", 100)
    with pytest.raises(InstanceError, match="a pair has one link"):
        build.add_link("dallas", "atlanta", 100)


def test_the_first_period_replaces_the_default() -> None:
    """The horizon of 730 hours is there only as long as no period is added."""
    build = started()
    build.add_job("chat", [("H100", 1, 8)])
    assert [period.name for period in build.build().periods] == ["horizon"]
    build.add_period("horizon", 100)
    assert [period.hours for period in build.build().periods] == [100]


def test_what_became_wrong_later_is_found_in_the_end() -> None:
    """Figures by period that no longer fit the periods are told by `build`."""
    build = started()
    build.add_offer("by period", "atlanta", "H100", [5], 1)
    build.add_job("chat", [("H100", 1, 8)])
    build.build()
    build.add_period("Q1", 1)
    build.add_period("Q2", 1)
    with pytest.raises(InstanceError, match=r"offers\[1\]\.gpus: has 1 figure"):
        build.build()


def test_an_instance_without_rows_is_refused_in_the_end() -> None:
    """A builder to which nothing was added has no instance to give."""
    with pytest.raises(InstanceError, match="jobs: is empty"):
        InstanceBuilder("empty").build()
