"""Scenarios: what changes an instance, and grids of changes."""

from __future__ import annotations

from pathlib import Path

import pytest

import gpualloc
from gpualloc.batches import Scenario, grid
from gpualloc.errors import InstanceError, UsageError
from gpualloc.instance.scenarios import Change, parse_grid
from tests.batches.support import cost_usd, small_tables
from tests.small_plan import small_instance


def only(*changes: Change) -> gpualloc.Instance:
    """The small instance with these changes."""
    return Scenario(changes).apply(small_instance())


def test_a_grid_is_every_combination() -> None:
    """Two values times two factors are four scenarios, in order; dropping is in all of them."""
    scenarios = parse_grid(["sync_weight=0.5,1"], ["offers.gpus=0.8,1.5"], ["pledge"], False)
    assert [str(scenario) for scenario in scenarios] == [
        f'sync_weight={weight}, offers.gpus*{factor}, without "pledge"'
        for weight in ("0.5", "1")
        for factor in ("0.8", "1.5")
    ]


def test_the_base_comes_first_and_once() -> None:
    """`base` adds the instance as it is; without changes that is all there is."""
    assert [str(each) for each in parse_grid(["sync_weight=2"], [], [], True)] == [
        "",
        "sync_weight=2",
    ]
    assert [str(each) for each in parse_grid([], [], [], True)] == [""]


def test_set_changes_the_head_a_column_and_a_row() -> None:
    """A path means a figure of the head, all rows of a table, one row by name, or what it holds."""
    changed = only(
        Change("set", "sync_weight", 2),
        Change("set", "offers.usd_per_gpu_hour", 5),
        Change("set", "data_centers[abilene].pue", 1.5),
        Change("set", "jobs[llama].sync.gbps", 50),
        Change("set", "network.cross_provider.gbps", 10),
        Change("set", "contracts[pledge].usd", 7),
    )
    assert changed.sync_weight == 2
    assert [offer.usd_per_gpu_hour for offer in changed.offers] == [5, 5]
    assert [site.pue for site in changed.data_centers] == [1.5, 1.0]
    assert changed.jobs[0].sync is not None
    assert changed.jobs[0].sync.gbps == 50
    assert changed.network.cross_provider is not None
    assert changed.network.cross_provider.gbps == 10
    assert changed.contracts[0].usd == 7  # type: ignore[attr-defined]


def test_scaling_rounds_whole_figures_down_and_keeps_null() -> None:
    """0.29 of 600 and 1,000 GPUs are 174 and 290; MW per period are scaled each; null stays."""
    changed = only(
        Change("scale", "offers.gpus", "0.29"), Change("scale", "data_centers.power_mw", "2")
    )
    assert [offer.gpus for offer in changed.offers] == [174, 290]
    assert [site.power_mw for site in changed.data_centers] == [(1.5, 3.0), None]


def test_scaled_decimals_are_those_of_the_text() -> None:
    """0.29 of 100 is 29, though 0.29 * 100 is below it in binary arithmetic."""
    tables = small_tables()
    tables["offers"][0]["gpus"] = 100
    (scenario,) = grid(scale_by={"offers.gpus": [0.29]})
    assert scenario.apply(gpualloc.Instance.from_dict(tables)).offers[0].gpus == 29


def test_dropping_a_contract() -> None:
    """The contract is gone, the others stay."""
    changed = only(Change("drop", "pledge"))
    assert [contract.name for contract in changed.contracts] == ["bulk", "apart"]


def test_values_are_json_or_text() -> None:
    """Lists, null and names with commas in quotes are taken as JSON, the rest as text."""
    cases = {
        "offers.gpus=[1,2],[3,4]": [[1, 2], [3, 4]],
        "data_centers.power_mw=null,1": [None, 1],
        "jobs.start=Q1,Q2": ["Q1", "Q2"],
        'jobs.start="a,b",c': ['"a', 'b"', "c"],
        'jobs.start="a,b","c"': ["a,b", "c"],
        "offers[a=b].gpus=1": [1],
        "sync_weight=NaN": ["NaN"],
    }
    for text, values in cases.items():
        found = parse_grid([text], [], [], False)
        assert [scenario.changes[0].value for scenario in found] == values


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("sync_weight", "PATH=VALUE"),
        ("sync_weight=", "PATH=VALUE"),
        ("=1", "PATH=VALUE"),
        ("sync_wieght=1", 'did you mean "sync_weight"?'),
        ("offers=1", "a column is needed"),
        ("offers.gpu=1", "is not a column of offers"),
        ("offers.gpus.=1", "is not a path"),
        ("offers..gpus=1", "is not a path"),
        ("sync_weight.x=1", "a column is needed"),
        ("network.link=1", "is not a column of network"),
    ],
)
def test_paths_that_lead_nowhere_are_refused(option: str, words: str) -> None:
    """What no instance can have is told before anything is solved."""
    with pytest.raises(UsageError, match=words.replace("?", r"\?")):
        parse_grid([option], [], [], False)


