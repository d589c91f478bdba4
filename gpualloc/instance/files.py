"""Reading and writing JSON files, plain or compressed, safely."""

from __future__ import annotations

import gzip
import hashlib
import os
import secrets
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from gpualloc.errors import Fault, FaultyInputError, UsageError
from gpualloc.instance.document import document_of
from gpualloc.instance.faults import capped
from gpualloc.instance.json_text import compact_json, parse_json, readable_json
from gpualloc.instance.records import Record
from gpualloc.instance.wording import printable

MOST_BYTES = 1 << 28
GZIP_MAGIC = b"\x1f\x8b"
SUFFIXES = (".json", ".json.gz")

StrPath = str | os.PathLike[str]


def read_json(path: StrPath, error: type[FaultyInputError]) -> Any:
    """Read a ``.json`` or ``.json.gz`` file.

    Parameters
    ----------
    path : str or path
        The file, in UTF-8; a byte order mark is skipped.
    error : type
        What to raise when the file's content is no sound JSON: `InstanceError`, `PlanFileError`.

    Raises
    ------
    FaultyInputError
        Of the type asked for, with line and column where they are known.
    UsageError
        The file is missing, is a folder, cannot be read, or has another ending.
    """
    source = printable(str(path))
    try:
        text = _read_bytes(Path(path)).decode("utf-8-sig")
        value, faults = parse_json(text)
    except UnicodeDecodeError as cause:
        faults = [Fault(f"byte {cause.start:,}", _undecoded(cause))]
    except (gzip.BadGzipFile, EOFError, zlib.error) as cause:
        faults = [Fault("", f"is not a whole gzip file: {str(cause).lower()}")]
    except _TooLargeError:
        faults = [Fault("", f"holds more than {MOST_BYTES >> 20:,} MiB of text")]
    if faults:
        raise error(source, capped(faults))
    return value


def write_json(path: StrPath, document: Mapping[str, Any]) -> None:
    """Write a ``.json`` or ``.json.gz`` file whole or not at all, the same bytes each time.

    Parameters
    ----------
    path : str or path
        The file; an existing one is replaced only once the new one is complete.
    document : mapping
        What to write: texts, numbers, lists and dicts.

    Raises
    ------
    UsageError
        The file cannot be written there, or has another ending.
    """
    target = Path(os.path.realpath(path))
    _check_suffix(target)
    data = readable_json(document).encode()
    if target.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    write_bytes(target, data)


def canonical_sha256(record: Record) -> str:
    """The SHA-256 of a record's canonical compact JSON, in hexadecimal digits.

    It is the same for instances that mean the same, whether defaults are given or left out and
    whether a figure is 1 or 1.0.
    """
    return hashlib.sha256(compact_json(document_of(record)).encode()).hexdigest()


def write_bytes(path: StrPath, data: bytes) -> None:
    """Write a file beside its place, then move it there.

    Raises
    ------
    UsageError
        The file cannot be written there.
    """
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        write_synced(beside, data)
        os.replace(beside, target)
    except OSError as cause:
        raise UsageError(f"cannot write {printable(str(path))}: {cause.strerror}") from cause
    finally:
        beside.unlink(missing_ok=True)


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and wait until it is on the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


class _TooLargeError(Exception):
    """A file holds more text than any instance or plan."""


def _read_bytes(path: Path) -> bytes:
    _check_suffix(path)
    try:
        with _opened(path) as file:
            data = file.read(MOST_BYTES + 1)
    except gzip.BadGzipFile:
        raise
    except OSError as cause:
        raise UsageError(f"cannot read {printable(str(path))}: {cause.strerror}") from cause
    if len(data) > MOST_BYTES:
        raise _TooLargeError
    return data


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _check_suffix(path: Path) -> None:
    if not path.name.endswith(SUFFIXES):
        found = f"{printable(str(path))} ends neither in .json nor in .json.gz"
        raise UsageError(found)


def _undecoded(cause: UnicodeDecodeError) -> str:
    if cause.object.startswith(GZIP_MAGIC):
        return "is compressed; such a file ends in .json.gz"
    return "is not UTF-8 text"
