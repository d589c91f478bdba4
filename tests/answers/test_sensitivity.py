"""What a little more would save: marginal values by hand, steps against enumeration."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gpualloc
from gpualloc.answers.sensitivity_report import EFFECT_WORDS, Sensitivity, sensitivity
from gpualloc.engines.backends import Settings
from gpualloc.engines.backends.duals import solve_duals
from gpualloc.errors import PlanFileError, UsageError
from gpualloc.formulation.problem import Problem, build_matrix
from gpualloc.instance import Instance
from gpualloc.solving import solve
from tests.answers.test_worth import holds
from tests.oracle import enumerate_plans
from tests.tiny import FOCI, tiny_instance
from tests.tiny.scale import Data

ROOT = Path(__file__).parents[2]
FOCUSES = (None, *FOCI)
BLOCKS, BLOCK = 4, 25
"""With 17 focuses, 17 instances in every run and 1,700 more under the slow marker."""

HOURS = 100


def felt(instance: Instance, **settings: Any) -> Sensitivity:
    """The sensitivity of an instance, found in this process."""
    return sensitivity(instance, threads=1, isolate=False, **settings)


def toy(**site: Any) -> Data:
    """A hundred shards of one GPU; near has 60 GPUs at 1 USD, far has plenty at 3 USD."""
    return {
        "format": 1,
        "name": "toy",
        "periods": [{"name": "q1", "hours": HOURS}],
        "gpu_types": [{"name": "H100", "kw": 2}],
        "providers": [{"name": "Near"}, {"name": "Far"}],
        "data_centers": [
            {"name": "near", "provider": "Near", "region": "r", "latitude": 0, "longitude": 0}
            | site,
            {"name": "far", "provider": "Far", "region": "r", "latitude": 1, "longitude": 0},
        ],
        "offers": [
            _offer("near", gpus=60, usd_per_gpu_hour=1),
            _offer("far", gpus=1000, usd_per_gpu_hour=3),
        ],
        "network": {"same_provider": None, "cross_provider": {"gbps": 1000}, "links": []},
        "jobs": [_job("job")],
        "flows": [],
        "contracts": [],
    }


def _offer(site: str, **figures: Any) -> dict[str, Any]:
    return {"name": f"{site} H100", "data_center": site, "gpu_type": "H100", **figures}


def _job(name: str, **columns: Any) -> dict[str, Any]:
    option = {"gpu_type": "H100", "shards": 100, "gpus_per_shard": 1}
    return {"name": name, "options": [option], **columns}


def tied(**site: Any) -> Data:
    """The toy with room for all at near, and 10 Gbit/s between the job and one that is at far."""
    data = toy(**site)
    data["offers"][0]["gpus"] = 1000
    data["jobs"].append(_job("partner", data_centers=["far"]))
    data["flows"].append({"a": "job", "b": "partner", "gbps": 10})
    return data


def marginal_of(data: Data, kind: str) -> float:
    """The one marginal value of a kind."""
    found = [row for row in felt(Instance.from_dict(data)).rows if row.kind == kind]
    assert len(found) == 1
    return found[0].usd_per_unit


def test_a_gpu_more_saves_the_difference_of_prices() -> None:
    """A GPU more at near takes the place of one at far, for all hours."""
    # near is full with 60 of 100 shards; (3 - 1) USD x 100 hours.
    assert marginal_of(toy(), "offers") == pytest.approx(200)


def test_a_megawatt_more_saves_what_it_feeds() -> None:
    """A MW more at near feeds 500 GPUs of 2 kW there, each for 2 USD less than at far."""
    # 1000 kW / 2 kW = 500 GPUs x (3 - 1) USD x 100 hours; 0.1 MW feeds only 50 of the 60 GPUs.
    assert marginal_of(toy(power_mw=0.1), "power") == pytest.approx(100_000)


def test_a_dollar_more_in_a_cap_saves_what_it_moves() -> None:
    """A dollar more to spend at near replaces three at far."""
    data = toy()
    data["contracts"] = [
        {"name": "budget", "type": "spend_cap", "providers": ["Near"], "usd": 5000}
    ]
    # 5000 USD buy 50 of the 60 GPUs for 100 hours; each dollar there saves 3 and costs 1.
    assert marginal_of(data, "spend_cap") == pytest.approx(2)


def test_bandwidth_more_saves_what_it_lets_go() -> None:
    """A Gbit/s more lets a tenth of the job's 100 GPUs go to near, over link and uplink alike."""
    # The flow crosses with 10 Gbit/s times the job's share at near; 5 Gbit/s hold it at a half.
    # 10 GPUs x (3 - 1) USD x 100 hours.
    over_link = tied()
    over_link["network"]["cross_provider"]["gbps"] = 5
    assert marginal_of(over_link, "links") == pytest.approx(2000)
    assert marginal_of(tied(uplink_gbps=5), "uplinks") == pytest.approx(2000)


