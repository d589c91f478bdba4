"""Each contract type but first refusal: it holds at the limit, and is named when it is broken."""

from __future__ import annotations

from typing import Any

import pytest

from gpualloc.errors import InstanceError
from gpualloc.instance import Instance
from gpualloc.layout import Placement
from gpualloc.plan.checker import check_layout
from tests.checker_plans import (
    CHAT_EAST,
    CHAT_WEST,
    SOUND,
    TRAIN_EAST,
    TRAIN_SPLIT,
    only_breach,
    placed,
    rules_broken,
    two_sites,
    verdict_of,
)

Rows = tuple[Placement, ...]

MOVES = {"move_usd_per_shard": 0}
LEAVES = placed("train", {"east-h100": 4}, periods=("q1",))
LEAVES += placed("train", {"west-h100": 4}, periods=("q2",))
"""Train in east in q1 and in west in q2."""


def under(kind: str, *, train: Any = None, **columns: Any) -> Instance:
    """The instance with one contract called `deal`."""
    contract = {"name": "deal", "type": kind, **columns}
    return two_sites(contracts=[contract], train=train or {})


def broken_at(instance: Instance, *placements: Placement) -> list[tuple[str, str]]:
    """Rule and place of each breach."""
    verdict = verdict_of(instance, *placements)
    return [(breach.rule, breach.place) for breach in verdict.breaches]


@pytest.mark.parametrize(
    "places", [{"providers": ["alpha"]}, {"regions": ["us"]}, {"data_centers": ["east"]}]
)
def test_exclusivity(places: dict[str, list[str]]) -> None:
    """Covered jobs are in the named places alone; other jobs are free."""
    instance = under("exclusivity", jobs=["big"], **places)
    assert verdict_of(instance, *TRAIN_EAST, *CHAT_WEST)
    assert broken_at(instance, *TRAIN_SPLIT, *CHAT_EAST) == [
        ("exclusivity", "deal, train, q1"),
        ("exclusivity", "deal, train, q2"),
    ]


def test_exclusivity_union() -> None:
    """Places of several kinds are taken together."""
    instance = under("exclusivity", jobs=["big"], providers=["alpha"], data_centers=["west"])
    assert verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST)


def test_exclusivity_window() -> None:
    """A phase that touches the window is bound as a whole, one outside is free."""
    columns = {"jobs": ["big"], "providers": ["alpha"]}
    still = under("exclusivity", start="q2", **columns)
    assert broken_at(still, *TRAIN_SPLIT, *CHAT_EAST) == [
        ("exclusivity", "deal, train, q1"),
        ("exclusivity", "deal, train, q2"),
    ]
    moving = under("exclusivity", start="q2", train=MOVES, **columns)
    assert broken_at(moving, *LEAVES, *CHAT_EAST) == [("exclusivity", "deal, train, q2")]
    assert verdict_of(under("exclusivity", end="q1", train=MOVES, **columns), *LEAVES, *CHAT_EAST)


def test_dedicated() -> None:
    """Jobs that are not covered stay out of a dedicated data center; covered ones are free."""
    instance = under("dedicated", jobs=["big"], data_centers=["west"])
    assert verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST)
    assert broken_at(instance, *TRAIN_EAST, *CHAT_WEST) == [
        ("dedicated", "deal, chat, q1"),
        ("dedicated", "deal, chat, q2"),
    ]


def test_dedicated_window() -> None:
    """A job that moves is kept out in the window alone."""
    west = {"data_centers": ["west"], "jobs": ["small"]}
    for window, place in (({"start": "q2"}, ["deal, train, q2"]), ({"end": "q1"}, [])):
        contract = {"name": "deal", "type": "dedicated", **west, **window}
        instance = two_sites(contracts=[contract], train=MOVES, chat={"tags": ["small"]})
        found = [breach.place for breach in verdict_of(instance, *LEAVES, *CHAT_WEST).breaches]
        assert found == place


