"""Writing a folder of files whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from gpualloc.errors import UsageError
from gpualloc.instance.files import StrPath, write_synced
from gpualloc.instance.wording import printable, quoted


def expect_folder(path: StrPath, names: Collection[str]) -> None:
    """Check that a folder can be written at `path` without losing anything.

    Parameters
    ----------
    path : str or path
        Where the folder will be.
    names : collection of str
        The files that it may hold. Where there is a folder already it is replaced if it holds
        nothing else.

    Raises
    ------
    UsageError
        There is a file, or a folder that holds something else.
    """
    target = Path(os.path.realpath(path))
    shown = printable(str(path))
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageError(f"{shown} is a file; the tables are written to a folder")
    strange = next((f for f in sorted(target.iterdir()) if not _is_ours(f, names)), None)
    if strange:
        found = f"{shown} holds {quoted(strange.name)}, which is none of the tables to be written"
        raise UsageError(f"{found}; give an empty or new folder")


def _is_ours(path: Path, names: Collection[str]) -> bool:
    return path.name in names and path.is_file() and not path.is_symlink()


def write_folder(path: StrPath, files: Mapping[str, bytes], names: Collection[str]) -> None:
    """Write a folder of files beside its place, then move it there.

    Parameters
    ----------
    path : str or path
        The folder. An existing one is replaced once the new one is complete, if it holds nothing
        but files that such a folder may hold.
    files : mapping
        The bytes of each file by name.
    names : collection of str
        The names that the files of such a folder may have.

    Raises
    ------
    UsageError
        There is something else, or the folder cannot be written.
    """
    expect_folder(path, names)
    target = Path(os.path.realpath(path))
    beside, old = (target.with_name(f".{secrets.token_hex(8)}.{kind}") for kind in ("tmp", "old"))
    try:
        beside.mkdir()
        for name, data in files.items():
            write_synced(beside / name, data)
        _swap(beside, target, old)
    except OSError as cause:
        raise UsageError(f"cannot write {printable(str(path))}: {cause.strerror}") from cause
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def _swap(new: Path, target: Path, old: Path) -> None:
    """Put a folder in the place of another, which comes back if that fails."""
    if not target.exists():
        new.rename(target)
        return
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        old.rename(target)
        raise
