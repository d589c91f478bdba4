"""Why an instance has no plan, and the cheapest ways out: `explain`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from gpualloc.answers.explain_conflict import Conflict, find_conflict
from gpualloc.answers.explain_trials import RuleTrials
from gpualloc.answers.explain_ways import WayOut, WaysOut
from gpualloc.answers.relaxations import BusinessRule
from gpualloc.answers.relaxations_demand import demand_rules
from gpualloc.answers.relaxations_supply import supply_rules
from gpualloc.answers.result import Answer, Interval, frame_of, records_of
from gpualloc.answers.solves import Solves
from gpualloc.instance.instance import Instance
from gpualloc.instance.wording import printable
from gpualloc.plan.sections import Column, Digest, Section, section

if TYPE_CHECKING:
    import pandas as pd

KIND_WORDS = {
    "accepts": "acceptance",
    "contract": "contract",
    "flows": "traffic",
    "links": "link",
    "max_data_centers": "spread",
    "max_rtt_ms": "distance",
    "offers": "GPUs",
    "places": "places",
    "power": "power",
    "served": "demand",
    "stays": "no moves",
    "transfer": "data volume",
    "uplinks": "uplink",
}


class ConflictRow(NamedTuple):
    """A rule of the conflict: its kind, what it is about, and what it demands."""

    kind: str
    place: str
    demand: str


class WayRow(NamedTuple):
    """A change of a way out, with the cost of the cheapest plan after all changes of the way.

    `amount` is how much more the rule allows, in `unit`; None where it is given up as a whole.
    `least` is whether no smaller changes of its kind are enough, as far as that was proven.
    """

    way: int
    kind: str
    place: str
    change: str
    amount: float | None
    unit: str
    least: bool
    cost: Interval


@dataclass(frozen=True)
class Explanation(Answer):
    """Why an instance has no plan, and what would give it one.

    Attributes
    ----------
    instance_name : str
    status : {"infeasible", "feasible", "unknown"}
        `feasible`: there is a plan, and nothing to explain. `unknown`: the time ran out before a
        plan or a proof was found.
    conflict : Conflict
        A minimal set of rules that cannot all hold; empty unless infeasible.
    ways : tuple of WayOut
        Changes with which there is a plan, the fewest first, then by the plan's cost.
    """

    row: ClassVar[type[NamedTuple]] = ConflictRow
    instance_name: str
    status: str
    conflict: Conflict = field(default_factory=Conflict)
    ways: tuple[WayOut, ...] = ()

    def __bool__(self) -> bool:
        return self.status != "unknown"

    @property
    def rows(self) -> tuple[ConflictRow, ...]:
        """The rules of the conflict."""
        return tuple(ConflictRow(rule.kind, rule.names, rule.text) for rule in self.conflict.rules)

    @property
    def way_rows(self) -> tuple[WayRow, ...]:
        """The changes of the ways out."""
        return tuple(self._way_rows())

    def _way_rows(self) -> Iterator[WayRow]:
        for number, way in enumerate(self.ways, start=1):
            for change in way.changes:
                amount, unit = change.rule.amount(change.to)
                cost = Interval.of_cost(way.plan)
                kind, place = change.rule.kind, change.rule.names
                told = (kind, place, change.text, amount, unit)
                yield WayRow(number, *told, way.is_least, cost)

    def ways_frame(self) -> pd.DataFrame:
        """The changes of the ways out as a data frame: `way`, `kind`, `place`, ..."""
        return frame_of(WayRow, self.way_rows)

    def document(self) -> dict[str, Any]:
        """The answer as a JSON object."""
        return {
            "instance": self.instance_name,
            "status": self.status,
            "sure": self.sure,
            "conflict": records_of(ConflictRow, self.rows),
            "ways_out": records_of(WayRow, self.way_rows),
        }

    @property
    def sure(self) -> str:
        """How sure the answer is, in a sentence."""
        if self.status == "unknown":
            return "not proven: the time ran out before a plan or a proof was found"
        if self.status == "feasible":
            return "exact: the checker has accepted a plan"
        if not self.conflict.is_minimal:
            number = len(self.conflict.spared)
            return f"proven that these clash; not proven in time that it takes {number} of them"
        return "exact: proven that these clash, and that any one less could be kept"

    def digest(self) -> Digest:
        """The conflict and the ways out, told to people."""
        name = printable(self.instance_name)
        if self.status == "feasible":
            return Digest(f"{name}: there is a plan, so there is nothing to explain", (), ())
        if self.status == "unknown":
            return Digest(f"{name}: {self.sure}", ("give it more time",), ())
        return Digest(
            f"{name}: no plan is possible, because {self._clash}",
            (self.sure,),
            (self._conflict_section(), self._ways_section()),
        )

    @property
    def _clash(self) -> str:
        number = len(self.conflict.rules)
        if number == 1:
            return "one rule cannot be kept"
        return f"these {number} rules cannot all be kept"

    def _conflict_section(self) -> Section:
        rows = [(KIND_WORDS[row.kind], printable(row.demand)) for row in self.rows]
        return section("What clashes", [Column(""), Column("")], rows, longest=30)

    def _ways_section(self) -> Section:
        cells = [
            (f"{number}{'' if way.is_least else ' *'}", printable(way.text), _cost(way))
            for number, way in enumerate(self.ways, start=1)
        ]
        columns = [Column("way"), Column("change"), Column("the plan then costs")]
        note = "each was tried: with it there is a plan; what the change itself costs comes on top"
        if any(row.amount is None for row in self.way_rows):
            note += "\n  a change without a figure gives a rule up as a whole"
        if not all(way.is_least for way in self.ways):
            note += "\n  * less may be enough: the time ran out"
        return section("Ways out", columns, cells, note if cells else "none was found in time")


def _cost(way: WayOut) -> str:
    return Interval.of_cost(way.plan).text


def explain(
    instance: Instance,
    *,
    alternatives: int = 6,
    engine: str = "auto",
    solver: str | None = None,
    time_limit: float | None = None,
    gap: float = 1e-3,
    seed: int = 0,
    threads: int | None = None,
    isolate: bool = True,
    on_note: Callable[[str], None] | None = None,
) -> Explanation:
    """Explain why an instance has no plan, and find the cheapest ways out.

    The explanation is a minimal set of rules, in the instance's own names: they cannot all hold,
    and without any one of them the others can. A way out says which rules to ease and by how
    much; each one was tried by solving the instance with it.

    Parameters
    ----------
    instance : Instance
    alternatives : int
        How many ways out are enough.
    engine, solver, gap, seed, threads, isolate
        As for `solve`; the gap is for the plans of the ways out.
    time_limit : float or None
        Seconds for all solves together; None for no limit.
    on_note : callable or None
        Called with a line about what is being tried.

    Returns
    -------
    Explanation
        Its status is ``feasible`` if there is a plan after all.

    Raises
    ------
    UsageError
        An argument is not possible.
    """
    solves = Solves(
        engine=engine,
        solver=solver,
        time_limit=time_limit,
        gap=gap,
        seed=seed,
        threads=threads,
        isolate=isolate,
        on_note=on_note,
    )
    solves.tell("looking for any plan")
    plan = solves.find_any(instance, to_come=1)
    if plan is None or plan.status != "infeasible":
        return Explanation(instance.name, "feasible" if plan else "unknown")
    rules = business_rules(instance)
    ways = WaysOut(instance, rules, solves, alternatives)
    trials = RuleTrials(instance, rules, solves.part(0.5))
    for layout in ways.find_nearest():
        trials.remember(layout)
    conflict = find_conflict(rules, trials.holds)
    found = ways.search(conflict.rules)
    return Explanation(instance.name, "infeasible", conflict, tuple(found))


def business_rules(instance: Instance) -> tuple[BusinessRule, ...]:
    """Every rule of an instance that an explanation can name.

    Facts are not rules: which GPUs a job can run on, that shards are whole, when a job runs.
    """
    return (*demand_rules(instance), *supply_rules(instance))
