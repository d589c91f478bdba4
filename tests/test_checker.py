"""The verdict, what a plan claims about itself, and rows that make no sense."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpualloc.errors import NoPlanError
from gpualloc.instance.files import canonical_sha256
from gpualloc.layout import FlowShare, Hub, Layout, Placement
from gpualloc.plan.checker import check, check_layout
from gpualloc.rules import COST_LINES
from tests.checker_plans import (
    CHAT_EAST,
    SOUND,
    SYNC,
    TRAIN_EAST,
    TRAIN_SPLIT,
    only_breach,
    rules_broken,
    two_sites,
    verdict_of,
)

INSTANCE = two_sites()


@dataclass(frozen=True)
class Claim:
    """A plan as a file states it."""

    layout: Layout
    objective_usd: float | None
    costs: dict[str, float] | None
    instance_sha256: str = ""


TRUE = Claim(SOUND, 6000.0, dict.fromkeys(COST_LINES, 0.0) | {"compute": 6000.0})


def test_true_claim() -> None:
    """A plan that states its own costs, to the cent, is valid; lines of zero may be missing."""
    assert check(INSTANCE, TRUE)
    assert check(INSTANCE, replace(TRUE, objective_usd=6000.004, costs={"compute": 6000.004}))
    assert check(INSTANCE, replace(TRUE, instance_sha256=canonical_sha256(INSTANCE)))


def test_claim_of_a_large_plan() -> None:
    """A cent off is a breach however large the plan, since its costs are the checker's own."""
    # At USD 2,000,000 the plan costs 6e9: a cent is less than a part in 1e11.
    instance = two_sites(east_h100={"usd_per_gpu_hour": 2_000_000})
    for usd, holds in ((6e9, True), (6e9 + 0.004, True), (6e9 + 0.01, False)):
        claim = replace(TRUE, objective_usd=usd, costs={"compute": usd})
        assert bool(check(instance, claim)) == holds


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        (replace(TRUE, objective_usd=6000.01), "objective_usd"),
        (replace(TRUE, costs={"compute": 5999.99}), "compute"),
        (replace(TRUE, costs={"compute": 6000.0, "energy": 0.01}), "energy"),
        (replace(TRUE, costs={"compute": 6000.0, "coffee": 0.0}), "coffee"),
        (replace(TRUE, costs={"compute": float("nan")}), "compute"),
        (replace(TRUE, objective_usd=None), "costs"),
        (replace(TRUE, costs=None), "costs"),
    ],
)
def test_false_claim(claim: Claim, place: str) -> None:
    """A stated cost that is not the checker's is a breach of `costs`, named by its line."""
    breach = only_breach(check(INSTANCE, claim))
    assert (breach.rule, breach.place) == ("costs", place)


def test_other_instance() -> None:
    """A plan made for another instance is a breach of `plan`."""
    other = canonical_sha256(two_sites(east_h100={"gpus": 11}))
    breach = only_breach(check(INSTANCE, replace(TRUE, instance_sha256=other)))
    assert (breach.rule, breach.place) == ("plan", "instance_sha256")


def test_no_plan() -> None:
    """A result without a plan cannot be checked."""

    class Nothing:
        objective_usd = costs = None
        instance_sha256 = ""

        @property
        def layout(self) -> Layout:
            raise NoPlanError("infeasible")

    with pytest.raises(NoPlanError):
        check(INSTANCE, Nothing())


def test_several_breaches() -> None:
    """Every rule that is broken is listed, not the first alone."""
    instance = two_sites(
        east={"power_mw": 0.001}, east_h100={"gpus": 3}, train={"max_data_centers": 1}
    )
    verdict = verdict_of(instance, *TRAIN_SPLIT, *CHAT_EAST)
    assert rules_broken(verdict) == {"offers", "power", "max_data_centers"}
    assert len(verdict.breaches) == 6
    assert str(verdict).startswith("not valid: 6 breaches\n")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("trian", "q1", 0, "east-h100", 1), '"trian" is not a job'),
        (("train", "q3", 0, "east-h100", 1), '"q3" is not a period'),
        (("train", "q1", 0, "east", 1), '"east" is not an offer'),
        (("train", "q1", 2, "west-h100", 1), "option 2 is not one of the job's, 0 to 1"),
        (("train", "q1", -1, "west-h100", 1), "option -1 is not one"),
        (("train", "q1", 0, "west-h100", -1), "-1 is no number of shards"),
        (("train", "q1", 0, "west-h100", 1.5), "1.5 is no number of shards"),
        (("train", "q1", 0, "west-h100", True), "true is no number of shards"),
        (("train", "q1", 0, "west-h100", 10**400), "is no number of shards"),
        (("train", "q1", 0, "east-h100", 4), "repeats an earlier row"),
        ((None, "q1", 0, "east-h100", 4), "null is not a job"),
        (([], {}, None, (), ""), "is not a job"),
    ],
)
def test_odd_placement(row: tuple[Any, ...], message: str) -> None:
    """A placement that cannot be counted is a breach with its row, and counts for nothing."""
    breach = only_breach(verdict_of(INSTANCE, *TRAIN_EAST, *CHAT_EAST, Placement(*row)))
    assert (breach.rule, breach.place) == ("placement", "placements[4]")
    assert message in breach.message


