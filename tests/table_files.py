"""Folders of CSV files and workbooks with single cells changed, for tests of their reading."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import gpualloc
from gpualloc.errors import InstanceError
from gpualloc.instance import Instance
from tests.instance_cases import two_sites

Cells = dict[tuple[str, str], Any]
"""New values by sheet and cell: ``{("offers", "D2"): -5}``."""


def folder_of(path: Path, **texts: str | bytes | None) -> Path:
    """The instance of two sites as a folder, with other texts for some tables, or without them."""
    Instance.from_dict(two_sites()).write(path)
    for table, text in texts.items():
        file = path / f"{table}.csv"
        if text is None:
            file.unlink()
        else:
            file.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def changed(path: Path, table: str, old: str, new: str) -> None:
    """Replace a part of a table's file that stands there once."""
    file = path / f"{table}.csv"
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def workbook_of(path: Path, cells: Cells | None = None) -> Path:
    """The instance of two sites as a workbook, with other values in some cells."""
    Instance.from_dict(two_sites()).write(path)
    if cells:
        book = openpyxl.load_workbook(path)
        for (sheet, place), value in cells.items():
            if sheet not in book.sheetnames:
                book.create_sheet(sheet)
            book[sheet][place] = value
        book.save(path)
    return path


def edit_part(path: Path, part: str, edit: Callable[[str], str]) -> None:
    """Change the XML of a part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    before = parts[part].decode()
    parts[part] = edit(before).encode()
    assert parts[part] != before.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def told_by(path: Path) -> list[str]:
    """The faults of a file or folder."""
    with pytest.raises(InstanceError) as caught:
        gpualloc.read(path)
    assert caught.value.source == str(path)
    return [str(fault) for fault in caught.value.faults]
