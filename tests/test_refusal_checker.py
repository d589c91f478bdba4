"""First refusal: every way to leave a holder that has room is refused, every true excuse holds.

Alpha holds the refusal with its `east`. Train asks for units of 2 GPUs: a shard of its first
option. Chat takes 2 GPUs.
"""

from __future__ import annotations

from typing import Any

import pytest

from gpualloc.instance import Instance
from gpualloc.layout import Placement
from tests.checker_plans import (
    CHAT_EAST,
    CHAT_WEST,
    SYNC,
    TRAIN_EAST,
    hubs,
    only_breach,
    placed,
    two_sites,
    verdict_of,
)

TRAIN_WEST = placed("train", {"west-h100": 4})
TRAIN_THREE_EAST = placed("train", {"east-h100": 3, "west-h100": 1})
REFUSAL = {"name": "first", "type": "first_refusal", "holder": "alpha", "jobs": ["big"]}
EAST_ONLY = {"name": "here", "type": "exclusivity", "data_centers": ["east"], "jobs": ["big"]}
WEST_ONLY = {"name": "there", "type": "exclusivity", "data_centers": ["west"], "jobs": ["big"]}
EAST_TAKEN = {"name": "taken", "type": "dedicated", "data_centers": ["east"], "jobs": ["small"]}


def asked_first(*others: dict[str, Any], refusal: Any = None, **changes: Any) -> Instance:
    """The instance under alpha's first refusal of train, with further contracts and changes."""
    return two_sites(contracts=[REFUSAL | (refusal or {}), *others], **changes)


def passed_over(instance: Instance, *placements: Placement, **tables: Any) -> list[str]:
    """Where the plan breaks the first refusal; it breaks nothing else."""
    breaches = verdict_of(instance, *placements, **tables).breaches
    assert {breach.rule for breach in breaches} <= {"first_refusal"}
    return [breach.place for breach in breaches]


def test_empty_holder() -> None:
    """A job elsewhere while the holder is empty is named with its phase and the offer."""
    breach = only_breach(verdict_of(asked_first(), *TRAIN_WEST, *CHAT_WEST))
    assert (breach.rule, breach.place) == ("first_refusal", "first, train, q1 to q2")
    assert breach.message == 'is placed elsewhere, and "east-h100" has room for 2 GPUs more'


def test_with_the_holder() -> None:
    """A job that is with the holder alone, or not covered, or not served, was not passed over."""
    assert passed_over(asked_first(), *TRAIN_EAST, *CHAT_WEST) == []
    instance = asked_first(train={"unserved_usd": 1})
    assert passed_over(instance, *CHAT_WEST, unserved=("train",)) == []


@pytest.mark.parametrize(
    ("gpus", "holds"),
    [
        # Chat and 3 shards take 2 + 6 of them: 1 is left over, too few for a shard; 2 are enough.
        (9, True),
        (10, False),
    ],
)
def test_left_over_gpus(gpus: int, holds: bool) -> None:
    """One shard may be elsewhere only if less than a shard is left over."""
    instance = asked_first(east_h100={"gpus": gpus})
    found = passed_over(instance, *TRAIN_THREE_EAST, *CHAT_EAST)
    assert found == ([] if holds else ["first, train, q1 to q2"])


@pytest.mark.parametrize(("gpus", "holds"), [(9, True), (10, False)])
def test_all_shards_together(gpus: int, holds: bool) -> None:
    """A job that may use one data center asks for room for all its shards: 8 GPUs beside chat."""
    instance = asked_first(train={"max_data_centers": 1}, east_h100={"gpus": gpus})
    found = passed_over(instance, *TRAIN_WEST, *CHAT_EAST)
    assert found == ([] if holds else ["first, train, q1 to q2"])


def test_two_data_centers_ask_by_shard() -> None:
    """A job that may use two data centers asks by the shard, though it uses one."""
    instance = asked_first(train={"max_data_centers": 2}, east_h100={"gpus": 4})
    assert passed_over(instance, *TRAIN_WEST, *CHAT_EAST) == ["first, train, q1 to q2"]


def test_scraps_do_not_add_up() -> None:
    """Two offers with a GPU left over each have no room for a shard of two."""
    data = two_sites().model_dump()
    more = data["offers"][0] | {"name": "east-more", "gpus": 1}
    offers = [data["offers"][0] | {"gpus": 3}, more, *data["offers"][1:]]
    assert passed_over(asked_first(offers=offers), *TRAIN_WEST, *CHAT_EAST) == []
    offers[1] = more | {"gpus": 2}
    assert passed_over(asked_first(offers=offers), *TRAIN_WEST, *CHAT_EAST) != []


