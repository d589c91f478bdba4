"""What an instance may hold, and how its faults are told together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from instance_cases import faults_in, put, two_sites

from gpualloc.errors import InstanceError
from gpualloc.instance import Instance
from tests.operations import growth

WHOLE = "a whole number from 0 to 1e12 is allowed"
COUNT = "a whole number from 1 to 1e12 is allowed"

LINEAR = 2.2
"""By which factor work may grow when the size doubles."""


def test_the_valid_case_is_valid() -> None:
    """The data that the other tests break has no fault of its own."""
    assert Instance.from_dict(two_sites()).name == "two sites"


@pytest.mark.parametrize("table", ["gpu_types", "providers", "data_centers", "offers", "jobs"])
def test_a_table_that_must_have_rows(table: str) -> None:
    """A missing and an empty table are told once, not once for each reference into it."""
    missing = two_sites()
    del missing[table]
    assert faults_in(missing) == [f"{table}: is missing; at least one row is needed"]
    empty = put(two_sites(), table, [])
    assert faults_in(empty) == [f"{table}: is empty; at least one row is needed"]


def test_all_faults_are_found_at_once() -> None:
    """A bad row hides neither its other faults nor those of other rows and tables."""
    data = two_sites()
    put(data, "offers.0.gpus", -1)
    put(data, "offers.0.gpu_type", "H10")
    put(data, "jobs.0.options.1.shards", "4")
    put(data, "jobs.2.end", "Q3")
    put(data, "contracts.0.holder", "Azur")
    del data["jobs"][1]["options"]
    assert faults_in(data) == [
        f"offers[0].gpus: -1 is below 0; {WHOLE}",
        'offers[0].gpu_type: "H10" is not a GPU type; did you mean "H100"?',
        f'jobs[0].options[1].shards: "4" is text; {COUNT}',
        "jobs[1].options: is missing",
        'jobs[2].end: "Q3" is not a period; known: "Q1" and "Q2"',
        'contracts[0].holder: "Azur" is not a provider; did you mean "Azure"?',
    ]


def test_the_name_of_a_bad_row_counts_as_known() -> None:
    """A job with a fault is still a job to the flows that name it."""
    told = faults_in(put(two_sites(), "jobs.1.unserved_usd", "much"))
    assert len(told) == 1


def test_names_are_unique_within_their_table() -> None:
    """The second use of a name is told, with the row that had it first; other tables are free."""
    data = put(two_sites(), "offers.1.name", "atlanta H100")
    assert faults_in(data) == ['offers[1].name: "atlanta H100" is used twice; offers[0] has it too']
    Instance.from_dict(put(two_sites(), "offers.1.name", "abilene"))


def test_a_window_does_not_end_before_it_starts() -> None:
    """Jobs and contracts whose last period is before their first are refused."""
    data = put(put(two_sites(), "jobs.0.start", "Q2"), "jobs.0.end", "Q1")
    put(data, "contracts.0.start", "Q2")
    assert faults_in(data) == [
        'jobs[0].end: "Q1" is before the start "Q2"',
        'contracts[0].end: "Q1" is before the start "Q2"',
    ]


def test_a_flow_joins_jobs_with_the_same_periods() -> None:
    """Periods are compared by what they mean: a missing end is the last period."""
    assert faults_in(put(two_sites(), "jobs.2.start", None)) == [
        'flows[0]: joins "chat" ("Q2" to "Q2") and "search" ("Q1" to "Q2"); '
        "the periods must be the same"
    ]


def test_a_pair_has_one_link() -> None:
    """A second link for a pair is refused, also with its ends exchanged."""
    data = two_sites()
    data["network"]["links"].append({"a": "abilene", "b": "atlanta", "gbps": 1})
    assert faults_in(data) == [
        'network.links[1]: joins "abilene" and "atlanta", as network.links[0] does; '
        "a pair has one link"
    ]


def with_faulty_jobs(number: int) -> dict[str, Any]:
    """The valid case with jobs that lack gpus_per_shard and name an unknown type each."""
    data = two_sites()
    data["jobs"] += [
        {"name": f"job {at}", "options": [{"gpu_type": f"type {at}", "shards": 1}]}
        for at in range(number)
    ]
    return data


def test_many_faults_are_counted_not_listed() -> None:
    """After a hundred faults only their number is told."""
    told = faults_in(with_faulty_jobs(5000))
    # Two faults in each of the 5,000 jobs.
    assert (len(told), told[-1]) == (101, "and 9,900 more faults")


def test_finding_faults_takes_work_in_proportion() -> None:
    """Twice as many faults take about twice the work, not four times."""

    def work_of(number: int) -> Callable[[], object]:
        data = with_faulty_jobs(number)
        return lambda: faults_in(data)

    assert growth(work_of, 400) < LINEAR


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_what_is_not_an_object_is_no_instance(data: Any) -> None:
    """Anything but an object is refused as a whole."""
    (fault,) = faults_in(data)
    assert fault.endswith("is not an instance; an object with tables is")


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "<script>", "../x", "a\u202eb", "[bold]", " ", "é" * 128, "💡"]
)
def test_odd_names_are_names(name: str) -> None:
    """Any text of 1 to 128 characters without control characters is a name and stays as it is."""
    assert Instance.from_dict(put(two_sites(), "jobs.0.name", name)).jobs[0].name == name


@pytest.mark.parametrize(
    ("tag", "misspelled"),
    [
        ("training", False),
        ("trainning", True),
        ("Training", True),
        ("wave-12", True),
        ("wave-3", False),
        ("next year", False),
    ],
)
def test_a_tag_that_no_job_has_may_be_for_later(tag: str, misspelled: bool) -> None:
    """A contract may cover a tag that no job has yet, unless it looks like a tag that one has."""
    data = put(two_sites(), "jobs.0.tags", ["training", "new", "wave-1", "wave1-2"])
    data["contracts"][0]["jobs"] = [tag]
    if misspelled:
        assert "contracts[0].jobs[0]" in faults_in(data)[0]
    else:
        assert Instance.from_dict(data).contracts[0].jobs == (tag,)


def test_messages_are_safe_to_print() -> None:
    """Control and direction characters are escaped, and long names cut."""
    told = faults_in(put(two_sites(), "jobs.0.options.0.gpu_type", "\u202e" + "x" * 100))
    assert "\u202e" not in told[0]
    assert "\\u202e" in told[0]
    assert "..." in told[0]
    assert len(told[0]) < 200


def test_whole_numbers_may_be_written_with_a_point() -> None:
    """1000.0 is the whole number 1000, and a figure is kept as a float."""
    instance = Instance.from_dict(put(two_sites(), "jobs.0.options.0.gpus_per_shard", 4096.0))
    size = instance.jobs[0].options[0].gpus_per_shard
    assert (size, type(size)) == (4096, int)
    assert type(instance.periods[0].hours) is float


def test_numbers_of_numpy_are_numbers() -> None:
    """Figures from arrays are taken and become Python's own."""
    data = put(two_sites(), "offers.0.gpus", np.int64(7))
    put(data, "offers.0.usd_per_gpu_hour", np.float64(2.5))
    offer = Instance.from_dict(data).offers[0]
    assert (type(offer.gpus), type(offer.usd_per_gpu_hour)) == (int, float)