@pytest.mark.parametrize(
    ("tables", "rule", "place"),
    [
        ({"hubs": (Hub("train", "q1", "north"),)}, "spokes", "hubs[0]"),
        ({"hubs": (Hub("tram", "q1", "east"),)}, "spokes", "hubs[0]"),
        ({"flows": (FlowShare("chat", "train", "q1", "east", "east", 1),)}, "flows", "flows[0]"),
        ({"buyouts": ("deal",)}, "buyouts", "buyouts[0]"),
        ({"unserved": ("tram",)}, "placement", "unserved[0]"),
    ],
)
def test_odd_rows(tables: dict[str, Any], rule: str, place: str) -> None:
    """Rows of the other tables that name what there is not are breaches with their place."""
    breach = only_breach(verdict_of(INSTANCE, *SOUND.placements, **tables))
    assert (breach.rule, breach.place) == (rule, place)


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan"), float("inf"), "1", None, True])
def test_odd_fraction(fraction: Any) -> None:
    """A fraction is a number from 0 to 1."""
    instance = two_sites(flows=[{"a": "train", "b": "chat", "gbps": 1}])
    rows = (
        FlowShare("train", "chat", "q1", "east", "east", 1),
        FlowShare("train", "chat", "q2", "east", "east", 1),
        FlowShare("train", "chat", "q2", "west", "west", fraction),
    )
    breach = only_breach(verdict_of(instance, *SOUND.placements, flows=rows))
    assert (breach.rule, breach.place) == ("flows", "flows[2]")


def test_repeated_rows() -> None:
    """A row that repeats another, in any table, is a breach."""
    instance = two_sites(train={"unserved_usd": 1, "sync": SYNC})
    twice = {"unserved": ("train", "train"), "hubs": (Hub("chat", "q1", "east"),) * 2}
    verdict = verdict_of(instance, *CHAT_EAST, **twice)
    assert {"unserved[1]", "hubs[1]"} <= {breach.place for breach in verdict.breaches}


NAMES = st.sampled_from(["train", "chat", "q1", "q2", "east", "west", "east-h100", "west-b200"])
ODD = st.one_of(NAMES, st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=3))
NUMBERS = st.one_of(st.integers(-1, 5), ODD)
JOBS, TIMES = st.sampled_from(["train", "chat"]), st.sampled_from(["q1", "q2"])
SITES = st.sampled_from(["east", "west"])
OFFERS = st.sampled_from(["east-h100", "west-h100", "west-b200"])
LAYOUTS = st.builds(
    Layout,
    placements=st.lists(st.builds(Placement, JOBS, TIMES, NUMBERS, OFFERS, NUMBERS)).map(tuple),
    hubs=st.lists(st.builds(Hub, JOBS, TIMES, SITES | ODD)).map(tuple),
    flows=st.lists(
        st.builds(FlowShare, JOBS, JOBS, TIMES, SITES, SITES | ODD, st.floats(0, 1) | ODD)
    ).map(tuple),
    buyouts=st.lists(ODD).map(tuple),
    unserved=st.lists(JOBS | ODD).map(tuple),
)
BUSY = two_sites(
    train={"sync": SYNC, "move_usd_per_shard": 1, "staging_usd": {"west": 1}},
    chat={"unserved_usd": 3},
    flows=[{"a": "train", "b": "chat", "gbps": 1, "usd_per_ms_hour": 1}],
    contracts=[
        {"name": "first", "type": "first_refusal", "holder": "beta", "accepts_gpus": [1, 2]},
        {"name": "part", "type": "share", "regions": ["us"], "max": 0.5, "buyout_usd": 1},
    ],
)


@given(LAYOUTS)
def test_total(layout: Layout) -> None:
    """Whatever the rows are, there is a verdict, and its costs are figures."""
    verdict = check_layout(BUSY, layout)
    assert verdict.objective_usd == pytest.approx(sum(verdict.costs.values()))
    assert str(verdict)


def test_extreme_figures() -> None:
    """Figures at the ends of what an instance allows do not stop the checker."""
    sync = {"gb": 1e12, "every_s": 1e-300, "gbps": 1e-300, "usd_per_gpu_hour": 1e12}
    instance = two_sites(
        train={"sync": sync},
        network={"cross_provider": {"gbps": 1e-300, "usd_per_gb": 1e12}},
        periods=[{"name": "q1", "hours": 1e12}, {"name": "q2", "hours": 1e-300}],
    )
    verdict = verdict_of(
        instance,
        *TRAIN_SPLIT,
        *CHAT_EAST,
        hubs=(Hub("train", "q1", "east"), Hub("train", "q2", "east")),
    )
    # All 8 GPUs wait for all of the time: 8 * 1e12 h * 1e12 USD.
    assert verdict.costs["stall"] == pytest.approx(8e24)


def test_verdict_shows_names_safely() -> None:
    """Names reach text and HTML without steering the reader's terminal or browser."""
    name = "<b>\u202etrain"
    job = {"name": name, "options": [{"gpu_type": "h100", "shards": 1, "gpus_per_shard": 1}]}
    verdict = check_layout(two_sites(jobs=[job]), Layout())
    assert "\\u202e" in str(verdict)
    assert "\u202e" not in str(verdict)
    assert "<b>" not in verdict._repr_html_()
    assert "&lt;b&gt;" in verdict._repr_html_()


def test_verdict_frame() -> None:
    """The breaches as a table have a row each, with figure and limit."""
    frame = check_layout(two_sites(east_h100={"gpus": 9}), SOUND).to_frame()
    assert list(frame.columns) == ["rule", "place", "message", "figure", "limit"]
    assert frame[["rule", "figure", "limit"]].to_numpy().tolist() == [["offers", 10, 9]] * 2


def test_verdict_in_a_line() -> None:
    """A verdict says in its first line whether the plan is valid, and what it costs."""
    assert str(check_layout(INSTANCE, SOUND)) == "valid: USD 6,000"