def test_option_that_the_holder_does_not_sell() -> None:
    """A job cannot leave by an option whose GPUs the holder does not have."""
    rows = placed("train", {"west-b200": 2}, option=1)
    assert passed_over(asked_first(), *rows, *CHAT_WEST) == ["first, train, q1 to q2"]
    assert passed_over(asked_first(east_h100={"gpus": 1}), *rows, *CHAT_WEST) == []


def test_other_option_fits() -> None:
    """All options count: beta's H100 are gone, and its B200 would take a shard of the other."""
    instance = asked_first(refusal={"holder": "beta"}, west_h100={"gpus": 0})
    assert passed_over(instance, *TRAIN_EAST, *CHAT_EAST) == ["first, train, q1 to q2"]
    full = asked_first(refusal={"holder": "beta"}, west_h100={"gpus": 0}, west_b200={"gpus": 1})
    assert passed_over(full, *TRAIN_EAST, *CHAT_EAST) == []


def test_one_full_period_excuses_a_job_that_stays() -> None:
    """A job that may not move needs room in all its periods."""
    instance = asked_first(east_h100={"gpus": [100, 3]})
    assert passed_over(instance, *TRAIN_WEST, *CHAT_EAST) == []


def test_full_period_excuses_no_other() -> None:
    """A job that may move is asked period by period."""
    instance = asked_first(east_h100={"gpus": [100, 3]}, train={"move_usd_per_shard": 9})
    assert passed_over(instance, *TRAIN_WEST, *CHAT_EAST) == ["first, train, q1"]


def test_window() -> None:
    """A phase outside the window is free; one that touches it is bound."""
    moves = {"move_usd_per_shard": 9}
    late = asked_first(refusal={"start": "q2"}, train=moves)
    assert passed_over(late, *TRAIN_WEST, *CHAT_WEST) == ["first, train, q2"]
    early = asked_first(refusal={"end": "q1"}, train=moves)
    assert passed_over(early, *TRAIN_WEST, *CHAT_WEST) == ["first, train, q1"]
    still = asked_first(refusal={"start": "q2"})
    assert passed_over(still, *TRAIN_WEST, *CHAT_WEST) == ["first, train, q1 to q2"]


def test_no_room_outside_the_window() -> None:
    """A phase that touches the window may show its lack of room in any of its periods."""
    instance = asked_first(refusal={"start": "q2"}, east_h100={"gpus": [3, 100]})
    assert passed_over(instance, *TRAIN_WEST, *CHAT_EAST) == []


@pytest.mark.parametrize(
    ("power_mw", "holds"),
    [
        # A unit and chat draw 2 * 1.275 * 1.15 = 2.9325 kW each, not exact in binary. With 5.865
        # kW exactly the unit is left over, with 0.1 W less it is not.
        (0.005865, False),
        (0.0058649, True),
        (None, False),
    ],
)
def test_left_over_power(power_mw: float | None, holds: bool) -> None:
    """Power left over counts to the last digit of the figures as written."""
    instance = asked_first(h100={"kw": 1.275}, east={"pue": 1.15, "power_mw": power_mw})
    found = passed_over(instance, *TRAIN_WEST, *CHAT_EAST)
    assert found == ([] if holds else ["first, train, q1 to q2"])


def test_power_of_other_offers() -> None:
    """Power is the data center's: what other GPU types draw there is gone for this one."""
    data = two_sites().model_dump()
    b200 = data["offers"][2] | {"name": "east-b200", "data_center": "east"}
    chat = {"options": [{"gpu_type": "b200", "shards": 2, "gpus_per_shard": 1}]}
    rows = placed("chat", {"east-b200": 2})
    # Chat draws 2 * 2 kW; 2 kW for a shard of train are left of 6, and not of 5.9.
    for power_mw, found in ((0.006, ["first, train, q1 to q2"]), (0.0059, [])):
        instance = asked_first(
            offers=[*data["offers"], b200], chat=chat, east={"power_mw": power_mw}
        )
        assert passed_over(instance, *TRAIN_WEST, *rows) == found


