"""Faults in CSV folders and workbooks are told by table, row and column, in the file's words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpualloc
from gpualloc.errors import UsageError
from gpualloc.instance import Instance
from gpualloc.instance.formats.places import flat_place
from gpualloc.instance.tables import tables_of
from tests.instance_cases import two_sites
from tests.table_files import changed, edit_part, folder_of, told_by, workbook_of

ENDS = "a,b,gbps"
WRONG = {
    ("head", "D2"): -2,
    ("offers", "D2"): -5,
    ("offers", "F3"): "many",
    ("options", "C3"): 0,
    ("current", "C2"): -1,
    ("staging_usd", "B2"): "nowhere",
    ("jobs", "E2"): -4,
    ("tiers", "C3"): 0.01,
    ("links", "C2"): -1,
    ("network", "C2"): "fast",
}


def test_every_table_tells_row_and_column(tmp_path: Path) -> None:
    """A fault in any table, also in those that are nested in an instance, is told by its cell."""
    assert told_by(workbook_of(tmp_path / "fleet.xlsx", WRONG)) == [
        "sheet head, row 2, column sync_weight: -2 is below 0; a number from 0 to 1e12 is allowed",
        "sheet offers, row 2, column gpus: -5 is below 0; a whole number from 0 to 1e12 is allowed",
        'sheet offers, row 3, column gpus[Q2]: "many" is text; a whole number from 0 to 1e12 is '
        "allowed",
        "sheet options, row 3, column shards: 0 is below 1; a whole number from 1 to 1e12 is "
        "allowed",
        "sheet jobs, row 2, column sync.gb: -4 is below 0; a number from 0 to 1e12 is allowed",
        "sheet current, row 2, column shards: -1 is below 0; a whole number from 0 to 1e12 is "
        "allowed",
        'sheet staging_usd, row 2, column data_center: "nowhere" is not a data center; known: '
        '"atlanta" and "abilene"',
        "sheet tiers, row 3, column discount: 0.01 is not above 0.05, that of the tier before",
        "sheet links, row 2, column gbps: -1 is below 0; a number from 0 to 1e12 is allowed",
        'sheet network, row 2, column cross_provider.gbps: "fast" is text; a number from 0 to '
        "1e12 is allowed",
    ]


def test_csv_files_tell_file_row_and_column(tmp_path: Path) -> None:
    """In a folder the file is named; blank rows count, as they do in a spreadsheet."""
    folder = folder_of(tmp_path / "fleet")
    changed(
        folder, "offers", "atlanta H100,atlanta,H100,60000", "\n,,,\natlanta H100,atlanta,H100,-5"
    )
    changed(folder, "options", "chat,H100", "chat,H10")
    assert told_by(folder) == [
        "offers.csv row 4, gpus: -5 is below 0; a whole number from 0 to 1e12 is allowed",
        'options.csv row 4, gpu_type: "H10" is not a GPU type; did you mean "H100"?',
    ]


@pytest.mark.parametrize(
    ("table", "text", "fault"),
    [
        ("providers", "name\nAzure\nOracle\nAzure\n", 'providers.csv row 4, name: "Azure" is used '
         "twice; providers.csv row 2 has it too"),
        ("links", f"{ENDS}\natlanta,abilene,1\nabilene,atlanta,2\n", 'links.csv row 3: joins '
         '"abilene" and "atlanta", as links.csv row 2 does; a pair has one link'),
        ("links", f"{ENDS},a\n", "links.csv row 1, a: is a heading twice"),
        ("links", f"{ENDS}\natlanta,abilene,1,x\n", 'links.csv row 2: "x" stands under no heading'),
        ("links", f"{ENDS}\natlanta,abilene,1,\n", None),
        ("links", f"{ENDS},_note\natlanta,abilene,1,ask Ann\n", None),
        ("links", f'{ENDS}\n"atlanta"x,abilene,1\n', "links.csv row 2: is not CSV: "
         "',' expected after '\"'"),
        ("links", f'{ENDS}\n"atlanta,abilene,1\n', "links.csv row 2: is not CSV: unexpected end "
         "of data"),
        ("links", "a;b;gbps\natlanta;abilene;1\n", "links.csv row 1: its cells are separated by "
         "other signs than commas"),
        ("links", b"a,b,gbps\n\xff,abilene,1\n", "links.csv row 2: is not UTF-8 text; save it as "
         "CSV UTF-8"),
        ("link", "a,b,gbps\n", 'link.csv: is not a table; did you mean "links"?'),
        ("_link", "my own notes", None),
        ("links", "", None),
        ("flows", "a,b,gbps\nchat,search,\n", "flows.csv row 2, gbps: is missing"),
        ("options", "job,gpu_type,shards,gpus_per_shard\n", "jobs.csv row 2, table options: is "
         "missing"),
        ("offers", None, "offers.csv: is missing; at least one row is needed"),
        ("head", None, "head.csv, name: is missing"),
    ],
)  # fmt: skip
def test_one_table_at_fault(
    tmp_path: Path, table: str, text: str | bytes | None, fault: str | None
) -> None:
    """What is wrong with one CSV file is told by its place; what is no fault is taken."""
    folder = folder_of(tmp_path / "fleet", **{table: text})
    if fault is None:
        assert gpualloc.read(folder).name == "two sites"
    else:
        assert told_by(folder)[0] == fault


@pytest.mark.parametrize(
    ("table", "cell", "value", "fault"),
    [
        ("gpu_types", "B2", date(2025, 1, 1), "column kw: is a date, 2025-01-01 00:00:00; format "
         "it as text or number"),
        ("gpu_types", "A2", True, "column name: true is not a text; a name in quotes is allowed"),
        ("gpu_types", "B2", True, "column kw: true is not a number; a number from 0 to 1e12 is "
         "allowed"),
        ("gpu_types", "B2", "#N/A", "column kw: holds the error #N/A"),
        ("gpu_types", "B2", "=365*6", "column kw: holds a formula without its value; save the "
         "workbook in a spreadsheet program"),
        ("gpu_types", "D2", 7, ": 7 stands under no heading"),
    ],
)  # fmt: skip
def test_cells_that_are_neither_text_nor_number(
    tmp_path: Path, table: str, cell: str, value: Any, fault: str
) -> None:
    """Dates, truth values, errors and formulas that nobody computed are told, never guessed."""
    told, *_ = told_by(workbook_of(tmp_path / "fleet.xlsx", {(table, cell): value}))
    assert told.startswith(f"sheet {table}, row 2")
    assert told.endswith(fault)


def test_formulas_count_by_their_stored_values(tmp_path: Path) -> None:
    """A cell that a spreadsheet program computed is read as its value."""
    path = workbook_of(tmp_path / "fleet.xlsx", {("periods", "B2"): "=365*6"})
    sheet = "xl/worksheets/sheet2.xml"
    edit_part(path, sheet, lambda xml: xml.replace("</f><v />", "</f><v>2190</v>"))
    assert gpualloc.read(path) == Instance.from_dict(two_sites())


def test_sheets_and_columns_of_their_owner_are_not_read(tmp_path: Path) -> None:
    """Names that begin with an underscore, and empty sheets, are the owner's own affair."""
    own = {("_sums", "A1"): "=1/0", ("offers", "K1"): "_ask", ("offers", "K2"): "Ann"}
    path = workbook_of(tmp_path / "fleet.xlsx", own | {("Sheet1", "A1"): None})
    assert gpualloc.read(path) == Instance.from_dict(two_sites())