@pytest.mark.parametrize("factor", ["-1", "x", "NaN", "true", "1e13"])
def test_factors_are_numbers_from_zero(factor: str) -> None:
    """A factor that is negative, too large or no number is refused."""
    with pytest.raises(UsageError, match="no factor"):
        parse_grid([], [f"offers.gpus={factor}"], [], False)


def test_a_path_twice_is_refused() -> None:
    """Two options for one path would contradict each other."""
    with pytest.raises(UsageError, match="given twice"):
        parse_grid(["sync_weight=1", "sync_weight=2"], [], [], False)


def test_what_the_instance_lacks_is_told() -> None:
    """A contract or row that is not there, and a figure out of bounds, are told by name."""
    with pytest.raises(UsageError, match='no contract "x" to drop'):
        only(Change("drop", "x"))
    with pytest.raises(UsageError, match="has no such figure"):
        only(Change("set", "offers[x].gpus", 1))
    with pytest.raises(InstanceError, match=r"offers\[0\]\.gpus.*-1 is below 0"):
        only(Change("set", "offers.gpus", -1))
    with pytest.raises(UsageError, match="cannot be scaled"):
        only(Change("scale", "offers.gpu_type", "2"))


def test_scenarios_are_solved_each(tmp_path: Path) -> None:
    """Prices doubled cost twice as much; a figure out of bounds is invalid, with its place."""
    instance = gpualloc.Instance.from_dict(small_tables(0))
    scenarios = grid(set_to={"offers.usd_per_gpu_hour": [1, 2, -1]}, base=True)
    results = {
        each.scenario: each
        for each in gpualloc.batch(instance, tmp_path, scenarios=scenarios, workers=1)
    }
    costs = [each.outcome.objective_usd for each in results.values() if each]
    assert costs == pytest.approx([cost_usd(0), cost_usd(0), 2 * cost_usd(0)])
    bad = results["offers.usd_per_gpu_hour=-1"]
    assert (bad.label, bad.outcome.faults[0].place) == ("invalid", "offers[0].usd_per_gpu_hour")
    plan = results["offers.usd_per_gpu_hour=2"].plan
    assert plan is not None
    assert gpualloc.check(scenarios[2].apply(instance), plan)


def test_a_scenario_is_read_from_words() -> None:
    """Each kind of change is written in words; what cannot be understood is told."""
    text = "set sync_weight=2; scale offers.gpus=0.8; drop pledge; lose abilene; delay abilene=2"
    assert str(Scenario.parse(text)) == (
        'sync_weight=2, offers.gpus*0.8, without "pledge", without "abilene", '
        '"abilene" 2 periods late'
    )
    for wrong in ("loose abilene", "lose", "delay abilene=soon", "set sync_weight=1,2", "scale x"):
        with pytest.raises(UsageError):
            Scenario.parse(wrong)


def test_a_lost_data_center_has_no_gpus() -> None:
    """All offers of the data center hold none in any period; those elsewhere stay as they are."""
    before, changed = small_instance(), only(Change("lose", "abilene"))
    for old, new in zip(before.offers, changed.offers, strict=True):
        assert new.gpus == (0 if old.data_center == "abilene" else old.gpus)
    with pytest.raises(UsageError, match="there is no data center"):
        only(Change("lose", "abileen"))


def test_a_late_data_center_keeps_what_it_has_at_first() -> None:
    """10, 20, 30 one period late is 10, 10, 20; three or more late is 10 throughout."""
    tables = small_tables()
    tables["periods"] = [{"name": name, "hours": 1} for name in "abc"]
    tables["offers"][0]["gpus"] = [10, 20, 30]
    site = tables["offers"][0]["data_center"]
    for periods, expected in ((1, [10, 10, 20]), (2, [10, 10, 10]), (7, [10, 10, 10])):
        changes = (Change("delay", site, periods),)
        late = Scenario(changes).apply(gpualloc.Instance.from_dict(tables))
        assert list(late.offers[0].gpus) == expected  # type: ignore[arg-type]
