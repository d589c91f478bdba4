"""Each single thing that can be wrong with an instance, with its message."""

from __future__ import annotations

from typing import Any

import pytest
from instance_cases import faults_in, put, two_sites

NUMBER = "a number from 0 to 1e12 is allowed"
WHOLE = "a whole number from 0 to 1e12 is allowed"
COUNT = "a whole number from 1 to 1e12 is allowed"

SINGLE_FAULTS = [
    # figures
    ("offers.0.gpus", -5, f"offers[0].gpus: -5 is below 0; {WHOLE}"),
    ("offers.0.gpus", 10.5, f"offers[0].gpus: 10.5 is not a whole number; {WHOLE}"),
    ("offers.0.gpus", "10", f'offers[0].gpus: "10" is text; {WHOLE}'),
    ("offers.0.gpus", True, f"offers[0].gpus: true is not a number; {WHOLE}"),
    ("offers.0.gpus", None, f"offers[0].gpus: null is not a number; {WHOLE}"),
    ("offers.0.gpus", {}, f"offers[0].gpus: an object is not a number; {WHOLE}"),
    ("offers.0.gpus", 2e12, f"offers[0].gpus: 2000000000000 is above 1e12; {WHOLE}"),
    (
        "offers.0.gpus",
        10**5000,
        f"offers[0].gpus: a number of more than 30 digits is above 1e12; {WHOLE}",
    ),
    ("offers.1.gpus.1", -1, f"offers[1].gpus[1]: -1 is below 0; {WHOLE}"),
    (
        "offers.1.usd_per_gpu_hour.0",
        None,
        f"offers[1].usd_per_gpu_hour[0]: null is not a number; {NUMBER}",
    ),
    ("offers.0.fixed_usd", float("nan"), f"offers[0].fixed_usd: NaN is not a number; {NUMBER}"),
    ("offers.0.fixed_usd", float("inf"), f"offers[0].fixed_usd: infinity is above 1e12; {NUMBER}"),
    (
        "periods.0.hours",
        0,
        "periods[0].hours: 0 is not above 0; a number above 0 and up to 1e12 is allowed",
    ),
    (
        "data_centers.0.pue",
        0.99,
        "data_centers[0].pue: 0.99 is below 1; a number from 1 to 1e12 is allowed",
    ),
    (
        "data_centers.0.latitude",
        90.5,
        "data_centers[0].latitude: 90.5 is above 90; a number from -90 to 90 is allowed",
    ),
    (
        "data_centers.0.longitude",
        -181,
        "data_centers[0].longitude: -181 is below -180; a number from -180 to 180 is allowed",
    ),
    ("jobs.0.options.0.shards", 0, f"jobs[0].options[0].shards: 0 is below 1; {COUNT}"),
    (
        "jobs.0.sync.every_s",
        0,
        "jobs[0].sync.every_s: 0 is not above 0; a number above 0 and up to 1e12 is allowed",
    ),
    ("jobs.0.max_data_centers", 0, f"jobs[0].max_data_centers: 0 is below 1; {COUNT}"),
    ("jobs.0.unserved_usd", -1, f"jobs[0].unserved_usd: -1 is below 0; {NUMBER}"),
    ("sync_weight", -0.5, f"sync_weight: -0.5 is below 0; {NUMBER}"),
    # figures by period
    ("offers.0.gpus", [1], "offers[0].gpus: has 1 figure; the number of periods is 2"),
    (
        "data_centers.0.power_mw",
        [1, 2, 3],
        "data_centers[0].power_mw: has 3 figures; the number of periods is 2",
    ),
    (
        "contracts.0.accepts_gpus",
        [1, 2, 3],
        "contracts[0].accepts_gpus: has 3 figures; the number of periods is 2",
    ),
    # names and texts
    ("jobs.0.name", "", "jobs[0].name: is empty; a name has 1 to 128 characters"),
    ("jobs.0.name", 5, "jobs[0].name: 5 is not a text; a name in quotes is allowed"),
    (
        "jobs.0.name",
        "a\nb",
        'jobs[0].name: "a\\u000ab" has a control character; a name has none',
    ),
    ("jobs.0.name", "a\x9fb", 'jobs[0].name: "a\\u009fb" has a control character; a name has none'),
    (
        "jobs.0.name",
        "\ud800",
        'jobs[0].name: "\\ud800" has half of a surrogate pair; such a text is no Unicode',
    ),
    (
        "jobs.0.tags.1",
        "\x00",
        'jobs[0].tags[1]: "\\u0000" has a control character; a name has none',
    ),
    (
        "description",
        "\ud800",
        'description: "\\ud800" has half of a surrogate pair; such a text is no Unicode',
    ),
    (
        "data_centers.1.region",
        None,
        "data_centers[1].region: null is not a text; a name in quotes is allowed",
    ),
    # shapes
    ("jobs.1.tags", "inference", 'jobs[1].tags: "inference" is not a list'),
    ("flows.0", 7, "flows[0]: 7 is not a row; an object with columns is"),
    ("jobs.0.options", [], "jobs[0].options: is empty; at least one is needed"),
    ("jobs.0.options", {}, "jobs[0].options: an object is not a list"),
    ("jobs.0.sync", 3, "jobs[0].sync: 3 is not a row; an object with columns is"),
    ("jobs.0.current", [], "jobs[0].current: a list is not an object of names and figures"),
    ("jobs.0.optoins", 1, 'jobs[0].optoins: is not a column; did you mean "options"?'),
    (
        "jobs.0.options.0.gpus_per_shards",
        1,
        'jobs[0].options[0].gpus_per_shards: is not a column; did you mean "gpus_per_shard"?',
    ),
    ("jobs.0.\x1b[31m", 1, 'jobs[0]["\\u001b[31m"]: is not a column'),
    ("ofers", [], 'ofers: is neither a table nor a figure; did you mean "offers"?'),
    ("jobs", [], "jobs: is empty; at least one row is needed"),
    ("periods", [], "periods: is empty; at least one row is needed"),
    ("flows", None, "flows: null is not a table; a list of rows is"),
    ("network", [], "network: a list is not a row; an object with columns is"),
    ("network.links", 1, "network.links: 1 is not a list"),
    ("format", 2, "format: 2 is not a format that this version reads; 1 is"),
    ("format", True, "format: true is not a format that this version reads; 1 is"),
    # references
    (
        "jobs.0.options.0.gpu_type",
        "H1000",
        'jobs[0].options[0].gpu_type: "H1000" is not a GPU type; did you mean "H100"?',
    ),
    (
        "data_centers.0.provider",
        "zzz",
        'data_centers[0].provider: "zzz" is not a provider; known: "Azure" and "Oracle"',
    ),
    (
        "offers.0.data_center",
        "Atlanta",
        'offers[0].data_center: "Atlanta" is not a data center; did you mean "atlanta"?',
    ),
    (
        "jobs.0.current",
        {"atlanta": 1},
        'jobs[0].current.atlanta: "atlanta" is not an offer; did you mean "atlanta H100"?',
    ),
    (
        "jobs.0.staging_usd",
        {"abilen": 1},
        'jobs[0].staging_usd.abilen: "abilen" is not a data center; did you mean "abilene"?',
    ),
    (
        "jobs.1.regions.0",
        "us-sout",
        'jobs[1].regions[0]: "us-sout" is not the region of a data center; '
        'did you mean "us-south"?',
    ),
    (
        "contracts.0.jobs.0",
        "trainning",
        'contracts[0].jobs[0]: "trainning" is not the tag of a job; did you mean "training"?',
    ),
    ("flows.0.a", "chatt", 'flows[0].a: "chatt" is not a job; did you mean "chat"?'),
    (
        "contracts.0.holder",
        "azur",
        'contracts[0].holder: "azur" is not a provider; did you mean "Azure"?',
    ),
    ("jobs.0.start", "Q9", 'jobs[0].start: "Q9" is not a period; known: "Q1" and "Q2"'),
    (
        "contracts.0.type",
        "first_refusel",
        'contracts[0].type: "first_refusel" is not a contract type; did you mean "first_refusal"?',
    ),
    # rows against each other
    ("jobs.1.name", "pretraining", 'jobs[1].name: "pretraining" is used twice; jobs[0] has it too'),
    ("periods.1.name", "Q1", 'periods[1].name: "Q1" is used twice; periods[0] has it too'),
    (
        "contracts.1.name",
        "refusal",
        'contracts[1].name: "refusal" is used twice; contracts[0] has it too',
    ),
    (
        "network.links.0.b",
        "atlanta",
        "network.links[0].b: is the same data center as a; a link joins two",
    ),
    ("flows.0.b", "chat", "flows[0].b: is the same job as a; a flow joins two"),
    # a contract type's own columns
    (
        "contracts.1.mode",
        "sometimes",
        'contracts[1].mode: "sometimes" is not allowed; "incremental" or "all_units" is',
    ),
    (
        "contracts.1.tiers.0.discount",
        2,
        "contracts[1].tiers[0].discount: 2 is above 1; a number from 0 to 1 is allowed",
    ),
    ("contracts.1.tiers", [], "contracts[1].tiers: is empty; at least one is needed"),
]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    SINGLE_FAULTS,
    ids=[f"{at}-{case[0]!a}" for at, case in enumerate(SINGLE_FAULTS)],
)
def test_a_fault_is_told_at_its_place(path: str, value: Any, message: str) -> None:
    """One thing wrong anywhere is found there, in plain words, and nothing sound is blamed."""
    told = faults_in(put(two_sites(), path, value))
    assert message in told
    # A name that changes takes the references to the old one with it.
    assert len(told) == 1 or "name" in path, told