def test_whole_numbers_may_be_names(tmp_path: Path) -> None:
    """A name that a person typed as digits is a name, wherever it is referred to."""
    uses = [("gpu_types", "A2"), ("offers", "C2"), *(("options", f"B{row}") for row in (2, 4, 5))]
    path = workbook_of(tmp_path / "fleet.xlsx", dict.fromkeys(uses, 7))
    assert gpualloc.read(path).jobs[1].options[0].gpu_type == "7"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A file without a known ending, and one that is not there, are errors of usage."""
    (tmp_path / "fleet").write_text("name,hours")
    for name, found in [
        ("fleet", "Not a directory"),
        ("none", "No such file or directory"),
        ("none.xlsx", "No such file or directory"),
        ("offers.csv", "have no ending for a folder of CSV tables"),
        ("plan.parquet", "must end in"),
    ]:
        with pytest.raises(UsageError, match=found) as caught:
            gpualloc.read(tmp_path / name)
        assert name in str(caught.value)


PLACES = st.lists(
    st.sampled_from(["jobs", "options", "current", "offers", "network", "links", "head", "name"])
    | st.sampled_from(["[0]", "[1]", "[99]", ".gpus", '["a"]', '["atlanta H100"]', ".x", '"', "."]),
    max_size=5,
).map("".join)


@given(place=PLACES | st.text(max_size=8))
def test_any_place_is_found_or_not(place: str) -> None:
    """Whatever a place looks like, looking for its cell ends in a cell or in none."""
    tables = tables_of(Instance.from_dict(two_sites()))
    found = flat_place(place, tables, {table: list(rows[0]) for table, rows in tables.items()})
    assert found is None or found.table
