"""The engines' view of contracts about money: commitments and volume discounts.

The job has 4 shards, 2000 USD each at A and 3000 at B: 8000 USD without a contract.
"""

from __future__ import annotations

import pytest

from tests.oracle.by_hand import Data, contract, job, two_periods, two_sites
from tests.rules.toys import bound_by
from tests.rules.written import columns_of, costs_of, least_usd, placed, rows_of

DISCOUNT = (
    "spend is discounted once",
    "tier opens",
    "tier below is full",
    "tier or buyout",
    "tier is reached",
    "one tier or buyout",
)

TIERS = [{"above_usd": 3000, "discount": 0.1}, {"above_usd": 6000, "discount": 0.75}]


def discount(**columns: object) -> Data:
    """A volume discount of B; all 4 shards there spend 12000 USD."""
    return contract("volume_discount", **{"provider": "B", "tiers": TIERS, **columns})


def test_commitment_rows() -> None:
    """The shortfall is the fraction of the commitment that spend and buyout leave."""
    data = bound_by("commitment", provider="B", usd=4000, buyout_usd=1)
    assert rows_of(data, "commitment") == [
        "commitment[commitment]: bought out[commitment] + shortfall[commitment] "
        "+ 0.75 shards[job, dear] >= 1",
    ]
    assert columns_of(data, "shortfall") == {"shortfall[commitment]": (0, 1)}
    assert costs_of(data, "commitments") == {"shortfall[commitment]": 4000}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        # k shards at B: 8000 + 1000 k + max(0, usd - 3000 k)
        ({"usd": 3000}, 9000),
        ({"usd": 4000}, 10000),
        ({"usd": 3900, "buyout_usd": 1800}, 9800),
        # a shard at B costs 1000 more than one at A, the shortfall only 200
        ({"usd": 200}, 8200),
        ({"usd": 6000, "jobs": ["other"]}, 14000),
    ],
)
def test_commitment_binds(columns: Data, expected: float) -> None:
    """A commitment is met with shards, paid as a shortfall, or bought out, whatever is least."""
    assert least_usd(bound_by("commitment", provider="B", **columns)) == expected


def test_commitment_is_absent() -> None:
    """A commitment to nothing has no row; one that covers nobody has no shard in it."""
    assert rows_of(two_sites(), "commitment") == []
    assert rows_of(bound_by("commitment", provider="B", usd=0), "commitment") == []
    assert rows_of(bound_by("commitment", provider="B", usd=1, jobs=["other"]), "commitment") == [
        "commitment[commitment]: shortfall[commitment] >= 1",
    ]


def test_commitment_counts_in_the_window() -> None:
    """Of a job that stays only the spend of q2 counts: 10 * 4 * 100 USD of 8000."""
    data = two_periods()
    data["contracts"] = [contract("commitment", provider="A", usd=8000, start="q2")]
    assert rows_of(data, "commitment") == [
        "commitment[commitment]: shortfall[commitment] + 0.5 shards[job, cheap] >= 1",
    ]


def test_incremental_rows() -> None:
    """Each tier is filled in turn, each dollar of spend in one; the first begins at 3000 USD."""
    # The spend row is in units of 6 USD, a thousandth of the last threshold: a shard is 500. Tier
    # 0 is 3000 wide, tier 1 ends 0.1 % above 12000, all that can be spent: 6012.
    reached, inside = (
        [f"{name}[volume_discount, tier {k}]" for k in (0, 1)]
        for name in ("tier reached", "spend in tier")
    )
    data = two_sites(contracts=(discount(buyout_usd=1),))
    assert rows_of(data, *DISCOUNT) == [
        f"spend is discounted once[volume_discount]: - 500 {reached[0]} - 500 {inside[0]} "
        f"- 1002 {inside[1]} + 500 shards[job, dear] >= 0",
        f"tier opens[volume_discount, tier 0]: - {reached[0]} + {inside[0]} <= 0",
        f"tier opens[volume_discount, tier 1]: - {reached[1]} + {inside[1]} <= 0",
        f"tier below is full[volume_discount, tier 1]: - {reached[1]} + {inside[0]} >= 0",
        f"tier or buyout[volume_discount]: bought out[volume_discount] + {reached[0]} <= 1",
    ]
    assert costs_of(data, "discounts") == {
        inside[0]: pytest.approx(-300),
        inside[1]: pytest.approx(-0.75 * 6012),
    }


