"""Plans as CSV folders, workbooks and Parquet folders."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from gpualloc import Plan, read_plan
from gpualloc.errors import MissingExtraError, UsageError
from gpualloc.instance.formats.csv_tables import unguarded
from gpualloc.layout import FlowShare, Placement
from gpualloc.plan.plan import make_no_plan
from gpualloc.plan.tables import NAMES
from tests.small_plan import OBJECTIVE_USD, small_instance, small_layout, small_plan

KINDS = ["plan", "plan.parquet", "plan.xlsx"]
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@A1",
    "'=1",
    "007",
    "TRUE",
    "#N/A",
    "../../x",
    "a\u2028b",
    "_x0041_",
]


def tables_in(path: Path) -> dict[str, pd.DataFrame]:
    """The tables of a written plan, read by other programs' means."""
    if path.suffix == ".xlsx":
        return pd.read_excel(path, sheet_name=None, keep_default_na=False, na_values=[""])
    read = pd.read_parquet if path.suffix else pd.read_csv
    return {file.stem: read(file) for file in sorted(path.iterdir())}


def no_plan() -> Plan:
    """The result of a solve that proved that there is no plan."""
    return make_no_plan(
        small_instance(),
        status="infeasible",
        bound_usd=None,
        stopped_by="proof",
        seconds=0.5,
        engine="exact, HiGHS 1.16.0",
        seed=0,
    )


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_has_the_same_tables(tmp_path: Path, name: str) -> None:
    """Decisions, costs and use are there to the last digit, in tables called as in the plan."""
    plan = small_plan()
    plan.write(tmp_path / name)
    tables = tables_in(tmp_path / name)
    assert set(tables) == set(NAMES)
    assert tables["plan"].loc[0, "objective_usd"] == OBJECTIVE_USD
    assert tables["plan"].loc[0, "instance_sha256"] == plan.instance_sha256
    # The costs of `small_plan` sum to its objective.
    assert tables["costs"]["usd"].sum() == OBJECTIVE_USD
    for table, frame in [
        ("placements", plan.placements),
        ("hubs", plan.hubs),
        ("costs", plan.costs_frame),
        ("offer_use", plan.offer_use),
        ("power_use", plan.power_use),
        ("link_use", plan.link_use),
        ("uplink_use", plan.uplink_use),
        ("transfer_use", plan.transfer_use),
    ]:
        pd.testing.assert_frame_equal(tables[table], frame, check_dtype=False)
    assert tables["buyouts"]["contract"].tolist() == ["apart"]
    assert tables["unserved"]["job"].tolist() == ["probe"]


@pytest.mark.parametrize("name", KINDS)
def test_a_plan_without_its_instance_has_what_it_decides(tmp_path: Path, name: str) -> None:
    """A plan that was read alone has no tables of use, and its flows are called as in JSON."""
    flows = (FlowShare("llama", "probe", "Q1", "abilene", "fairwater", 0.25),)
    plan = replace(small_plan(), instance=None, decisions=small_layout()._replace(flows=flows))
    plan.write(tmp_path / name)
    tables = tables_in(tmp_path / name)
    assert set(tables) == set(NAMES[:8])
    assert tables["flows"].to_dict("records") == [
        {
            "a": "llama",
            "b": "probe",
            "period": "Q1",
            "from": "abilene",
            "to": "fairwater",
            "fraction": 0.25,
        }
    ]


@pytest.mark.parametrize("name", KINDS)
def test_no_plan_is_written_too(tmp_path: Path, name: str) -> None:
    """Without a plan the status is told, figures that do not exist are blank, tables are empty."""
    no_plan().write(tmp_path / name)
    tables = tables_in(tmp_path / name)
    assert tables["plan"].loc[0, "status"] == "infeasible"
    assert pd.isna(tables["plan"].loc[0, "objective_usd"])
    assert list(tables["placements"]) == ["job", "period", "option", "offer", "shards"]
    assert all(tables[table].empty for table in NAMES[1:8])


