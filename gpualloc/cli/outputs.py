"""Output files: looked at before the work begins, so that no result is lost at its end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gpualloc.cli.console import safe
from gpualloc.errors import UsageError

JSON_ENDINGS = (".json", ".json.gz")


def expect_output(path: Path | None, endings: Sequence[str], inputs: Sequence[Path] = ()) -> None:
    """Check that a result can be written to `path`; nothing is written yet.

    Raises
    ------
    UsageError
        The file's ending is not one of `endings`, its folder is missing or not writable, it is a
        folder itself, or it is one of the command's `inputs`.
    """
    if path is None:
        return
    folder = path.parent
    if not path.name.endswith(tuple(endings)):
        raise UsageError(f"{_show(path)}: the file's name must end with {' or '.join(endings)}")
    if path.is_dir():
        raise UsageError(f"{_show(path)}: this is a folder; give the name of a file")
    if not folder.is_dir():
        raise UsageError(f"{_show(path)}: the folder {_show(folder)} does not exist")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{_show(path)}: the folder {_show(folder)} is not writable")
    for given in inputs:
        if given.exists() and path.exists() and given.samefile(path):
            raise UsageError(f"{_show(path)}: this is the input; give another file")


def _show(path: Path) -> str:
    return safe(str(path))
