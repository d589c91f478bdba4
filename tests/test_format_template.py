"""The template workbook, its example, and the documentation of the tables."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import gpualloc
from gpualloc.instance import CONTRACT_TYPES, Instance, schema
from gpualloc.instance.contracts import Contract
from gpualloc.instance.formats.manual import with_tables
from gpualloc.instance.formats.notes import notes
from gpualloc.instance.records import Job, Record
from gpualloc.instance.tables import base_of, tables_of
from gpualloc.instance.template import MANUAL, example, template
from gpualloc.instance.validation import TABLES

ROOT = Path(__file__).parents[1]


def opened(data: bytes) -> Any:
    """A workbook as its reader sees it, with comments."""
    return openpyxl.load_workbook(io.BytesIO(data))


def test_every_column_of_the_schema_has_a_note() -> None:
    """Tables and columns are those of the schema, contract types included."""
    whole = schema()
    found = {
        table: {base_of(note.column) for note in columns} for table, columns in notes().items()
    }
    for table, record in TABLES.items():
        columns = set(whole["$defs"].get(record.__name__, {}).get("properties", ()))
        if table != "contracts":
            assert found[table] == columns - {"options", "current", "staging_usd"}
    own = {column for kind in CONTRACT_TYPES.values() for column in kind.model_fields}
    assert found["contracts"] == own - {"tiers"}
    assert found["tiers"] == {"contract", "above_usd", "discount"}
    assert set(found) >= set(tables_of(example()))


def test_every_heading_of_the_template_has_its_note() -> None:
    """Each heading has a comment with the meaning, what is allowed and what a blank cell means."""
    book = opened(template())
    assert book.sheetnames == [MANUAL, *notes()]
    for table, columns in notes().items():
        assert [cell.value for cell in book[table][1]] == [note.column for note in columns]
        assert [cell.comment.text for cell in book[table][1]] == [str(note) for note in columns]
        assert book[table].max_row == 1
    comment = book["data_centers"]["F1"].comment.text
    assert comment.splitlines()[0] == (
        "Grid power in MW, one figure or one a period; blank: no limit."
    )
    assert "blank" in book["data_centers"]["G1"].comment.text.lower()


def test_needed_columns_are_those_without_a_default() -> None:
    """A column stands out if and only if a row without it is refused."""
    for table, record in TABLES.items():
        marked = {note.column for note in notes()[table] if note.is_needed}
        fields = record.model_fields.items()
        assert marked == {name for name, info in fields if info.is_required()} - {"options"}


def test_the_manual_tells_what_each_sheet_is_for() -> None:
    """The first sheet lists every table, and marks those that every instance needs."""
    rows = {row[0].value: row[1].value for row in opened(template())[MANUAL].iter_rows()}
    assert set(notes()) < set(rows)
    needed = {table for table in notes() if rows[table].endswith("Needed.")}
    assert needed == {
        "head", "gpu_types", "providers", "data_centers", "offers", "jobs", "options"
    }  # fmt: skip


def test_the_example_comes_back_and_uses_every_table(tmp_path: Path) -> None:
    """The filled template is the example, in which every table has rows."""
    (tmp_path / "example.xlsx").write_bytes(template(example()))
    assert gpualloc.read(tmp_path / "example.xlsx") == example()
    tables = tables_of(example())
    assert set(tables) == set(notes())
    assert all(tables.values())


def test_the_example_can_be_solved() -> None:
    """The example has an optimal plan that serves every job."""
    plan = gpualloc.solve(example())
    assert plan.status == "optimal"
    assert plan.layout.unserved == ()


def test_a_template_filled_in_by_hand_is_an_instance(tmp_path: Path) -> None:
    """Only what is marked as needed is filled in: that is enough."""
    book = opened(template())
    rows: dict[str, dict[str, Any]] = {
        "head": {"name": "mine"},
        "gpu_types": {"name": "H200", "kw": 1.4},
        "providers": {"name": "own"},
        "data_centers": {
            "name": "reno",
            "provider": "own",
            "region": "us",
            "latitude": 39.5,
            "longitude": -119.8,
        },
        "offers": {
            "name": 2026,
            "data_center": "reno",
            "gpu_type": "H200",
            "gpus": 1000,
            "usd_per_gpu_hour": 2,
        },
        "jobs": {"name": "train"},
        "options": {"job": "train", "gpu_type": "H200", "shards": 2, "gpus_per_shard": 8},
    }
    for table, row in rows.items():
        needed = {note.column for note in notes()[table] if note.is_needed}
        assert set(row) == needed
        columns = [cell.value for cell in book[table][1]]
        for column, value in row.items():
            book[table].cell(2, columns.index(column) + 1, value)
    book.save(tmp_path / "mine.xlsx")
    instance = gpualloc.read(tmp_path / "mine.xlsx")
    assert instance.offers[0].name == "2026"
    # 2 x 8 GPUs at 2 USD for the 730 hours of the period that is there by default.
    assert gpualloc.solve(instance).objective_usd == pytest.approx(16 * 2 * 730)


def test_the_documentation_lists_the_tables_as_they_are() -> None:
    """docs/formats.md is what `python -m gpualloc.instance.formats.manual` makes of it."""
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert with_tables(text) == text
    assert set(re.findall(r"^### `(\w+)`$", text, re.MULTILINE)) == set(notes())


def test_no_column_has_a_default_that_a_blank_cell_could_not_mean() -> None:
    """Where null is allowed it is the default, so that blank cells say all there is to say."""
    records: list[type[Record]] = [*TABLES.values(), Job, *CONTRACT_TYPES.values(), Contract]
    for record in records:
        for column, info in record.model_fields.items():
            allows_null = type(None) in getattr(info.annotation, "__args__", ())
            assert not allows_null or info.get_default() is None, f"{record.__name__}.{column}"


def test_the_example_is_part_of_the_package() -> None:
    """The example is read from the package's own files, as the instance that it is."""
    assert isinstance(example(), Instance)
    assert example().name == "example"
