"""The run folder: results, plans, the journal and the summary.

::

    RUNS/results/KEY.json   what became of an instance; written last, so it is the truth
    RUNS/plans/KEY.json     its plan's file, if the solve came to an end
    RUNS/journal.jsonl      what happened when, one JSON object a line
    RUNS/summary.csv, .json one row an instance of the latest run
    RUNS/lock               held while a run works on the folder
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpualloc.batches.cases import Case
from gpualloc.batches.results import Outcome
from gpualloc.batches.settings import Settings
from gpualloc.batches.storage import Store, exclusive
from gpualloc.errors import UsageError
from gpualloc.instance.json_text import readable_json
from gpualloc.instance.wording import printable

FORMAT = 1
RESULTS, PLANS = "results", "plans"
JOURNAL, LOCK = "journal.jsonl", "lock"


class RunFolder:
    """A run folder that is open; see the module for what is in it.

    Parameters
    ----------
    store : Store
    settings : Settings
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings

    def load(self, key: str) -> Outcome | None:
        """The committed outcome of a key; None if there is none, or it is damaged."""
        data = self.store.read(result_file(key))
        if data is None:
            return None
        try:
            document = json.loads(data)
            digest = document["plan_sha256"]
            plan = None if digest is None else self.store.read(plan_file(key))
            intact = document["key"] == key and digest == _digest(plan)
            outcome = Outcome.from_document(document["outcome"])
        except (ValueError, KeyError, TypeError, AttributeError):
            intact = False
        if not intact:
            self.note("damaged", key=key)
            return None
        return replace(outcome, plan=None if plan is None else plan.decode())

    def commit(self, case: Case, key: str, outcome: Outcome) -> None:
        """Make a result durable: the plan first, then the result that names its hash."""
        plan = None if outcome.plan is None else outcome.plan.encode()
        document = {
            "format": FORMAT,
            "key": key,
            "name": case.name,
            "instance_sha256": case.content.sha256,
            "scenario": case.scenario.document(),
            "settings": self.settings.document(),
            "plan_sha256": _digest(plan),
            "outcome": {**outcome.document(), "plan": None},
        }
        plans = {} if plan is None else {plan_file(key): plan}
        self.store.commit({**plans, result_file(key): encoded(readable_json(document))})
        self.note("committed", key=key, label=outcome.label, seconds=round(outcome.seconds, 3))

    def note(self, event: str, **details: Any) -> None:
        """Add a line to the journal."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "event": event, **details}, ensure_ascii=True)
        self.store.append(JOURNAL, line.encode())


@contextmanager
def open_folder(store: Store, settings: Settings, *, resume: bool) -> Iterator[RunFolder]:
    """Open a run folder for one run alone.

    Raises
    ------
    UsageError
        Another run uses it, it holds results and is not resumed, or it cannot be written.
    """
    store.make_folders(RESULTS, PLANS)
    with exclusive(store.folder / LOCK):
        if not resume and any(store.folder.glob(f"{RESULTS}/*.json")):
            shown = printable(str(store.folder))
            raise UsageError(f"{shown} holds results; resume it, or name another folder")
        store.sweep()
        store.mend_lines(JOURNAL)
        folder = RunFolder(store, settings)
        folder.note("opened", process=os.getpid(), resume=resume, settings=settings.document())
        yield folder


def encoded(text: str) -> bytes:
    """UTF-8, with escapes for what names of files can hold and UTF-8 cannot."""
    return text.encode(errors="backslashreplace")


def result_file(key: str) -> str:
    """Where the result of a key is, below the run folder."""
    return f"{RESULTS}/{key}.json"


def plan_file(key: str) -> str:
    """Where the plan of a key is, below the run folder."""
    return f"{PLANS}/{key}.json"


def run_path(folder: str | os.PathLike[str]) -> Path:
    """The run folder by its full path, so that a change of directory does not move it."""
    return Path(os.path.abspath(folder))


def _digest(plan: bytes | None) -> str | None:
    return None if plan is None else hashlib.sha256(plan).hexdigest()