def test_data_volume_more_saves_what_it_lets_go() -> None:
    """A TB more is as much as it holds of the Gbit/s that move it."""
    # A Gbit/s moves 450 GB an hour, 45 TB in 100 hours, and is worth 2000 USD.
    assert marginal_of(tied(transfer_tb=225), "transfer") == pytest.approx(2000 / 45)


def test_what_is_not_scarce_is_left_out() -> None:
    """Where all fits at near, nothing is scarce, and the text says so."""
    data = toy()
    data["offers"][0]["gpus"] = 100
    found = felt(Instance.from_dict(data))
    assert found.rows == ()
    assert "nothing is scarce" in str(found)


def test_periods_are_summed_and_named() -> None:
    """A value is for all periods, and those in which the thing is scarce are named."""
    data = toy()
    data["periods"].append({"name": "q2", "hours": 50})
    data["jobs"][0]["move_usd_per_shard"] = 0
    data["offers"][0]["gpus"] = [60, 100]
    (row,) = felt(Instance.from_dict(data)).rows
    assert (row.place, row.scarce_in) == ("near H100", "q1")
    assert row.usd_per_unit == pytest.approx(200)


def test_marginal_values_are_told_as_rates() -> None:
    """The text says what the figures are, in words without duals."""
    text = str(felt(Instance.from_dict(toy())))
    assert "GPU on offer near H100" in text
    assert "rates at this plan" in text
    assert "dual" not in text


def random_step(data: Data, rng: random.Random) -> tuple[str, Data]:
    """A step of some GPUs, MW or USD in a tiny instance, and the instance after it."""
    after = copy.deepcopy(data)
    offer = rng.choice(after["offers"])
    sites = [row for row in after["data_centers"] if row.get("power_mw") is not None]
    if sites and rng.random() < 0.4:
        site = rng.choice(sites)
        site["power_mw"] = _plus(site["power_mw"], 0.01)
        return f"power_mw[{site['name']}]=+0.01", after
    if rng.random() < 0.3:
        offer["usd_per_gpu_hour"] = _plus(offer["usd_per_gpu_hour"], -0.5)
        return f"usd_per_gpu_hour[{offer['name']}]=-0.5", after
    offer["gpus"] = _plus(offer["gpus"], 8)
    return f"gpus[{offer['name']}]=+8", after


def _plus(figure: Any, more: float) -> Any:
    if isinstance(figure, list):
        return [_plus(part, more) for part in figure]
    return figure + more if isinstance(more, int) else round(figure + more, 6)


def hold_to_enumeration(data: Data, seed: int, gap: float) -> None:
    """Assert that a step saves what enumeration says, within its interval."""
    step, changed = random_step(data, random.Random(seed))
    (row,) = felt(Instance.from_dict(data), steps=[step], gap=gap).steps
    before, after = enumerate_plans(data).objective, enumerate_plans(changed).objective
    if before is None or after is None:
        effects = {(True, True): "hopeless", (True, False): "enables", (False, True): "prevents"}
        assert row.effect == effects[before is None, after is None]
        return
    truth = float(before - after)
    assert holds(row.saved, truth)
    hair = 1e-5 * max(1.0, abs(float(before)))
    assert row.effect != "saves" or truth > -hair
    assert row.effect != "costs" or truth < hair
    assert row.effect != "nothing" or abs(truth) < hair


