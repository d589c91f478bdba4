"""Output files: looked at before the work begins, so that no result is lost at its end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gpualloc.cli.console import safe
from gpualloc.errors import UsageError

PLAN_KINDS = ".json, .json.gz, .xlsx, .parquet (a folder), or no ending (a folder of CSV tables)"
INSTANCE_KINDS = ".json, .json.gz, .xlsx, or no ending (a folder of CSV tables)"


def expect_output(path: Path | None, endings: Sequence[str], inputs: Sequence[Path] = ()) -> None:
    """Check that a result can be written to a file at `path`; nothing is written yet.

    Raises
    ------
    UsageError
        The file's ending is not one of `endings`, its folder is missing or not writable, it is a
        folder itself, or it is one of the command's `inputs`.
    """
    if path is None:
        return
    if not path.name.endswith(tuple(endings)):
        raise UsageError(f"{_show(path)}: the file's name must end with {' or '.join(endings)}")
    if path.is_dir():
        raise UsageError(f"{_show(path)}: this is a folder; give the name of a file")
    _expect_place(path, inputs)


def expect_instance(path: Path | None, inputs: Sequence[Path] = ()) -> None:
    """Check that an instance can be written to `path`, a file or a folder by its ending.

    Raises
    ------
    UsageError
        As for `expect_output`; or a folder there holds what is no table of an instance.
    """
    from gpualloc.instance.formats.endings import INSTANCE_FORMATS, Format, format_of
    from gpualloc.instance.formats.instances import csv_names

    if path is None:
        return
    is_folder = format_of(path, INSTANCE_FORMATS) is Format.CSV
    _expect_kind(path, csv_names() if is_folder else None, inputs)


def expect_plan(path: Path | None, inputs: Sequence[Path] = ()) -> None:
    """Check that a plan can be written to `path`, a file or a folder by its ending.

    Raises
    ------
    UsageError
        As for `expect_output`; or a folder there holds what is no table of a plan.
    """
    from gpualloc.instance.formats.endings import PLAN_FORMATS, format_of
    from gpualloc.plan.writing import FOLDER_ENDINGS, file_names

    if path is None:
        return
    kind = format_of(path, PLAN_FORMATS)
    _expect_kind(path, file_names(kind) if kind in FOLDER_ENDINGS else None, inputs)


def _expect_kind(path: Path, names: Sequence[str] | None, inputs: Sequence[Path]) -> None:
    """Check the place of a file, or of a folder that may hold files of these names."""
    from gpualloc.instance.formats.folders import expect_folder

    _expect_place(path, inputs)
    if names is not None:
        expect_folder(path, names)
    elif path.is_dir():
        raise UsageError(f"{_show(path)}: this is a folder; give the name of a file")


def _expect_place(path: Path, inputs: Sequence[Path]) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(f"{_show(path)}: the folder {_show(folder)} does not exist")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{_show(path)}: the folder {_show(folder)} is not writable")
    for given in inputs:
        if given.exists() and path.exists() and given.samefile(path):
            raise UsageError(f"{_show(path)}: this is the input; give another file")


def _show(path: Path) -> str:
    return safe(str(path))
