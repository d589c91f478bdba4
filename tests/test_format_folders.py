"""Folders of tables are written whole or not at all, and never over what is not theirs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import gpualloc
from gpualloc.errors import MissingExtraError, UsageError
from gpualloc.instance import Instance
from tests.instance_cases import put, two_sites


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with the tables of an earlier instance, which had a contract less."""
    folder = tmp_path / "fleet"
    Instance.from_dict(put(two_sites(), "name", "old")).write(folder)
    return folder


def new() -> Instance:
    """The instance to be written: without contracts, so that one table less is needed."""
    return Instance.from_dict(put(two_sites(), "contracts", []))


def test_an_old_folder_is_replaced_whole(old: Path) -> None:
    """No table of the old instance is left in the folder, and nothing beside it."""
    new().write(old)
    assert gpualloc.read(old) == new()
    assert not (old / "tiers.csv").exists()
    assert [path.name for path in old.parent.iterdir()] == ["fleet"]


@pytest.mark.parametrize("name", ["notes.txt", "other.csv", ".hidden", "folder/"])
def test_a_folder_with_anything_else_is_left_alone(old: Path, name: str) -> None:
    """One thing in a folder that is no table keeps all of it from being replaced."""
    (old / name).mkdir() if name.endswith("/") else (old / name).write_text("mine")
    before = sorted(path.name for path in old.iterdir())
    with pytest.raises(UsageError, match=name.strip("/")) as caught:
        new().write(old)
    assert "none of the tables" in str(caught.value)
    assert sorted(path.name for path in old.iterdir()) == before


def test_a_link_in_a_folder_is_not_removed(old: Path, tmp_path: Path) -> None:
    """A table that is a link to somewhere else is its owner's own."""
    (tmp_path / "precious.csv").write_text("mine")
    (old / "offers.csv").unlink()
    (old / "offers.csv").symlink_to(tmp_path / "precious.csv")
    with pytest.raises(UsageError, match=r"offers\.csv"):
        new().write(old)


def test_an_empty_folder_is_used_and_a_file_is_not(tmp_path: Path) -> None:
    """A folder made for the purpose may have any name; a file in its place stays."""
    folder, file = tmp_path / "fleet.2026", tmp_path / "fleet"
    folder.mkdir()
    new().write(folder)
    assert gpualloc.read(folder) == new()
    file.write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        new().write(file)
    assert file.read_text() == "mine"


@pytest.mark.parametrize("call", ["fsync", "rename", "mkdir"])
def test_a_failure_half_way_leaves_the_old_folder(
    old: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """If a file cannot be written or a folder cannot be moved, the old tables stand."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(UsageError, match=r"cannot write .*fleet: No space left on device"):
        new().write(old)
    monkeypatch.undo()
    assert gpualloc.read(old).name == "old"
    assert [path.name for path in old.parent.iterdir()] == ["fleet"]


def test_the_old_folder_comes_back_if_the_new_one_cannot_take_its_place(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of the two moves fails: the first is undone."""
    rename, moves = os.rename, []

    def fail_second(source: str, target: str) -> None:
        moves.append(target)
        if len(moves) == 2:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_second)
    with pytest.raises(UsageError, match="Input/output error"):
        new().write(old)
    assert gpualloc.read(old).name == "old"
    assert [path.name for path in old.parent.iterdir()] == ["fleet"]


def test_names_never_leave_the_folder(tmp_path: Path) -> None:
    """Names like paths make no files: the files of a folder are called as the tables are."""
    data = two_sites()
    for table, row in (("periods", 0), ("jobs", 2), ("contracts", 1), ("providers", 1)):
        data[table][row]["name"] = "../../x"
    data["name"] = "../../x"
    data["data_centers"][1]["provider"] = "../../x"
    data["contracts"][1]["provider"] = "../../x"
    data["contracts"][0]["end"] = data["flows"][0]["b"] = "../../x"
    (tmp_path / "a" / "b").mkdir(parents=True)
    Instance.from_dict(data).write(tmp_path / "a" / "b" / "fleet")
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert {file.parent for file in files} == {Path("a/b/fleet")}
    assert {file.stem for file in files} == set(Instance.from_dict(data).to_frames())


def test_a_missing_package_is_told_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the package for workbooks, reading and writing them tells what to install."""
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    wanted = r"openpyxl is not installed: pip install 'gpualloc\[excel\]'"
    with pytest.raises(MissingExtraError, match=wanted):
        new().write(tmp_path / "fleet.xlsx")
    with pytest.raises(MissingExtraError, match=wanted):
        gpualloc.read(tmp_path / "fleet.xlsx")
    assert list(tmp_path.iterdir()) == []
