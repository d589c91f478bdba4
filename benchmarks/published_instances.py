"""Published instances of assignment problems: what gpualloc finds against the best known.

::

    python benchmarks/published_instances.py FOLDER --output results
    python benchmarks/published_instances.py FOLDER --output results --only 'd05*' --time-limit 300

FOLDER has the files as they are published: generalized assignment in ``gap`` (OR-Library's ``gap1``
to ``gap12`` and ``gapa`` to ``gapd``, Yagiura's files), single-source facility location in
``sscflp`` (Holmberg's ``p1`` to ``p71``), generalized quadratic assignment in ``gqap`` (the files
of Cordeau et al., the headers of Lee and Ma). ``benchmarks/published`` tells how they are encoded
and where the best known values come from. The results folder gets ``published.md``,
``published.json`` and ``published.html``, anew after each instance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loglog import Panel, Series, draw_loglog
from machine import made_with
from options import add_common
from published.best_known import BestKnown, best_known
from published.encoding import Encoding, encode
from published.folder import read_folder
from published.problem import AssignmentProblem
from results import Results, shown

import gpualloc
from gpualloc.errors import InputError
from gpualloc.plan.plan import relative_gap

COLUMNS = (
    "instance",
    "sites x items",
    "best known",
    "found",
    "from the best known",
    "bound",
    "gap",
    "seconds",
    "status",
    "note",
)
NOTES = (
    "Values are those of the published problem: of the assignment in the plan, added up anew from "
    "the published figures. A best known value with a star is an optimum by its source. Negative "
    "distances are better than the best known."
)
DIFFERS = "better than an optimum: the file differs from the one that its source solved"
BAD_INPUT = 2
LEAST_S = 0.01
"""Shorter times are drawn as this."""


@dataclass(frozen=True)
class Outcome:
    """What was found of a problem, in the values of the publication.

    Parameters
    ----------
    value, bound : float or None
        A lower bound, or for profits an upper one.
    """

    problem: AssignmentProblem
    known: BestKnown | None
    value: float | None
    bound: float | None
    gap: float | None
    seconds: float
    status: str

    @property
    def distance(self) -> float | None:
        """How much worse than the best known, as a fraction of it."""
        if self.known is None or self.value is None:
            return None
        known = float(self.known.value)
        worse = known - self.value if self.problem.maximize else self.value - known
        return worse / max(1.0, abs(known))

    @property
    def note(self) -> str:
        """Where the best known value comes from, and whether it can be that of this file."""
        if self.known is None:
            return "no value with a source"
        differs = self.known.proven and self.distance is not None and self.distance < 0
        return f"{self.known.source}; {DIFFERS}" if differs else self.known.source

    def record(self) -> dict[str, Any]:
        """All of it, as figures."""
        return {
            "kind": self.problem.kind,
            "instance": self.problem.name,
            "sites": self.problem.sites,
            "items": self.problem.items,
            "maximize": self.problem.maximize,
            "best_known": None if self.known is None else float(self.known.value),
            "best_known_is_optimal": None if self.known is None else self.known.proven,
            "value": self.value,
            "from_best_known": self.distance,
            "bound": self.bound,
            "gap": self.gap,
            "seconds": self.seconds,
            "status": self.status,
            "note": self.note,
        }

    def row(self) -> tuple[str, ...]:
        """A line of the table."""
        known = self.known
        star = "*" if known is not None and known.proven else ""
        return (
            f"{self.problem.kind} {self.problem.name}",
            f"{self.problem.sites} x {self.problem.items}",
            "" if known is None else f"{float(known.value):,.10g}{star}",
            shown(self.value, "{:,.10g}"),
            shown(self.distance, "{:.4%}"),
            shown(self.bound, "{:,.10g}"),
            shown(self.gap, "{:.4%}"),
            f"{self.seconds:.1f}",
            self.status,
            self.note,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Solve all instances of the folder, and write what is known after each."""
    options = _parse(arguments)
    try:
        encodings = [encode(problem) for problem in read_folder(options.folder, options.only)]
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(BAD_INPUT)
    outcomes: list[Outcome] = []
    for encoding in encodings:
        outcomes.append(solve(encoding, options))
        print(*outcomes[-1].row(), sep="  ", file=sys.stderr, flush=True)
        results = _results(outcomes, options)
        results.write(options.output, draw(outcomes))
    print(results.text)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="with folders gap, sscflp, gqap")
    add_common(parser, time_limit=60.0)
    parser.add_argument("--only", default="*", help="pattern of names, as of files")
    return parser.parse_args(arguments)


def solve(encoding: Encoding, options: argparse.Namespace) -> Outcome:
    """Solve an instance, and read the plan as an assignment of the published problem."""
    plan = gpualloc.solve(
        encoding.instance,
        engine=options.engine,
        time_limit=options.time_limit,
        seed=options.seed,
    )
    problem = encoding.problem
    value = float(problem.value(encoding.assignment(plan))) if plan else None
    bound = None if plan.bound_usd is None else encoding.value(plan.bound_usd)
    if value is not None and plan.objective_usd is not None:
        assert problem.fits(encoding.assignment(plan)), problem.name
        assert abs(value - encoding.value(plan.objective_usd)) <= 1e-6 * max(1, abs(value))
    return Outcome(
        problem,
        best_known(problem),
        value,
        bound,
        _gap(problem, value, bound),
        plan.seconds,
        plan.status,
    )


def _gap(problem: AssignmentProblem, value: float | None, bound: float | None) -> float | None:
    """Relative distance of value and bound, in the values of the publication."""
    if problem.maximize and value is not None and bound is not None:
        return relative_gap(-value, -bound)
    return relative_gap(value, bound)


def _results(outcomes: Sequence[Outcome], options: argparse.Namespace) -> Results:
    asked = {"seed": options.seed, "engine": options.engine, "time limit, s": options.time_limit}
    return Results(
        name="published",
        columns=COLUMNS,
        rows=[outcome.row() for outcome in outcomes],
        records=[outcome.record() for outcome in outcomes],
        made=made_with(**asked),
        notes=NOTES,
    )


def draw(outcomes: Sequence[Outcome]) -> Any:
    """Seconds against sites x items; hollow where the proof was not finished."""
    kinds = dict.fromkeys(outcome.problem.kind for outcome in outcomes)
    return draw_loglog(
        "Time to a proof, or to the time limit (hollow)",
        [
            Panel(
                "published instances",
                [_series(kind, [o for o in outcomes if o.problem.kind == kind]) for kind in kinds],
            )
        ],
        x_title="sites x items",
        y_title="seconds",
    )


def _series(kind: str, outcomes: Sequence[Outcome]) -> Series:
    places = [(o.problem.sites * o.problem.items, max(o.seconds, LEAST_S)) for o in outcomes]
    open_ones = [place for place, o in zip(places, outcomes, strict=True) if o.status != "optimal"]
    return Series(kind, places, hollow=open_ones, joined=False)


if __name__ == "__main__":
    main()
