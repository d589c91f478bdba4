"""From what a user names to instances: files, folders of them, folders of tables, patterns."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from gpualloc.errors import UsageError
from gpualloc.instance.files import StrPath
from gpualloc.instance.wording import printable

ENDINGS = (".json", ".json.gz", ".xlsx")
TABLE = ".csv"


def find_instances(inputs: Iterable[StrPath], runs: Path) -> list[Path]:
    """The files and folders of tables that inputs stand for, each once.

    Parameters
    ----------
    inputs : iterable of str or path
        A file; a folder of CSV tables, which is one instance; any other folder, whose instances
        are those directly in it; or a pattern (``**`` for folders at any depth).
    runs : path
        The run folder; a pattern never finds what is in it.

    Raises
    ------
    UsageError
        An input does not exist, or stands for nothing.
    """
    own = runs.resolve()
    found: dict[Path, None] = {}
    for given in inputs:
        for path in _expand(Path(given)):
            place = path.resolve()
            if place != own and own not in place.parents:
                found[path] = None
    if not found:
        raise UsageError("there is no instance to solve")
    return list(found)


def _expand(given: Path) -> Iterator[Path]:
    shown = printable(str(given))
    if given.is_dir():
        matches = [given] if is_table_folder(given) else sorted(_instances_in(given))
        if not matches:
            raise UsageError(f"{shown}: the folder holds no instance ({', '.join(ENDINGS)})")
    elif given.exists():
        matches = [given]
    elif glob.has_magic(str(given)):
        matches = [Path(name) for name in sorted(glob.glob(str(given), recursive=True))]
        matches = [path for path in matches if _is_instance(path)]
        if not matches:
            raise UsageError(f"{shown}: no instance matches")
    else:
        raise UsageError(f"{shown}: there is no such file")
    yield from matches


def _instances_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if _is_instance(path))


def _is_instance(path: Path) -> bool:
    return is_table_folder(path) if path.is_dir() else path.name.endswith(ENDINGS)


def is_table_folder(path: Path) -> bool:
    """Whether a folder holds CSV tables, so that it is an instance itself."""
    return any(entry.name.endswith(TABLE) for entry in path.iterdir())