def test_defaults_follow_the_specification() -> None:
    """An instance with nothing optional has one period of 730 hours and no limits or prices."""
    instance = Instance.from_dict(
        {
            "name": "least",
            "gpu_types": [{"name": "H100", "kw": 1.3}],
            "providers": [{"name": "p"}],
            "data_centers": [
                {"name": "d", "provider": "p", "region": "r", "latitude": 0, "longitude": 0}
            ],
            "offers": [
                {
                    "name": "o",
                    "data_center": "d",
                    "gpu_type": "H100",
                    "gpus": 8,
                    "usd_per_gpu_hour": 1,
                }
            ],
            "jobs": [
                {
                    "name": "j",
                    "options": [{"gpu_type": "H100", "shards": 1, "gpus_per_shard": 8}],
                }
            ],
        }
    )
    site, job = instance.data_centers[0], instance.jobs[0]
    assert [(period.name, period.hours) for period in instance.periods] == [("horizon", 730)]
    assert (instance.format, instance.description, instance.sync_weight) == (1, "", 1)
    assert (site.power_mw, site.pue, site.usd_per_mwh, site.transfer_tb) == (None, 1, 0, None)
    assert (job.tags, job.start, job.sync, job.current, job.regions) == ((), None, None, None, None)
    assert instance.network.same_provider is None
    assert instance.network.links == ()


def test_an_instance_never_changes() -> None:
    """Assigning to a record is refused; `replace` gives a validated copy."""
    instance = Instance.from_dict(two_sites())
    with pytest.raises(ValueError, match="frozen"):
        instance.name = "other"
    assert instance.replace(contracts=[]).contracts == ()
    assert len(instance.contracts) == 2
    with pytest.raises(InstanceError, match=r"jobs: is empty"):
        instance.replace(jobs=[])


def test_faults_name_their_source() -> None:
    """The file or `instance` stands before each fault."""
    data = put(two_sites(), "offers.0.gpus", -1)
    with pytest.raises(InstanceError, match=r"^fleet\.json: offers\[0\]\.gpus: "):
        Instance.from_dict(data, source="fleet.json")
    with pytest.raises(InstanceError, match=r"^instance: offers"):
        Instance(**data)


def large_tables(sites: int) -> dict[str, Any]:
    """Data centers, three offers and five jobs for each, over eight periods, without a fault."""
    figures = [float(at) for at in range(8)]
    return {
        "name": "large",
        "periods": [{"name": f"q{at}", "hours": 2190} for at in range(8)],
        "gpu_types": [{"name": "H100", "kw": 1.3}],
        "providers": [{"name": "p"}],
        "data_centers": [
            {
                "name": f"d{at}",
                "provider": "p",
                "region": "r",
                "latitude": 0,
                "longitude": 0,
                "power_mw": figures,
            }
            for at in range(sites)
        ],
        "offers": [
            {
                "name": f"o{at}",
                "data_center": f"d{at % sites}",
                "gpu_type": "H100",
                "gpus": figures,
                "usd_per_gpu_hour": figures,
            }
            for at in range(3 * sites)
        ],
        "jobs": [
            {
                "name": f"j{at}",
                "tags": ["training"],
                "options": [{"gpu_type": "H100", "shards": 4, "gpus_per_shard": 8}] * 2,
                "data_centers": [f"d{site}" for site in range(20)],
            }
            for at in range(5 * sites)
        ],
    }


def test_a_large_instance_takes_work_in_proportion() -> None:
    """Twice as many data centers, offers and jobs take about twice the work to validate."""

    def work_of(sites: int) -> Callable[[], object]:
        data = large_tables(sites)
        return lambda: Instance.from_dict(data)

    assert growth(work_of, 50) < LINEAR