def test_all_units_rows() -> None:
    """Of the tiers one is reached, and it discounts all spend between its threshold and its end."""
    # Tier 0 ends at 6000, tier 1 at 12012 USD; 3000 and 6000 are where they begin.
    reached, inside = (
        [f"{name}[volume_discount, tier {k}]" for k in (0, 1)]
        for name in ("tier reached", "spend in tier")
    )
    data = two_sites(contracts=(discount(mode="all_units", buyout_usd=1),))
    assert rows_of(data, *DISCOUNT) == [
        f"spend is discounted once[volume_discount]: - 1000 {inside[0]} - 2002 {inside[1]} "
        "+ 500 shards[job, dear] >= 0",
        f"tier opens[volume_discount, tier 0]: - {reached[0]} + {inside[0]} <= 0",
        f"tier opens[volume_discount, tier 1]: - {reached[1]} + {inside[1]} <= 0",
        f"tier is reached[volume_discount, tier 0]: - 0.5 {reached[0]} + {inside[0]} >= 0",
        f"tier is reached[volume_discount, tier 1]: - {6000 / 12012:.9g} {reached[1]} "
        f"+ {inside[1]} >= 0",
        f"one tier or buyout[volume_discount]: bought out[volume_discount] + {reached[0]} "
        f"+ {reached[1]} <= 1",
    ]
    assert costs_of(data, "discounts") == {
        inside[0]: pytest.approx(-600),
        inside[1]: pytest.approx(-0.75 * 12012),
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        # 12000 - 0.1 * 3000 - 0.75 * 6000; at A it would be 8000
        (discount(), 7200),
        (discount(tiers=TIERS[:1]), 8000),
        # 12000 * 0.25
        (discount(mode="all_units"), 3000),
        # a threshold that is reached exactly counts: 12000 * 0.6; a dollar more does not
        (discount(mode="all_units", tiers=[{"above_usd": 12000, "discount": 0.4}]), 7200),
        (discount(mode="all_units", tiers=[{"above_usd": 12001, "discount": 0.4}]), 8000),
        # a rebate on the 8000 at A itself: 8000 - 0.5 * (8000 - 7000)
        (discount(provider="A", tiers=[{"above_usd": 7000, "discount": 0.5}]), 7500),
        (discount(jobs=["other"]), 8000),
    ],
)
def test_discounts_bind(row: Data, expected: float) -> None:
    """A rebate draws shards to B where it is worth more than the 4000 USD saved at A."""
    assert least_usd(two_sites(contracts=(row,))) == expected


def test_discount_buys_more_than_it_costs() -> None:
    """Under `all_units` a plan spends more to pay less: one more shard at B reaches the tier."""
    # B has 3 USD on 40 GPUs, A 2 on 10 only: 1 shard at A, 3 at B cost 2000 + 9000 = 11000. All
    # at B reach 12000 USD: 12000 * 0.9 = 10800.
    data = two_sites(contracts=(discount(mode="all_units", tiers=[_tier(12000, 0.1)]),))
    data["offers"][0]["gpus"] = 10
    assert placed(data) == {"job": {"dear": 4}}
    assert least_usd(data) == 10800


def _tier(above_usd: float, fraction: float) -> Data:
    return {"above_usd": above_usd, "discount": fraction}


def test_discounts_are_absent() -> None:
    """Tiers beyond all that can be spent have no columns; without any the rows are gone."""
    assert rows_of(two_sites(), *DISCOUNT) == []
    far = discount(tiers=[_tier(13000, 0.5)])
    assert rows_of(two_sites(contracts=(far,)), *DISCOUNT) == []
    assert rows_of(two_sites(contracts=(discount(jobs=["other"]),)), *DISCOUNT) == []
    some = two_sites(contracts=(discount(tiers=[TIERS[0], _tier(13000, 0.5)]),))
    assert list(columns_of(some, "tier reached")) == ["tier reached[volume_discount, tier 0]"]


def test_discounts_of_two_contracts_add_up() -> None:
    """Spend may earn the rebates of two contracts: 12000 - 0.75 * 6000 - 300, twice off 12000."""
    rows = (discount(), discount(name="second"))
    assert least_usd(two_sites(contracts=rows)) == 12000 - 2 * 4800


def test_discount_covers_its_jobs_alone() -> None:
    """Only the tagged job's spend counts: 12000 - 4800 at B, and 8000 at A for the other."""
    data = two_sites(job("one", tags=["big"]), job("two"), contracts=(discount(jobs=["big"]),))
    data["offers"][0]["gpus"] = data["offers"][1]["gpus"] = 80
    assert placed(data) == {"one": {"dear": 4}, "two": {"cheap": 4}}
    assert least_usd(data) == 15200
