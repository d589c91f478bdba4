"""Reading and writing instance files."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest
from instance_cases import put, two_sites

from gpualloc.errors import InstanceError, PlanFileError, UsageError
from gpualloc.instance import Instance, canonical_sha256, read
from gpualloc.instance import files as instance_files
from gpualloc.instance.files import read_json, write_json
from tests.operations import calls_of


def told_by(path: Path, content: bytes) -> list[str]:
    """The faults of a file with this content."""
    path.write_bytes(content)
    with pytest.raises(InstanceError) as caught:
        read(path)
    assert caught.value.source == str(path)
    return [str(fault) for fault in caught.value.faults]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test puts its file."""
    return tmp_path / "fleet.json"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is empty; an object with tables is needed"),
        (b" \n", "is empty; an object with tables is needed"),
        (b"[1,", "line 1, column 4: is not JSON: it ends too early; is the file cut off?"),
        (b'{"name": "a', "line 1, column 10: is not JSON: unterminated string"),
        (b'{\n "name": }', "line 2, column 10: is not JSON: expecting value"),
        (b'{"a": 1} {}', "line 1, column 10: is not JSON: extra data"),
        (b"name: x", "line 1, column 1: is not JSON: expecting value"),
        (b'{"a": NaN}', "line 1, column 7: NaN is not a number that a file may hold"),
        (
            b'{"a":\n[1, -Infinity]}',
            "line 2, column 5: -Infinity is not a number that a file may hold",
        ),
        (b'{"a": 1e400}', "line 1, column 7: 1e400 is too large; 1e12 is the largest"),
        (
            b'{"a": -' + b"7" * 5000 + b"}",
            "line 1, column 7: -7777777777777777... has 5,000 digits; 1e12 is the largest",
        ),
        (b'{"a": {"b": 1, "b": 1}}', 'line 1, column 16: the key "b" is given twice in one object'),
        (b'{"a": 1,\n "\\u0061": 2}', 'line 2, column 2: the key "a" is given twice in one object'),
        (b'{"name": "\xff"}', "byte 10: is not UTF-8 text"),
        ("{}".encode("utf-16"), "byte 0: is not UTF-8 text"),
        (gzip.compress(b"{}"), "byte 1: is compressed; such a file ends in .json.gz"),
        (b"[]", "a list is not an instance; an object with tables is"),
        (b'"{}"', '"{}" is not an instance; an object with tables is'),
        (b"null", "null is not an instance; an object with tables is"),
        (b"[" * 10_000_000, "is nested too deeply to be an instance or a plan"),
        (b'{"a":' * 2_000_000, "is nested too deeply to be an instance or a plan"),
    ],
    ids=range(21),
)
def test_a_file_that_is_no_sound_json_is_refused(file: Path, content: bytes, fault: str) -> None:
    """Text that is not strict JSON is told with its line and column."""
    assert told_by(file, content) == [fault]


def test_deep_nesting_is_seen_without_going_down(file: Path) -> None:
    """A text that is nested ten times as deep takes no call more to refuse."""
    told_by(file, b"[" * 1000)
    counts = [calls_of(lambda deep=deep: told_by(file, b"[" * deep)) for deep in (10_000, 100_000)]
    assert counts[0] == counts[1]


def test_all_doubtful_places_are_told(file: Path) -> None:
    """Duplicate keys and bad numbers are all told, and what is in quotes is left alone."""
    content = b'{"NaN": "{\\"a\\": NaN, 1e999",\n "NaN": [1e999, NaN]}'
    assert told_by(file, content) == [
        'line 2, column 2: the key "NaN" is given twice in one object',
        "line 2, column 10: 1e999 is too large; 1e12 is the largest",
        "line 2, column 17: NaN is not a number that a file may hold",
    ]


def test_equal_keys_in_different_objects_are_no_duplicates(file: Path) -> None:
    """Keys are compared within one object: rows of a table share theirs."""
    file.write_text('{"a": [{"b": 1}, {"b": 1}], "b": {"a": 1}}')
    assert read_json(file, InstanceError) == {"a": [{"b": 1}, {"b": 1}], "b": {"a": 1}}


def test_a_byte_order_mark_is_skipped(file: Path) -> None:
    """Files of editors that write a byte order mark are read."""
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(two_sites()).encode())
    assert read(file).name == "two sites"


def test_broken_gzip_files_are_refused(tmp_path: Path) -> None:
    """A file that is no gzip, cut off or damaged is told as such."""
    file = tmp_path / "fleet.json.gz"
    whole = gzip.compress(json.dumps(two_sites()).encode())
    damaged = whole[:40] + bytes([whole[40] ^ 0xFF]) + whole[41:]
    for content in (b"{}", whole[:-20], whole[:3], damaged):
        (fault,) = told_by(file, content)
        assert fault.startswith("is not a whole gzip file: ")