def test_powerless_gpus() -> None:
    """GPUs that draw no power fit where no power is left."""
    instance = asked_first(h100={"kw": 0}, east={"power_mw": 0})
    assert passed_over(instance, *TRAIN_WEST, *CHAT_EAST) == ["first, train, q1 to q2"]


@pytest.mark.parametrize(("accepts", "holds"), [(7, True), (8, False), (6, True)])
def test_accepted(accepts: int, holds: bool) -> None:
    """Three shards take 6 accepted GPUs: with 7 accepted none fits any more, with 8 one does."""
    instance = asked_first(refusal={"accepts_gpus": accepts})
    found = passed_over(instance, *TRAIN_THREE_EAST, *CHAT_WEST)
    assert found == ([] if holds else ["first, train, q1 to q2"])


def test_accepted_is_a_limit() -> None:
    """Covered jobs use no more than is accepted; the breach names period, figure and limit."""
    instance = asked_first(refusal={"accepts_gpus": [6, 5]})
    breach = only_breach(verdict_of(instance, *TRAIN_THREE_EAST, *CHAT_WEST))
    assert (breach.rule, breach.place) == ("first_refusal", "first, q2")
    assert (breach.figure, breach.limit) == (6, 5)


def test_accepted_counts_covered_jobs_alone() -> None:
    """A job that is not covered takes none of the accepted GPUs."""
    # Chat has 2 GPUs in east, train 6; 8 are accepted, so 2 are left for train's last shard.
    instance = asked_first(refusal={"accepts_gpus": 8})
    assert passed_over(instance, *TRAIN_THREE_EAST, *CHAT_EAST) == ["first, train, q1 to q2"]
    both = asked_first(refusal={"accepts_gpus": 8, "jobs": None})
    assert passed_over(both, *TRAIN_THREE_EAST, *CHAT_EAST) == []


def test_accepted_outside_the_window() -> None:
    """What the holder accepts outside the window neither limits nor excuses."""
    instance = asked_first(refusal={"accepts_gpus": [0, 100], "start": "q2"})
    assert passed_over(instance, *TRAIN_WEST, *CHAT_WEST) == ["first, train, q1 to q2"]
    assert passed_over(instance, *TRAIN_EAST, *CHAT_WEST) == []


def test_own_lists_excuse() -> None:
    """An offer that the job itself does not allow is not asked."""
    for lists in ({"providers": ["beta"]}, {"regions": ["eu"]}, {"data_centers": ["west"]}):
        assert passed_over(asked_first(train=lists), *TRAIN_WEST, *CHAT_WEST) == []


def test_exclusivity_excuses() -> None:
    """Exclusivity elsewhere excuses, while it binds this job in this phase."""
    assert passed_over(asked_first(WEST_ONLY), *TRAIN_WEST, *CHAT_WEST) == []
    here = asked_first(EAST_ONLY | {"jobs": ["small"]}, chat={"tags": ["small"]})
    assert passed_over(here, *TRAIN_WEST, *CHAT_EAST) == ["first, train, q1 to q2"]
    other = asked_first(WEST_ONLY | {"jobs": ["small"]}, chat={"tags": ["small"]})
    assert passed_over(other, *TRAIN_WEST, *CHAT_WEST) == ["first, train, q1 to q2"]


def test_exclusivity_bought_out_excuses_nothing() -> None:
    """A job freed of its exclusivity is the holder's again."""
    instance = asked_first(WEST_ONLY | {"buyout_usd": 1})
    assert passed_over(instance, *TRAIN_WEST, *CHAT_WEST) == []
    found = passed_over(instance, *TRAIN_WEST, *CHAT_WEST, buyouts=("there",))
    assert found == ["first, train, q1 to q2"]


def test_exclusivity_excuses_in_its_window() -> None:
    """Exclusivity in q1 excuses a job that may move in q1 alone."""
    instance = asked_first(WEST_ONLY | {"end": "q1"}, train={"move_usd_per_shard": 1})
    assert passed_over(instance, *TRAIN_WEST, *CHAT_WEST) == ["first, train, q2"]


def test_dedication_excuses() -> None:
    """A data center dedicated to others is not asked; one dedicated to the job is."""
    others = asked_first(EAST_TAKEN, chat={"tags": ["small"]})
    assert passed_over(others, *TRAIN_WEST, *CHAT_EAST) == []
    own = asked_first(EAST_TAKEN | {"jobs": ["big"]})
    assert passed_over(own, *TRAIN_WEST, *CHAT_WEST) == ["first, train, q1 to q2"]


