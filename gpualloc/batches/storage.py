"""The run folder on disk: every file in it is whole, or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gpualloc.errors import UsageError
from gpualloc.instance.wording import printable

BESIDE = ".tmp"


class Disk:
    """The calls that put bytes on disk, in one place."""

    def write(self, file: int, data: memoryview) -> int:
        """Write some of the bytes to an open file; returns how many."""
        return os.write(file, data)

    def fsync(self, file: int) -> None:
        """Wait until an open file or folder is on disk."""
        os.fsync(file)

    def rename(self, source: Path, target: Path) -> None:
        """Move a file, replacing one that is there."""
        os.replace(source, target)


class Store:
    """Reads and writes the files below a folder.

    Parameters
    ----------
    folder : path
    disk : Disk
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self.disk = Disk() if disk is None else disk

    def make_folders(self, *names: str) -> None:
        """Make the folder and folders in it, unless they are there.

        Raises
        ------
        UsageError
            They cannot be made.
        """
        with self._telling("make"):
            for name in ("", *names):
                (self.folder / name).mkdir(parents=True, exist_ok=True)

    def commit(self, files: dict[str, bytes]) -> None:
        """Write files beside their places, wait for the disk, move them there in this order.

        Raises
        ------
        UsageError
            The disk refused. Nothing half-written is left; a file that is not in its place yet
            stays as it was.
        """
        beside = {name: self._beside(name) for name in files}
        with self._telling("write"):
            try:
                for name, data in files.items():
                    self._write(beside[name], data)
                for name in files:
                    self.disk.rename(beside[name], self.folder / name)
                for place in dict.fromkeys((self.folder / name).parent for name in files):
                    self._sync_folder(place)
            finally:
                for path in beside.values():
                    path.unlink(missing_ok=True)

    def append(self, name: str, line: bytes) -> None:
        """Add a line to a file.

        Raises
        ------
        UsageError
            The disk refused.
        """
        with self._telling("write"), _opened(self.folder / name, os.O_APPEND) as file:
            self._write_all(file, line + b"\n")

    def mend_lines(self, name: str) -> None:
        """Cut off a last line that was torn when its writer was killed."""
        path = self.folder / name
        with self._telling("write"), suppress(FileNotFoundError):
            data = path.read_bytes()
            whole = data.rfind(b"\n") + 1
            if whole < len(data):
                os.truncate(path, whole)

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None if there is none."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as cause:
            raise self._error("read", cause) from cause

    def sweep(self) -> None:
        """Remove what a killed run left beside its files."""
        for path in self.folder.rglob(f".*{BESIDE}"):
            path.unlink(missing_ok=True)

    def _beside(self, name: str) -> Path:
        path = self.folder / name
        return path.with_name(f".{secrets.token_hex(8)}{BESIDE}")

    def _write(self, path: Path, data: bytes) -> None:
        with _opened(path, os.O_EXCL) as file:
            self._write_all(file, data)
            self.disk.fsync(file)

    def _write_all(self, file: int, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self.disk.write(file, left) :]

    def _sync_folder(self, folder: Path) -> None:
        file = os.open(folder, os.O_RDONLY)
        try:
            self.disk.fsync(file)
        finally:
            os.close(file)

    @contextmanager
    def _telling(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as cause:
            raise self._error(verb, cause) from cause

    def _error(self, verb: str, cause: OSError) -> UsageError:
        place = printable(str(self.folder))
        return UsageError(f"cannot {verb} in {place}: {cause.strerror or cause}")


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock that no other process holds; it ends with this process, however it ends.

    Raises
    ------
    UsageError
        Another process holds it, or the file cannot be opened.
    """
    import fcntl

    shown = printable(str(path.parent))
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as cause:
        raise UsageError(f"cannot write in {shown}: {cause.strerror}") from cause
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as cause:
        holder = os.read(file, 20).decode(errors="replace").strip()
        os.close(file)
        raise UsageError(f"{shown} is in use by another run (process {holder})") from cause
    try:
        with suppress(OSError):
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(file)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o644)
    try:
        yield file
    finally:
        os.close(file)
