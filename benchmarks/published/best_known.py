"""The best values known, each with its source, in ``best_known.csv``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from .problem import AssignmentProblem

TABLE = Path(__file__).with_name("best_known.csv")


@dataclass(frozen=True)
class BestKnown:
    """A published value.

    Parameters
    ----------
    proven : bool
        Whether the source says that it is the optimum.
    source : str
        Where it stands.
    """

    value: Fraction
    proven: bool
    source: str


def best_known(problem: AssignmentProblem) -> BestKnown | None:
    """The best value known of a problem; None where no source is at hand."""
    if problem.published is not None:
        return BestKnown(problem.published, True, "the instance's own file")
    return read_table().get((problem.kind, problem.name))


def read_table() -> dict[tuple[str, str], BestKnown]:
    """All values of the table, by kind and name of the instance."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            (row["kind"], row["instance"]): BestKnown(
                Fraction(row["value"]), row["proven"] == "yes", row["source"]
            )
            for row in csv.DictReader(file)
        }