def test_spend_cap() -> None:
    """Spend of the covered jobs at the named providers stays under the cap, within tolerance."""
    # Train split: 4 * 2 * 300 = 2,400 at alpha and 4 * 3 * 300 = 3,600 at beta.
    columns = {"jobs": ["big"], "providers": ["alpha", "beta"]}
    assert verdict_of(under("spend_cap", usd=6000, **columns), *TRAIN_SPLIT, *CHAT_EAST)
    assert verdict_of(under("spend_cap", usd=5999.995, **columns), *TRAIN_SPLIT, *CHAT_EAST)
    breach = only_breach(
        verdict_of(under("spend_cap", usd=5999.99, **columns), *TRAIN_SPLIT, *CHAT_EAST)
    )
    assert (breach.rule, breach.place) == ("spend_cap", "deal")
    assert (breach.figure, breach.limit) == (6000, 5999.99)
    one = under("spend_cap", usd=2400, jobs=["big"], providers=["alpha"])
    assert verdict_of(one, *TRAIN_SPLIT, *CHAT_EAST)


def test_spend_cap_window() -> None:
    """Only the periods of the window count, of a job that stays too."""
    # Alpha in q1: (4 + 2) GPUs * 2 * 100 = 1,200.
    assert verdict_of(
        under("spend_cap", usd=1200, providers=["alpha"], end="q1"), *TRAIN_SPLIT, *CHAT_EAST
    )
    instance = under("spend_cap", usd=1199, providers=["alpha"], end="q1")
    assert broken_at(instance, *TRAIN_SPLIT, *CHAT_EAST) == [("spend_cap", "deal")]


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        # Train has half of its shards in each site, so half of its GPU-hours.
        ({"min": 0.5, "max": 0.5}, True),
        ({"min": 0.500001}, False),
        ({"max": 0.499999}, False),
        ({"min": 0.5000002}, True),
        ({"max": 0.4999998}, True),
    ],
)
def test_share(bounds: dict[str, float], holds: bool) -> None:
    """The share of the covered GPU-hours is within its bounds, to one part in a million."""
    instance = under("share", jobs=["big"], regions=["us"], **bounds)
    found = broken_at(instance, *TRAIN_SPLIT, *CHAT_EAST)
    assert found == ([] if holds else [("share", "deal")])


def test_share_weighs_hours() -> None:
    """GPU-hours are weighed, not GPUs: q2 is twice as long as q1."""
    # Train alone, 8 GPUs: east 800 GPU-hours in q1, west 1,600 in q2: a third is in east.
    columns = {"jobs": ["big"], "providers": ["alpha"], "train": MOVES}
    third = under("share", min=0.33333333, max=0.33333334, **columns)
    assert verdict_of(third, *LEAVES, *CHAT_EAST)
    assert verdict_of(under("share", min=1, end="q1", **columns), *LEAVES, *CHAT_EAST)
    assert broken_at(under("share", min=1, **columns), *LEAVES, *CHAT_EAST) == [("share", "deal")]


def test_share_of_nothing() -> None:
    """Where the covered jobs use nothing in the window, a share holds."""
    contract = {"name": "deal", "type": "share", "jobs": ["big"], "regions": ["eu"], "min": 1}
    instance = two_sites(contracts=[contract], train={"unserved_usd": 1})
    assert verdict_of(instance, *CHAT_EAST, unserved=("train",))


@pytest.mark.parametrize(
    ("of", "bounds", "holds"),
    [
        ("provider", {"min": 2, "max": 2}, True),
        ("provider", {"max": 1}, False),
        ("data_center", {"min": 3}, False),
        ("data_center", {"max": 2}, True),
    ],
)
def test_count(of: str, bounds: dict[str, int], holds: bool) -> None:
    """The number of providers or data centers in use is within its bounds."""
    instance = under("count", of=of, **bounds)
    found = broken_at(instance, *TRAIN_SPLIT, *CHAT_EAST)
    assert found == ([] if holds else [("count", "deal")])


def test_count_over_window() -> None:
    """Use in any period of the window counts once, use outside does not."""
    columns = {"of": "data_center", "jobs": ["big"], "train": MOVES}
    assert verdict_of(under("count", min=2, max=2, **columns), *LEAVES, *CHAT_EAST)
    assert verdict_of(under("count", max=1, start="q2", **columns), *LEAVES, *CHAT_EAST)


