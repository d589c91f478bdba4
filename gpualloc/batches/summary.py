"""The table of a run: one row an instance, as CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

from gpualloc.batches.folder import RunFolder, encoded, plan_file, result_file
from gpualloc.batches.results import LABELS, Result
from gpualloc.instance.json_text import readable_json

COLUMNS = (
    "name",
    "scenario",
    "label",
    "objective_usd",
    "bound_usd",
    "gap",
    "seconds",
    "peak_memory_gb",
    "reused",
    "message",
    "result",
    "plan",
)

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def row_of(result: Result) -> dict[str, Any]:
    """The figures of a result; None where it has none."""
    outcome = result.outcome
    return {
        "name": result.name,
        "scenario": result.scenario,
        "label": result.label,
        "objective_usd": outcome.objective_usd,
        "bound_usd": outcome.bound_usd,
        "gap": outcome.gap,
        "seconds": round(outcome.seconds, 3),
        "peak_memory_gb": round(outcome.peak_memory_gb, 3),
        "reused": result.reused,
        "message": result.message,
        "result": result_file(result.key),
        "plan": None if outcome.plan is None else plan_file(result.key),
    }


def count_labels(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many rows have each label, those that none has left out."""
    found = Counter(row["label"] for row in rows)
    return {label: found[label] for label in LABELS if found[label]}


def write_summary(folder: RunFolder, rows: Sequence[dict[str, Any]]) -> None:
    """Write ``summary.csv`` and ``summary.json``.

    Raises
    ------
    UsageError
        The disk refused.
    """
    document = {"labels": count_labels(rows), "instances": list(rows)}
    folder.store.commit(
        {
            "summary.csv": encoded(as_csv(rows)),
            "summary.json": encoded(readable_json(document)),
        }
    )


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as CSV; a text that a spreadsheet would compute is kept a text."""
    target = io.StringIO()
    writer = csv.DictWriter(target, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: _cell(row[column]) for column in COLUMNS} for row in rows)
    return target.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