def test_dedication_bought_out_excuses_nothing() -> None:
    """A data center whose dedication is bought out is open to the job."""
    instance = asked_first(EAST_TAKEN | {"buyout_usd": 1}, chat={"tags": ["small"]})
    found = passed_over(instance, *TRAIN_WEST, *CHAT_EAST, buyouts=("taken",))
    assert found == ["first, train, q1 to q2"]


def test_other_contracts_excuse_nothing() -> None:
    """A cap on spend with the holder, or a share elsewhere, is no excuse."""
    cap = {"name": "cap", "type": "spend_cap", "providers": ["alpha"], "usd": 0, "jobs": ["big"]}
    share = {"name": "part", "type": "share", "regions": ["eu"], "min": 1, "jobs": ["big"]}
    for other in (cap, share):
        found = passed_over(asked_first(other), *TRAIN_WEST, *CHAT_WEST)
        assert found == ["first, train, q1 to q2"]


def test_network_excuses_nothing() -> None:
    """A job whose parts could not talk across is still asked by the shard."""
    instance = asked_first(train={"sync": SYNC}, network={}, east_h100={"gpus": 4})
    assert passed_over(instance, *TRAIN_WEST, *CHAT_EAST) == ["first, train, q1 to q2"]


def test_split_job() -> None:
    """One shard elsewhere is enough to be asked."""
    instance = asked_first(train={"sync": SYNC})
    rows = {"hubs": hubs("train", "east")}
    found = passed_over(instance, *TRAIN_THREE_EAST, *CHAT_WEST, **rows)
    assert found == ["first, train, q1 to q2"]


def in_order(*names: str, **columns: Any) -> Instance:
    """The instance with its jobs listed in an order, and 3 GPUs in east."""
    data = asked_first(refusal=columns, east_h100={"gpus": 3}).model_dump()
    rows = {row["name"]: row for row in data["jobs"]}
    return Instance.from_dict(data | {"jobs": [rows[name] for name in names]})


def test_listed() -> None:
    """Under `listed` only earlier jobs push a job out: chat listed later does not."""
    plan = (*TRAIN_WEST, *CHAT_EAST)
    later = in_order("train", "chat", precedence="listed")
    assert passed_over(later, *plan) == ["first, train, q1 to q2"]
    assert passed_over(in_order("chat", "train", precedence="listed"), *plan) == []


def test_listed_counts_the_job_itself() -> None:
    """A job's own shards with the holder count as used under `listed` too."""
    # Train's own 6 GPUs leave a shard's 2 of 8, and 1 of 7.
    for gpus, found in ((8, ["first, train, q1 to q2"]), (7, [])):
        instance = asked_first(refusal={"precedence": "listed"}, east_h100={"gpus": gpus})
        assert passed_over(instance, *TRAIN_THREE_EAST, *CHAT_WEST) == found


def test_listed_accepted() -> None:
    """Accepted GPUs too are left over before later jobs take them."""
    # 3 are accepted: chat's 2 leave 1, too few; without chat, listed later, a shard fits.
    both = {"accepts_gpus": 3, "jobs": None}
    plan = (*TRAIN_WEST, *CHAT_EAST)
    assert passed_over(asked_first(refusal=both), *plan) == []
    listed = asked_first(refusal=both | {"precedence": "listed"})
    assert passed_over(listed, *plan) == ["first, train, q1 to q2"]


def test_remark() -> None:
    """Under `none`, a valid plan whose later jobs push out an earlier one carries a remark."""
    plan = (*TRAIN_WEST, *CHAT_EAST)
    verdict = verdict_of(in_order("train", "chat"), *plan)
    assert verdict
    (remark,) = verdict.remarks
    assert remark.startswith("first_refusal[first]: train is not with alpha")
    assert verdict_of(in_order("chat", "train"), *plan).remarks == ()
    assert verdict_of(in_order("chat", "train", precedence="listed"), *plan).remarks == ()


def test_remark_needs_a_binding_contract() -> None:
    """A first refusal that is bought out has nothing to remark."""
    instance = in_order("train", "chat", buyout_usd=1)
    verdict = verdict_of(instance, *TRAIN_WEST, *CHAT_EAST, buyouts=("first",))
    assert verdict
    assert verdict.remarks == ()