def test_minimum_use() -> None:
    """Use of the named places is nothing or at least the minimum."""
    # Train split: 4 GPUs * 300 h = 1,200 GPU-hours in west.
    columns = {"jobs": ["big"], "providers": ["beta"]}
    assert verdict_of(under("minimum_use", gpu_hours=1200, **columns), *TRAIN_SPLIT, *CHAT_EAST)
    instance = under("minimum_use", gpu_hours=1201, **columns)
    breach = only_breach(verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST))
    assert (breach.rule, breach.place) == ("minimum_use", "deal")
    assert (breach.figure, breach.limit) == (1200, 1201)
    assert verdict_of(instance, *TRAIN_EAST, *CHAT_WEST)


def test_separation() -> None:
    """No two covered jobs are in one data center in the same period."""
    instance = under("separation", within="data_center")
    assert verdict_of(instance, *TRAIN_EAST, *CHAT_WEST)
    assert broken_at(instance, *SOUND.placements) == [
        ("separation", "deal, east, q1"),
        ("separation", "deal, east, q2"),
    ]
    assert verdict_of(under("separation", within="data_center", jobs=["big"]), *SOUND.placements)


def test_separation_by_provider() -> None:
    """Two data centers of one provider are one where providers count."""
    contract = {"name": "deal", "type": "separation", "within": "provider"}
    apart = two_sites(contracts=[contract])
    assert verdict_of(apart, *TRAIN_EAST, *CHAT_WEST)
    one_owner = two_sites(contracts=[contract], west={"provider": "alpha"})
    found = broken_at(one_owner, *TRAIN_EAST, *CHAT_WEST)
    assert found == [("separation", "deal, alpha, q1"), ("separation", "deal, alpha, q2")]


def test_separation_in_time() -> None:
    """Jobs may follow each other in a place, and share it outside the window."""
    instance = under("separation", within="data_center", train=MOVES)
    assert broken_at(instance, *LEAVES, *CHAT_EAST) == [("separation", "deal, east, q1")]
    later = under("separation", within="data_center", train=MOVES, start="q2")
    assert verdict_of(later, *LEAVES, *CHAT_EAST)


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("exclusivity", {"providers": ["beta"]}),
        ("dedicated", {"data_centers": ["east"], "jobs": ["big"]}),
        ("first_refusal", {"holder": "beta"}),
        ("spend_cap", {"providers": ["alpha"], "usd": 1}),
        ("share", {"providers": ["beta"], "min": 0.5}),
        ("count", {"of": "provider", "min": 2}),
        ("minimum_use", {"providers": ["alpha"], "gpu_hours": 10_000}),
        ("separation", {"within": "provider"}),
    ],
)
def test_bought_out(kind: str, columns: dict[str, Any]) -> None:
    """A contract that is bought out binds nowhere; one without a price cannot be."""
    rows = {"buyouts": ("deal",)}
    priced = under(kind, **columns, buyout_usd=1)
    assert rules_broken(check_layout(priced, SOUND)) == {kind}
    assert verdict_of(priced, *SOUND.placements, **rows)
    binding = under(kind, **columns)
    assert rules_broken(verdict_of(binding, *SOUND.placements, **rows)) == {kind, "buyouts"}


@pytest.mark.parametrize(
    ("kind", "columns", "place"),
    [
        ("exclusivity", {}, "contracts[0]"),
        ("share", {"max": 1}, "contracts[0]"),
        ("share", {"providers": ["beta"], "min": 0.6, "max": 0.5}, "contracts[0].min"),
        ("count", {"of": "provider", "min": 2, "max": 1}, "contracts[0].min"),
        ("dedicated", {"data_centers": []}, "contracts[0].data_centers"),
        ("spend_cap", {"providers": [], "usd": 1}, "contracts[0].providers"),
        (
            "volume_discount",
            {
                "provider": "beta",
                "tiers": [
                    {"above_usd": 5, "discount": 0.1},
                    {"above_usd": 5, "discount": 0.2},
                ],
            },
            "contracts[0].tiers[1].above_usd",
        ),
    ],
)
def test_faulty_columns(kind: str, columns: dict[str, Any], place: str) -> None:
    """Columns of a contract that contradict each other are faults of the instance."""
    with pytest.raises(InstanceError) as error:
        under(kind, **columns)
    assert [fault.place for fault in error.value.faults] == [place]
