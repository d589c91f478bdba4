"""Files that cannot be used, through the command line: 2, one line a fault, nothing overwritten."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gpualloc.cli.app import app
from tests.small_plan import small_instance, small_plan, small_tables

DEEP = 10_000_000
"""10 MB of brackets."""


def whole(**changes: Any) -> str:
    """The small instance's file, with other tables."""
    return json.dumps({**small_tables(), **changes})


def having(found: str, other: str) -> str:
    """The small instance's file with one piece of text replaced by another."""
    text = whole()
    assert text.count(found) >= 1
    return text.replace(found, other, 1)


def naming(name: str) -> str:
    """The small instance's file with an offer in a data center of this name."""
    offers = small_tables()["offers"]
    return whole(offers=[{**offers[0], "data_center": name}, offers[1]])


MALFORMED = {
    "not JSON": ("hello", "line 1, column 1: is not JSON"),
    "empty file": ("", "is empty"),
    "truncated": (whole()[:-40], "is not JSON: unterminated string"),
    "trailing comma": (whole()[:-1] + ",}", "is not JSON"),
    "no object": ("[]", "a list is not an instance"),
    "null": ("null", "null is not an instance"),
    "NUL bytes": ("\0" * 1000, "is not JSON"),
    "duplicate key": (whole()[:-1] + ', "name": "x"}', 'the key "name" is given twice'),
    "unknown key": (whole(jobz=[]), 'jobz: is neither a table nor a figure; did you mean "jobs"?'),
    "NaN": (having('"kw": 1', '"kw": NaN'), "NaN is not a number that a file may hold"),
    "infinity": (having('"kw": 1', '"kw": -Infinity'), "-Infinity is not a number"),
    "1e400": (having('"kw": 1', '"kw": 1e400'), "1e400 is too large; 1e12 is the largest"),
    "3,000,000 digits": (
        having('"gpus": 600', '"gpus": ' + "9" * 3_000_000),
        "has 3,000,000 digits; 1e12 is the largest",
    ),
    "wrong type": (having('"tags": ["training"]', '"tags": "training"'), "jobs[0].tags"),
    "negative": (having('"gpus": 600', '"gpus": -1'), "offers[0].gpus: -1 is below 0"),
    "duplicate name": (
        having('"fairwater H100"', '"abilene H100"'),
        'offers[1].name: "abilene H100" is used twice',
    ),
    "list of the wrong length": (
        having("[0.75, 1.5]", "[0.75]"),
        "data_centers[0].power_mw: has 1 figure; the number of periods is 2",
    ),
    "no jobs": (whole(jobs=[], contracts=[]), "jobs: is empty"),
    "no offers": (whole(offers=[]), "offers: is empty"),
    "brackets": ("[" * DEEP, "is nested too deeply"),
    "closed brackets": ("[" * (DEEP // 2) + "]" * (DEEP // 2), "is nested too deeply"),
    "braces": ('{"a":' * (DEEP // 5), "is nested too deeply"),
    "unknown reference": (naming("nowhere"), '"nowhere" is not a data center'),
    "formula": (naming("=cmd"), '"=cmd" is not a data center'),
    "script": (naming("<script>"), '"<script>" is not a data center'),
    "path": (naming("../x"), '"../x" is not a data center'),
    "markup": (naming("[red]x[/red]"), '"[red]x[/red]" is not a data center'),
    "right-to-left mark": (naming("\u202eevil"), '"\\u202eevil" is not a data center'),
    "escape": (having('"llama"', '"\\u001b[2J"'), '"\\u001b[2J" has a control character'),
    "newline": (having('"llama"', '"a\\nb"'), "has a control character"),
    "long name": (having('"llama"', f'"{"x" * 129}"'), "has 129 characters"),
    "half a surrogate pair": (having('"llama"', '"\\ud800"'), "half of a surrogate pair"),
}


@pytest.fixture
def old_plan(tmp_path: Path) -> Path:
    """A plan of an earlier run."""
    path = tmp_path / "plan.json"
    small_plan().write(path)
    return path


def tell_of(path: Path, old_plan: Path) -> list[str]:
    """What `solve` and `check` tell of an instance that cannot be used."""
    before = old_plan.read_bytes()
    runs = [
        CliRunner().invoke(app, arguments)
        for arguments in (
            ["solve", str(path), "-o", str(old_plan)],
            ["check", str(path), str(old_plan)],
        )
    ]
    for run in runs:
        assert run.exit_code == 2
        assert run.stdout == ""
        assert run.stderr == runs[0].stderr
    assert old_plan.read_bytes() == before
    assert runs[0].stderr.isascii()
    return runs[0].stderr.splitlines()


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_instance(tmp_path: Path, old_plan: Path, kind: str) -> None:
    """One clear line with the file's name tells the fault, and 2 is returned."""
    content, words = MALFORMED[kind]
    path = tmp_path / "fleet.json"
    path.write_text(content, encoding="utf-8")
    (line,) = tell_of(path, old_plan)
    assert line.startswith(f"error: {path}: ")
    assert words in line


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("fleet.json", whole().encode("utf-16"), "is not UTF-8 text"),
        ("fleet.json", b'{"name": "\xff"}', "byte 10: is not UTF-8 text"),
        ("fleet.json.gz", whole().encode(), "is not a whole gzip file"),
        ("fleet.json.gz", gzip.compress(whole().encode())[:-20], "is not a whole gzip file"),
    ],
)
def test_malformed_bytes(
    tmp_path: Path, old_plan: Path, name: str, content: bytes, words: str
) -> None:
    """Bytes that are no text, or no whole archive, are told like any other fault."""
    path = tmp_path / name
    path.write_bytes(content)
    (line,) = tell_of(path, old_plan)
    assert words in line


def test_many_faults_are_told_one_a_line(tmp_path: Path, old_plan: Path) -> None:
    """Faults in several tables are told in one pass, each on a line of its own, in file order."""
    tables = small_tables()
    tables["data_centers"][0]["pue"] = 0.5
    tables["offers"][1]["gpu_type"] = "H1000"
    tables["jobs"][0]["options"][0]["shards"] = 0
    tables["contracts"][0]["provider"] = "=cmd"
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps(tables))
    lines = tell_of(path, old_plan)
    places = [line.removeprefix(f"error: {path}: ").split(":")[0] for line in lines]
    assert places == [
        "data_centers[0].pue",
        "offers[1].gpu_type",
        "jobs[0].options[0].shards",
        "contracts[0].provider",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("hello", "is not JSON"),
        ("[" * DEEP, "is nested too deeply"),
        ('{"format": 1, "format": 1}', 'the key "format" is given twice'),
        ('{"objective_usd": 1e400}', "1e400 is too large"),
        ("{}", ""),
    ],
)
def test_malformed_plan(tmp_path: Path, content: str, words: str) -> None:
    """A plan's file that cannot be used gives 2 and lines with its name, to check and to start."""
    fleet, plan = tmp_path / "fleet.json", tmp_path / "plan.json"
    small_instance().write(fleet)
    plan.write_text(content)
    for arguments in (
        ["check", str(fleet), str(plan)],
        ["solve", str(fleet), "--warm-start", str(plan)],
    ):
        run = CliRunner().invoke(app, arguments)
        assert run.exit_code == 2
        assert run.stderr
        assert all(line.startswith(f"error: {plan}: ") for line in run.stderr.splitlines())
        assert words in run.stderr
