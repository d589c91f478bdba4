"""Files made to do harm are read within bounds, or refused."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gpualloc
from gpualloc.errors import InputError, UsageError
from gpualloc.instance import Instance
from gpualloc.instance.formats import csv_tables, excel_reader
from tests.instance_cases import two_sites
from tests.table_files import edit_part, folder_of, told_by, workbook_of

OFFERS = "xl/worksheets/sheet6.xml"
RELAXED = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def outcome(path: Path) -> str:
    """What reading a file ends in: its name where it is read, else the error's message."""
    try:
        gpualloc.read(path)
    except InputError as error:
        return str(error)
    return path.name


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The instance of two sites as a workbook."""
    return workbook_of(tmp_path / "fleet.xlsx")


def test_a_workbook_is_not_unpacked_beyond_its_bound(book: Path) -> None:
    """A small file that would unpack to gigabytes is refused by what its parts say they hold."""
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb.bin", bytes(excel_reader.MOST_BYTES))
    assert book.stat().st_size < 1 << 18
    assert told_by(book) == ["holds more than 64 MiB of text"]


def test_styles_have_a_bound_of_their_own(book: Path) -> None:
    """Styles, which the library reads more slowly than cells, are refused where they are many."""
    many = "<xf/>" * (excel_reader.MOST_STYLE_BYTES // 5)
    edit_part(book, "xl/styles.xml", lambda xml: xml.replace("</cellXfs>", f"{many}</cellXfs>"))
    assert told_by(book) == ["holds more than 2 MiB of styles"]


def test_a_part_that_lies_about_its_size_is_not_believed(book: Path) -> None:
    """No more is unpacked of a part than it says it holds, so that a lie makes it damaged."""
    data = book.read_bytes()
    with zipfile.ZipFile(book) as archive:
        size = archive.getinfo(OFFERS).file_size.to_bytes(4, "little")
    book.write_bytes(data.replace(size, (99).to_bytes(4, "little")))
    assert told_by(book) == ["is not an .xlsx workbook, or is damaged or locked by a password"]


def test_huge_dimensions_take_no_room(book: Path) -> None:
    """A sheet that calls itself as large as sheets can be, with a cell in the last corner, is read
    by its cells."""
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    edit_part(book, OFFERS, lambda xml: xml.replace("</sheetData>", corner))
    edit_part(
        book,
        OFFERS,
        lambda xml: xml.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'),
    )
    assert told_by(book) == ["sheet offers, row 1048576: 1 stands under no heading"]


def test_too_many_cells_are_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading ends where a workbook or a file has more cells than any instance."""
    monkeypatch.setattr(excel_reader, "MOST_CELLS", 100)
    monkeypatch.setattr(csv_tables, "MOST_CELLS", 30)
    assert "more than 100 cells" in told_by(book)[0]
    folder = folder_of(book.parent / "fleet")
    assert told_by(folder)[0] == "contracts.csv: has more than 30 cells"


def test_a_folder_is_not_read_beyond_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that hold more text than any instance are refused."""
    monkeypatch.setattr(csv_tables, "MOST_BYTES", 400)
    assert "is too long; all files may hold" in told_by(folder_of(tmp_path / "fleet"))[0]


def test_entities_are_refused(book: Path) -> None:
    """Markup that grows without end when it is read is not read."""
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><worksheet'
    edit_part(book, OFFERS, lambda xml: xml.replace("<worksheet", bomb))
    assert told_by(book) == ["declares types or entities of its own, as no workbook does"]


def test_links_and_macros_are_left_alone(book: Path) -> None:
    """Macros in a workbook and formulas that refer to other files do nothing."""
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")
    assert gpualloc.read(book) == Instance.from_dict(two_sites())
    workbook_of(book, {("offers", "D2"): "='file:///etc/[passwd]a'!A1"})
    assert "holds a formula without its value" in told_by(book)[0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" * 100, b"a,b\n1,2\n"])
def test_files_that_are_no_workbook(book: Path, content: bytes) -> None:
    """Empty, damaged, locked and misnamed files are told as such."""
    book.write_bytes(content)
    assert told_by(book) == ["is not an .xlsx workbook, or is damaged or locked by a password"]


@RELAXED
@given(at=st.integers(0, 8000), byte=st.integers(0, 255))
def test_damaged_workbooks_are_taken_or_told(tmp_path: Path, at: int, byte: int) -> None:
    """Whatever byte of a workbook is wrong, reading it ends in an instance or in an error."""
    whole, file = tmp_path / "whole.xlsx", tmp_path / "any.xlsx"
    data = bytearray((whole if whole.exists() else workbook_of(whole)).read_bytes())
    data[at % len(data)] = byte
    file.write_bytes(data)
    assert file.name in outcome(file)


@RELAXED
@given(content=st.binary(max_size=40) | st.text(alphabet='a,"\n\r;=1\x00 ', max_size=40))
def test_any_csv_file_is_taken_or_told(tmp_path: Path, content: bytes | str) -> None:
    """Whatever a CSV file holds, reading it ends in an instance or in an error."""
    data = content.encode() if isinstance(content, str) else content
    assert "fleet" in outcome(folder_of(tmp_path / "fleet", links=data))


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    """What is no file is refused, where opening it could block forever."""
    folder = folder_of(tmp_path / "fleet", flows=None)
    os.mkfifo(folder / "flows.csv")
    with pytest.raises(UsageError, match=r"flows\.csv: it is not a file"):
        gpualloc.read(folder)
