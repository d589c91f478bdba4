"""A plan tells what is known, and raises where it is asked for what it does not have."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gpualloc.errors import InternalError, NoPlanError, PlanFileError
from gpualloc.layout import Layout
from gpualloc.plan.checker import check, check_layout
from gpualloc.plan.plan import Plan, make_no_plan, make_plan
from tests.small_plan import OBJECTIVE_USD, small_instance, small_layout, small_plan


def no_plan(bound_usd: float | None = None) -> Plan:
    """A result that proves nothing but, if given, a bound."""
    return make_no_plan(
        small_instance(),
        status="unknown",
        bound_usd=bound_usd,
        stopped_by="time",
        seconds=2.0,
        engine="exact",
        seed=0,
    )


def test_plan_costs_what_the_checker_says() -> None:
    """The objective and every cost line are the figures worked out by hand."""
    plan = small_plan()
    assert plan.objective_usd == OBJECTIVE_USD
    assert plan.costs is not None
    paid = {line: usd for line, usd in plan.costs.items() if usd}
    assert paid == {
        "compute": 720_000,
        "fixed": 500,
        "energy": 9_000,
        "unserved": 1_000,
        "commitments": 40_000,
        "discounts": -6_000,
        "buyouts": 200,
    }
    assert check(small_instance(), plan)


@pytest.mark.parametrize(
    ("bound_usd", "status"),
    [
        (OBJECTIVE_USD, "optimal"),
        # 764,700 x 1e-6 = 0.7647: a bound lower by less is within the optimal gap.
        (OBJECTIVE_USD - 0.76, "optimal"),
        (OBJECTIVE_USD - 0.77, "feasible"),
        (None, "feasible"),
        (-math.inf, "feasible"),
    ],
)
def test_status_follows_from_gap(bound_usd: float | None, status: str) -> None:
    """A plan is optimal if its proven gap is at most 1e-6, and feasible otherwise."""
    assert small_plan(bound_usd=bound_usd).status == status


def test_gap_is_relative_to_objective() -> None:
    """The gap is what the bound leaves open, as a part of the objective."""
    # 764,700 x 0.9 = 688,230 leaves a tenth.
    assert small_plan(bound_usd=688_230).gap == pytest.approx(0.1)


def test_missing_bound_leaves_no_gap() -> None:
    """Minus infinity is no proven bound: both bound and gap are None."""
    plan = small_plan(bound_usd=-math.inf)
    assert (plan.bound_usd, plan.gap) == (None, None)


def test_bound_above_by_rounding_is_lowered() -> None:
    """A bound above the objective by rounding alone becomes the objective."""
    plan = small_plan(bound_usd=OBJECTIVE_USD * (1 + 1e-10))
    assert plan.bound_usd == OBJECTIVE_USD
    assert plan.gap == 0


@pytest.mark.parametrize("bound_usd", [OBJECTIVE_USD * 1.00001, math.inf, math.nan])
def test_impossible_bound_is_an_internal_error(bound_usd: float) -> None:
    """A bound above the cost of a valid plan is a contradiction, and no figure to hand out."""
    with pytest.raises(InternalError):
        small_plan(bound_usd=bound_usd)


def test_invalid_plan_is_never_handed_out() -> None:
    """A plan that the checker refuses becomes an internal error with the checker's words."""
    instance, layout = small_instance(), small_layout()._replace(unserved=())
    with pytest.raises(InternalError, match="probe"):
        make_plan(
            instance,
            layout,
            check_layout(instance, layout),
            bound_usd=None,
            stopped_by="time",
            seconds=1.0,
            engine="exact",
            seed=0,
        )


def test_rows_come_in_the_order_of_the_instance() -> None:
    """However an engine lists its rows, the plan has them by job, period and offer."""
    instance, layout = small_instance(), small_layout()
    shuffled = layout._replace(placements=layout.placements[::-1], hubs=layout.hubs[::-1])
    plan = make_plan(
        instance,
        shuffled,
        check_layout(instance, shuffled),
        bound_usd=OBJECTIVE_USD,
        stopped_by="proof",
        seconds=1.25,
        engine="exact, HiGHS 1.16.0",
        seed=7,
    )
    assert plan == small_plan()


def test_result_without_plan_is_false_and_keeps_its_bound() -> None:
    """No plan is None and False, never an empty plan; a proven bound stays."""
    result = no_plan(bound_usd=1000.0)
    assert not result
    assert not result.has_plan
    assert (result.objective_usd, result.gap, result.costs) == (None, None, None)
    assert result.bound_usd == 1000