def test_a_gzip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the allowed size is unpacked from a small file that would fill the memory."""
    monkeypatch.setattr(instance_files, "MOST_BYTES", 1 << 20)
    file = tmp_path / "bomb.json.gz"
    # 8 MiB of spaces are 8 KiB compressed.
    assert told_by(file, gzip.compress(b" " * (1 << 23))) == ["holds more than 1 MiB of text"]


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing files, folders and other endings are errors of usage that name the path."""
    (tmp_path / "folder.json").mkdir()
    for name, found in [
        ("none.json", "No such file or directory"),
        ("folder.json", "Is a directory"),
        ("fleet.yaml", r"must end in \.json, \.json\.gz or \.xlsx, or have no ending"),
        ("none.json.gz", "No such file or directory"),
    ]:
        with pytest.raises(UsageError, match=found) as caught:
            read(tmp_path / name)
        assert name in str(caught.value)


def test_other_files_have_their_own_error(file: Path) -> None:
    """A plan's file that is no JSON is a fault of the plan's file."""
    file.write_text("{")
    with pytest.raises(PlanFileError, match="ends too early"):
        read_json(file, PlanFileError)


@pytest.mark.parametrize("name", ["fleet.json", "fleet.json.gz"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    """A written instance is equal to the one read, and writing it again gives the same bytes."""
    instance = Instance.from_dict(two_sites())
    first, second = tmp_path / name, tmp_path / f"again-{name}"
    instance.write(first)
    read(first).write(second)
    assert read(first) == instance
    # A compressed file's header would hold its name and time, were they not left out.
    assert first.read_bytes() == second.read_bytes()


def test_a_written_file_has_a_row_a_line(file: Path) -> None:
    """Each row of a table is one line, whole figures are whole, and defaults are left out."""
    Instance.from_dict(two_sites()).write(file)
    lines = file.read_text().splitlines()
    assert '    {"name": "Q1", "hours": 2190},' in lines
    assert '      {"a": "atlanta", "b": "abilene", "gbps": 800, "rtt_ms": 25}' in lines
    assert "sync_weight" not in file.read_text()


def test_an_existing_file_is_replaced_whole_or_not_at_all(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If writing fails half way, the old file stands and nothing else is left behind."""
    file.write_text("old")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UsageError, match=r"cannot write .*: No space left on device"):
        Instance.from_dict(two_sites()).write(file)
    assert [path.name for path in file.parent.iterdir()] == ["fleet.json"]
    assert file.read_text() == "old"


def test_writing_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    """A symbolic link still points to the file that was written."""
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    link.symlink_to(target)
    write_json(link, {"a": 1})
    assert link.is_symlink()
    assert json.loads(target.read_text()) == {"a": 1}


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    """A missing folder and an unknown ending are errors of usage."""
    instance = Instance.from_dict(two_sites())
    with pytest.raises(UsageError, match="cannot write"):
        instance.write(tmp_path / "none" / "fleet.json")
    with pytest.raises(UsageError, match=r"must end in \.json"):
        instance.write(tmp_path / "fleet.csv")


def test_the_hash_is_that_of_the_meaning() -> None:
    """Defaults given or left out, 1 or 1.0, and the order of keys do not change the hash."""
    data = two_sites()
    other = dict(reversed(put(put(two_sites(), "sync_weight", 1.0), "description", "").items()))
    put(put(other, "periods.0.hours", 2190.0), "jobs.0.sync.overlap_s", 0)
    put(other, "jobs.0.current", {"atlanta H100": 3.0})
    put(other, "data_centers.0.transfer_tb", None)
    hashes = {canonical_sha256(Instance.from_dict(each)) for each in (data, other)}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "two sites."),
        ("periods.0.hours", 2190.0001),
        ("jobs.0.current", {}),
        ("jobs.0.tags", ["new", "training"]),
        ("contracts.1.mode", "all_units"),
    ],
)
def test_the_hash_changes_with_the_meaning(path: str, value: object) -> None:
    """Any change of a figure, a name or an order changes the hash."""
    changed = Instance.from_dict(put(two_sites(), path, value))
    assert canonical_sha256(changed) != canonical_sha256(Instance.from_dict(two_sites()))


def test_the_hash_is_stable() -> None:
    """The hash is the SHA-256 of the compact JSON of the canonical document."""
    instance = Instance.from_dict(two_sites() | {"contracts": [], "flows": [], "network": {}})
    text = json.dumps(instance.to_dict(), ensure_ascii=False, separators=(",", ":"))
    assert text.startswith('{"format":1,"name":"two sites","periods":[{"name":"Q1","hours":2190}')
    assert text.endswith('"options":[{"gpu_type":"H100","shards":1,"gpus_per_shard":1000}]}]}')
    assert canonical_sha256(instance) == hashlib.sha256(text.encode()).hexdigest()