@pytest.mark.parametrize("focus", FOCUSES)
def test_steps_agree_with_enumeration(focus: str | None) -> None:
    """What a step saves is what enumeration says, and lies in the interval where there is a gap."""
    hold_to_enumeration(tiny_instance(1, focus), 1, gap=1e-6)
    hold_to_enumeration(tiny_instance(1, focus), 1, gap=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
@pytest.mark.parametrize("focus", FOCUSES)
def test_steps_agree_at_length(focus: str | None, block: int) -> None:
    """The same on many more instances."""
    first = 100 + block * BLOCK
    for seed in range(first, first + BLOCK):
        hold_to_enumeration(tiny_instance(seed, focus), seed, gap=(1e-6, 0.3)[seed % 2])


def test_a_step_is_solved_exactly() -> None:
    """Ten GPUs more at near save ten times the marginal value, a hundred only what is used."""
    # 40 shards are at far: 10 x 200 USD and 40 x 200 USD.
    rows = felt(Instance.from_dict(toy()), steps=["gpus[near H100]=+10", "gpus[near H100]=+100"])
    assert [row.saved.best for row in rows.steps] == [pytest.approx(2000), pytest.approx(8000)]
    assert "saves 2,000 USD" in str(rows)


def test_steps_make_a_plan_possible_or_impossible() -> None:
    """50 MW more give the shipped instance a plan, and 49.9 do not; fewer GPUs take one away."""
    short = gpualloc.read(ROOT / "instances/infeasible-power.json")
    steps = ["power_mw[memphis]=+50", "power_mw[memphis]=+49.9", "power_mw[memphis, 2025Q4]=+50"]
    found = felt(short, steps=steps)
    assert [row.effect for row in found.steps] == ["enables", "hopeless", "enables"]
    assert "makes a plan possible" in str(found)
    assert not found
    (row,) = felt(Instance.from_dict(toy()), steps=["gpus[far H100]=-961"]).steps
    assert row.effect == "prevents"


def test_more_room_never_costs() -> None:
    """A gap leaves open how much more room saves, but not that it costs nothing."""
    (row,) = felt(Instance.from_dict(toy()), steps=["gpus[near H100]=+10"], gap=0.9).steps
    assert row.saved.low is not None
    assert row.saved.low >= 0


def test_a_plan_at_hand_is_used() -> None:
    """The given plan is the one that the values hold at, and one of another instance is refused."""
    instance = Instance.from_dict(toy())
    plan = solve(instance, isolate=False)
    assert felt(instance, plan=plan).plan.layout is plan.layout
    with pytest.raises(PlanFileError, match="was made for"):
        felt(Instance.from_dict(toy(pue=1.1)), plan=plan)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("more power", "is not a step such as"),
        ("gpus[near H100]=10", "is not a step such as"),
        ("gpus[near H100]=+1e999", "is not a step such as"),
        ("gpu[near H100]=+1", 'no table has a column "gpu"; did you mean "gpus"'),
        ("gpus[nearer H100]=+1", 'no row "nearer H100" has a figure gpus; did you mean'),
        ("gbps[near, nowhere]=+1", "no row"),
        ("name[near]=+1", "no row"),
        ("power_mw[near]=+1", "there is no limit"),
        ("gpus[near H100]=-61", "the figure is 60, less than the step"),
        ("gpus[near H100]=+0.5", "GPUs are whole"),
    ],
)
def test_wrong_steps_are_refused(step: str, message: str) -> None:
    """A step that cannot be read or made is refused with what is allowed, before any solve."""
    with pytest.raises(UsageError, match=message):
        felt(Instance.from_dict(toy()), steps=[step])


def test_names_may_hold_what_steps_are_made_of() -> None:
    """Names with brackets, commas and signs are found, and so are periods and links."""
    data = toy()
    data["data_centers"][0] |= {"name": "a, b]=+1", "power_mw": 0.1}
    data["offers"][0]["data_center"] = "a, b]=+1"
    found = felt(
        Instance.from_dict(data),
        steps=[
            "power_mw[a, b]=+1]=+0.01",
            "power_mw[a, b]=+1, q1]=+0.01",
            "gbps[a, b]=+1, far]=+1",
        ],
    )
    # 10 kW more feed 5 GPUs of 2 kW; a link has nothing to carry.
    assert [row.saved.best for row in found.steps] == [1000, 1000, 0]
    assert [row.effect for row in found.steps] == ["saves", "saves", "nothing"]


def test_tables_tell_the_same() -> None:
    """The tables and the JSON object have the marginal values and the steps."""
    found = felt(Instance.from_dict(toy()), steps=["gpus[near H100]=+10"])
    assert found.to_frame()["usd_per_unit"].tolist() == [pytest.approx(200)]
    assert found.steps_frame()["saved_usd"].tolist() == [pytest.approx(2000)]
    document = found.document()
    assert document["marginal"][0]["place"] == "near H100"
    assert document["steps"][0]["saved_low_usd"] == pytest.approx(2000)
    assert EFFECT_WORDS.keys().isdisjoint({"saves", "costs", "open"})


def problem_of(row_upper: list[float]) -> Problem:
    """Minimize -3 x - y with 2 x + y <= 4 and x <= the second limit, both at least 0."""
    matrix = build_matrix(
        np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([2.0, 1.0, 1.0]), rows=2, columns=2
    )
    return Problem(
        lower=np.zeros(2),
        upper=np.full(2, 10.0),
        cost=np.array([-3.0, -1.0]),
        integer=np.array([True, False]),
        matrix=matrix,
        row_lower=np.full(2, -np.inf),
        row_upper=np.array(row_upper),
        strict=np.zeros(2, dtype=bool),
    )


def test_duals_are_what_a_unit_more_changes() -> None:
    """Duals are the change of the least cost, whole numbers let go; without a point none are."""
    # x = 1 and y = 2: a unit more of the first row is one y, -1; of the second x less two y, -1.
    assert solve_duals(problem_of([4, 1]), Settings()) == pytest.approx([-1, -1])
    assert solve_duals(problem_of([-1, 1]), Settings()) is None