def test_plan_is_true() -> None:
    """A result with a plan is true."""
    assert small_plan()


@pytest.mark.parametrize(
    "figure",
    ["layout", "placements", "hubs", "flows", "costs_frame", "offer_use", "power_use", "usage"],
)
def test_asking_for_a_plan_that_is_not_there_raises(figure: str) -> None:
    """Every figure of a plan raises `NoPlanError` with the status where there is no plan."""
    with pytest.raises(NoPlanError, match="unknown"):
        getattr(no_plan(), figure)


def test_use_needs_the_instance() -> None:
    """Figures of use tell how to join the instance when it is not there."""
    with pytest.raises(NoPlanError, match="bind"):
        _ = replace(small_plan(), instance=None).offer_use


def test_bind_refuses_another_instance() -> None:
    """A plan is bound to the very instance that it was made for, by hash."""
    with pytest.raises(PlanFileError, match="made for"):
        small_plan().bind(small_instance(sync_weight=2))


def test_bind_joins_the_instance() -> None:
    """A plan bound to its instance tells its use again."""
    plan = replace(small_plan(), instance=None).bind(small_instance())
    assert plan.offer_use["used_gpus"].tolist() == [600, 600, 400, 400]


def test_placements_tell_where_and_what() -> None:
    """A bound plan's placements have GPUs, places and what they cost."""
    first = small_plan().placements.iloc[0]
    assert (first["gpus"], first["data_center"], first["provider"]) == (600, "abilene", "oracle")
    # 600 x 2 USD x 100 h for compute; 0.75 MW x 40 USD x 100 h for energy.
    assert first["usd"] == 120_000 + 3_000


def test_placements_without_instance_have_the_columns_of_the_file() -> None:
    """A plan that is not bound shows the rows of its file."""
    columns = replace(small_plan(), instance=None).placements.columns
    assert columns.tolist() == ["job", "period", "option", "offer", "shards"]


def test_power_use_by_period() -> None:
    """Power is drawn against the limit of each period; no limit leaves limit and share empty."""
    power = small_plan().power_use.set_index(["data_center", "period"])
    # 600 GPUs x 1 kW x 1.25 = 0.75 MW of 0.75 in Q1 and of 1.5 in Q2; fairwater: 400 x 1 kW.
    assert power.loc[("abilene", "Q1"), "share"] == 1
    assert power.loc[("abilene", "Q2"), "share"] == 0.5
    assert power.loc[("fairwater", "Q1"), "used_mw"] == pytest.approx(0.4)
    assert power["share"].isna().tolist() == [False, False, True, True]


def test_network_use() -> None:
    """A spoke reserves its rate on link and uplink, and its exchanges count as transfer."""
    plan = small_plan()
    # The spoke takes min(100, 100) Gbit/s: all of the link, a quarter of the 400 of the uplink.
    assert plan.link_use["share"].tolist() == [1, 1]
    assert plan.uplink_use["used_gbps"].tolist() == [100, 100, 100, 100]
    assert plan.uplink_use["share"].tolist()[:2] == [0.25, 0.25]
    # 2 x 10 GB every 60 s: 1,200 GB an hour, 120 TB in 100 hours, of 1,000 at fairwater.
    transfer = plan.transfer_use.set_index(["data_center", "period"])
    assert transfer.loc[("fairwater", "Q1"), "used_tb"] == pytest.approx(120)
    assert transfer.loc[("fairwater", "Q1"), "share"] == pytest.approx(0.12)


def test_costs_frame_sums_to_objective() -> None:
    """The cost lines as a table sum to the objective."""
    assert small_plan().costs_frame["usd"].sum() == OBJECTIVE_USD


def test_flows_use_the_words_of_the_file() -> None:
    """The table of flows names its ends `from` and `to`, also when it is empty."""
    columns = small_plan().flows.columns.tolist()
    assert columns == ["a", "b", "period", "from", "to", "fraction"]


def test_a_plan_that_serves_nothing_is_a_plan() -> None:
    """All jobs unserved is a plan with empty tables, not the absence of one."""
    tables = small_instance().to_dict()
    jobs = [{**job, "unserved_usd": 10} for job in tables["jobs"]]
    instance = small_instance(jobs=jobs, contracts=[])
    layout = Layout(unserved=("llama", "probe"))
    plan = make_plan(
        instance,
        layout,
        check_layout(instance, layout),
        bound_usd=20,
        stopped_by="proof",
        seconds=0.0,
        engine="exact",
        seed=0,
    )
    assert plan
    assert plan.objective_usd == 20
    assert plan.placements.empty
