"""One thing to solve: the bytes of an instance, and what to change about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpualloc.batches.settings import Settings
from gpualloc.errors import UsageError
from gpualloc.instance.document import document_of
from gpualloc.instance.files import MOST_BYTES
from gpualloc.instance.instance import Instance
from gpualloc.instance.json_text import compact_json
from gpualloc.instance.scenarios import Scenario
from gpualloc.instance.wording import printable
from gpualloc.version import __version__

UNCHANGED = Scenario()
LONGEST_ENDING = 16


@dataclass(frozen=True)
class Content:
    """An instance as bytes. It is parsed where it is solved, never in the batch's own process.

    Attributes
    ----------
    files : mapping of str to bytes
        One file by its ending (``.json.gz``), or those of a folder of tables by name.
    folder : bool
        Whether it is a folder.
    fault : str
        Why it could not be read; empty if it could.
    """

    files: Mapping[str, bytes]
    folder: bool = False
    fault: str = ""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file; of a folder, that of its files' names and hashes."""
        if not self.folder and len(self.files) == 1:
            (data,) = self.files.values()
            return hashlib.sha256(data).hexdigest()
        listing = {
            name: hashlib.sha256(self.files[name]).hexdigest() for name in sorted(self.files)
        }
        return hashlib.sha256(json.dumps([listing, self.fault]).encode()).hexdigest()


@dataclass(frozen=True)
class Case:
    """An instance under a scenario.

    Attributes
    ----------
    name : str
        The file as it was given, or the name of an instance made in Python.
    content : Content
    scenario : Scenario
    """

    name: str
    content: Content
    scenario: Scenario = UNCHANGED

    def key(self, settings: Settings) -> str:
        """SHA-256 of instance, scenario, settings and version, in hexadecimal digits.

        A file counts by its bytes, an instance made in Python by its canonical form.
        """
        parts = {
            "instance": self.content.sha256,
            "scenario": self.scenario.document(),
            "settings": settings.document(),
            "gpualloc": __version__,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def content_of(given: Instance | Path) -> Content:
    """The bytes of an instance, a file, or a folder of CSV tables."""
    if isinstance(given, Instance):
        return Content({".json": compact_json(document_of(given)).encode()})
    try:
        if given.is_dir():
            tables = sorted(path for path in given.iterdir() if path.name.endswith(".csv"))
            return Content({path.name: _read(path) for path in tables}, folder=True)
        return Content({_ending(given): _read(given)})
    except OSError as cause:
        return Content({}, fault=f"cannot be read: {cause.strerror}")
    except UsageError as cause:
        return Content({}, fault=str(cause))


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"{printable(path.name)} is not a file")
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UsageError(f"{printable(path.name)} holds more than {MOST_BYTES >> 20:,} MiB")
    return data


def _ending(path: Path) -> str:
    return ".json.gz" if path.name.endswith(".json.gz") else path.suffix[:LONGEST_ENDING]
