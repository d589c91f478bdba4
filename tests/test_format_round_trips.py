"""Instances come back from every kind of file exactly as they were."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import gpualloc
from gpualloc.instance import Instance, canonical_sha256
from gpualloc.instance.formats.csv_tables import guarded, unguarded
from gpualloc.instance.formats.excel_texts import escaped, unescaped
from tests.instance_cases import put, two_sites
from tests.test_instance_round_trips import made_of
from tests.tiny import tiny_instances

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "instances").rglob("*.json"))
NAMES = ["fleet.json", "fleet.json.gz", "fleet", "fleet.xlsx"]
TABULAR = ["fleet", "fleet.xlsx"]
UNFIT_FOR_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
RELAXED = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

HOSTILE = [
    "=1+1",
    "'=1+1",
    "''=1",
    "'t Hooft",
    "+1",
    "-1",
    "@SUM(A1)",
    " =1",
    "\uff1d1",
    '=HYPERLINK("http://x","y")',
    "007",
    "1.0",
    "1e5",
    "2025-01",
    "TRUE",
    "NaN",
    "null",
    "#N/A",
    "a,b",
    'say "a"',
    '"',
    " a ",
    " ",
    "\u00a0a",
    "a;b",
    "[a",
    "_x0041_",
    "ax005F_b",
    "_x005F_x0041_",
    "<r><t>a</t></r>",
    "../../etc/passwd",
    "x" * 128,
    "Zürich 東京 \N{MOUSE}",
    "\u2028",
    "\ufeffa",
    "\ufffe",
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(HOSTILE)
NAMES_DRAWN = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8
) | st.sampled_from(HOSTILE)


def renamed(name: str) -> Instance:
    """An instance in which this name is everything that a name can be."""
    text = Instance.from_dict(two_sites()).to_dict()
    names = ["two sites", "H100", "Azure", "atlanta", "us-south", "atlanta H100", "chat"]
    names += ["training", "refusal", "Q1"]
    other = dict.fromkeys(names, name)

    def swap(value: Any) -> Any:
        if isinstance(value, dict):
            return {other.get(key, key): swap(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [swap(inner) for inner in value]
        return other.get(value, value) if isinstance(value, str) else value

    return Instance.from_dict(swap(text))


def comes_back(instance: Instance, path: Path) -> bool:
    """Whether a file gives the instance back."""
    instance.write(path)
    return canonical_sha256(gpualloc.read(path)) == canonical_sha256(instance)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_instances_come_back(tmp_path: Path, file: Path, name: str) -> None:
    """Every instance that comes with gpualloc survives every kind of file."""
    assert comes_back(gpualloc.read(file), tmp_path / name)


@RELAXED
@given(data=tiny_instances())
@pytest.mark.parametrize("name", NAMES)
def test_random_instances_come_back(tmp_path: Path, name: str, data: dict[str, Any]) -> None:
    """Random instances of every rule and contract type survive every kind of file."""
    assert comes_back(made_of(data), tmp_path / name)


@pytest.mark.parametrize("name", NAMES)
def test_a_generated_instance_comes_back(tmp_path: Path, name: str) -> None:
    """A large instance with figures by period, maps and all contract types survives."""
    assert comes_back(gpualloc.generate(periods=3, seed=4), tmp_path / name)


@pytest.mark.parametrize("name", TABULAR)
@pytest.mark.parametrize("word", HOSTILE, ids=ascii)
def test_names_of_every_kind_come_back(tmp_path: Path, word: str, name: str) -> None:
    """Names like formulas, numbers, dates, truth values or markup stay names, wherever they are."""
    assert comes_back(renamed(word), tmp_path / name)


@RELAXED
@given(word=NAMES_DRAWN)
@pytest.mark.parametrize("name", TABULAR)
def test_random_names_come_back(tmp_path: Path, name: str, word: str) -> None:
    """Any name that an instance may have survives every kind of file."""
    assert comes_back(renamed(word), tmp_path / name)


@RELAXED
@given(story=TEXTS)
@example(story="a\r\nb\rc\nd\te")
@example(story="\x00\x07_x0007_\x1b")
@pytest.mark.parametrize("name", TABULAR)
def test_descriptions_come_back(tmp_path: Path, name: str, story: str) -> None:
    """A description keeps its line ends, control characters and blanks."""
    assert comes_back(Instance.from_dict(put(two_sites(), "description", story)), tmp_path / name)


@RELAXED
@given(figure=st.floats(0, 1e12))
@example(figure=0.1 + 0.2)
@example(figure=5e-324)
@example(figure=999999999999.9999)
@pytest.mark.parametrize("name", TABULAR)
def test_numbers_come_back_to_the_last_digit(tmp_path: Path, name: str, figure: float) -> None:
    """A number of full precision is the same number again, for all periods and by period."""
    data = put(two_sites(), "data_centers.1.usd_per_mwh", figure)
    put(data, "data_centers.0.power_mw", [figure, 1 / 3])
    assert comes_back(Instance.from_dict(data), tmp_path / name)


@given(text=TEXTS)
def test_guards_and_escapes_are_undone(text: str) -> None:
    """What is put into a text for CSV or a workbook is taken out again, and no more than that."""
    assert unguarded(guarded(text)) == text
    assert unescaped(escaped(text)) == text
    assert not UNFIT_FOR_XML.search(escaped(text))


@pytest.mark.parametrize("name", ["fleet", "fleet.xlsx", "fleet.json.gz"])
def test_equal_instances_give_equal_files(tmp_path: Path, name: str) -> None:
    """Writing an instance twice gives the same bytes."""
    written = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        Instance.from_dict(two_sites()).write(folder / name)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        written.append([(path.name, path.read_bytes()) for path in files])
    assert written[0] == written[1]
    assert written[0]