def test_columns_of_parquet_have_their_types_also_without_rows(tmp_path: Path) -> None:
    """Files of plans with and without rows can be read as one data set."""
    parquet = pytest.importorskip("pyarrow.parquet")
    small_plan().write(tmp_path / "a.parquet")
    no_plan().write(tmp_path / "b.parquet")
    for table in ("hubs", "costs", "flows", "plan"):
        schemas = [parquet.read_schema(tmp_path / run / f"{table}.parquet") for run in
                   ("a.parquet", "b.parquet")]  # fmt: skip
        assert schemas[0] == schemas[1]
        assert "null" not in {str(kind) for kind in schemas[0].types}


def named(name: str) -> Plan:
    """A plan in which everything has this name."""
    layout = small_layout()._replace(
        placements=(Placement(name, name, 0, name, 3),), buyouts=(name,), unserved=(name,)
    )
    return replace(small_plan(), instance=None, instance_name=name, decisions=layout)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_never_become_formulas(tmp_path: Path, name: str) -> None:
    """In a workbook every name is a text; in a CSV file none begins like a formula."""
    named(name).write(tmp_path / "plan.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "plan.xlsx")["placements"]
    assert [cell.data_type for cell in sheet[2]] == ["s", "s", "n", "s", "n"]
    named(name).write(tmp_path / "plan")
    cells = pd.read_csv(tmp_path / "plan" / "placements.csv", dtype=str, keep_default_na=False)
    (cell,) = set(cells[["job", "period", "offer"]].to_numpy().ravel())
    assert unguarded(cell) == name
    assert cell[0] not in "=+-@"


@pytest.mark.parametrize("kind", KINDS)
def test_names_never_leave_the_folder(tmp_path: Path, kind: str) -> None:
    """Names like paths make no files."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    named("../../x").write(tmp_path / "a" / "b" / kind)
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == [kind]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_plans_give_equal_files(tmp_path: Path, kind: str) -> None:
    """Writing a plan over itself changes no byte."""
    path, written = tmp_path / kind, []
    for _ in range(2):
        small_plan().write(path)
        files = [path] if path.is_file() else sorted(path.iterdir())
        written.append([(file.name, file.read_bytes()) for file in files])
    assert written[0] == written[1]


@pytest.mark.parametrize("kind", ["plan", "plan.parquet"])
def test_a_folder_that_is_no_plan_is_left_alone(tmp_path: Path, kind: str) -> None:
    """The folder of an instance, or of anything else, is not replaced by a plan."""
    small_instance().write(tmp_path / "fleet")
    (tmp_path / "fleet").rename(tmp_path / kind)
    with pytest.raises(UsageError, match="none of the tables"):
        small_plan().write(tmp_path / kind)
    assert (tmp_path / kind / "head.csv").exists()


@pytest.mark.parametrize(("kind", "package"), [("xlsx", "openpyxl"), ("parquet", "pyarrow")])
def test_a_missing_package_is_told_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, package: str
) -> None:
    """Without the package for a kind of file the message tells what to install."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"{package} is not installed: pip install"):
        small_plan().write(tmp_path / f"plan.{kind}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_tables_are_no_plan_to_read(tmp_path: Path, kind: str) -> None:
    """A plan is read back from JSON alone, and says so."""
    small_plan().write(tmp_path / f"plan.{kind}")
    with pytest.raises(UsageError, match=r"ends neither in \.json nor in \.json\.gz"):
        read_plan(tmp_path / f"plan.{kind}")


def test_a_text_that_is_too_long_for_a_workbook_is_told(tmp_path: Path) -> None:
    """A text is never cut; a workbook holds 32,767 characters in a cell."""
    story: dict[str, Any] = {"description": "x" * 32_768}
    with pytest.raises(UsageError, match="table head has a text of 32,768 characters; a cell"):
        small_instance(**story).write(tmp_path / "fleet.xlsx")
    assert list(tmp_path.iterdir()) == []
