"""The frontier: what less of something costs, one plan a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from gpualloc.answers.amended import tell_sure
from gpualloc.answers.frontier_measures import Cost, Energy, OtherCost, Penalty, Providers
from gpualloc.answers.frontier_search import Objectives, Search
from gpualloc.answers.frontier_shape import Point, keep_efficient, usd_per_unit_less
from gpualloc.answers.replanning_moves import Moves, today_of
from gpualloc.answers.result import Answer, Interval
from gpualloc.answers.solves import Solves
from gpualloc.errors import NoPlanError, UsageError
from gpualloc.instance.instance import Instance
from gpualloc.instance.wording import printable
from gpualloc.plan.plan import Plan
from gpualloc.plan.sections import Column, Digest, Section, section
from gpualloc.plan.text import count, percent, usd, usd_column

AGAINST = ("penalty", "energy", "providers", "moves")
"""What the cost can be held against."""

DEFAULT_POINTS = 5
DEFAULT_SECONDS = 240.0


class FrontierRow(NamedTuple):
    """One plan of a frontier.

    Attributes
    ----------
    amount : float
        The measure, in its unit.
    cost : Interval
        What the plan costs; for the penalty, without it. No plan with at most this much of the
        measure costs less than its low end.
    objective_usd : float
        All that the plan costs.
    usd_per_unit_less : float or None
        What each unit less of the measure costs, from the plan before; None for the first.
    by_limit_only : bool
        Whether no weighting of cost and measure has this plan as its best, given the others here.
    """

    amount: float
    cost: Interval
    objective_usd: float
    usd_per_unit_less: float | None
    by_limit_only: bool


@dataclass(frozen=True)
class Frontier(Answer):
    """The plans of which no other is cheaper and has less of the measure, from the cheapest on.

    Parameters
    ----------
    instance_name : str
    cost_label, label : str
        What the two axes are, with their units.
    points : tuple of Point
    is_whole : bool
        Whether all such plans are here, and not only a few of them.
    gaps : tuple of float or None
        How well the cost of each point is proven, then the least of the measure.
    """

    row: ClassVar[type[NamedTuple]] = FrontierRow
    instance_name: str
    cost_label: str
    label: str
    points: tuple[Point, ...]
    is_whole: bool
    gaps: tuple[float | None, ...]

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans, in the order of the rows."""
        return tuple(point.plan for point in self.points)

    @property
    def sure(self) -> str:
        return tell_sure(self.gaps)

    def document(self) -> dict[str, Any]:
        """The answer as a JSON object, with what its two figures are."""
        return {"cost": self.cost_label, "amount": self.label, **super().document()}

    @property
    def rows(self) -> tuple[FrontierRow, ...]:
        prices = usd_per_unit_less(self.points)
        return tuple(
            FrontierRow(
                point.amount,
                point.cost,
                point.plan.objective_usd or 0.0,
                price,
                point.by_limit_only,
            )
            for point, price in zip(self.points, prices, strict=True)
        )

    def digest(self) -> Digest:
        first, last = self.points[0], self.points[-1]
        what = self.label.partition(",")[0]
        plural = "s" if len(self.points) > 1 else ""
        found = "" if self.sure.startswith("exact") else " that was found"
        kept = "these are all" if self.is_whole else "these are some"
        lines = [
            f"cheapest: {usd(first.cost_usd)} USD, with {self._amount(first)}",
            f"least {what}: {self._amount(last)}, for {usd(last.cost_usd)} USD{_more(first, last)}",
            f"no other plan{found} is both cheaper and lower in {what}; {kept}",
            self.sure,
        ]
        if len(self.points) == 1:
            lines[1:3] = [f"the cheapest plan also has the least {what}: nothing is traded off"]
        return Digest(
            f"{printable(self.instance_name)}: what less {what} costs, "
            f"{len(self.points)} plan{plural}",
            tuple(lines),
            (self._section(),),
        )

    def _section(self) -> Section:
        rows = self.rows
        costs = usd_column(point.cost_usd for point in self.points)
        totals = usd_column(row.objective_usd for row in rows)
        cells = [
            (
                self._figure(row.amount),
                cost,
                _more(self.points[0], point).strip(" ()"),
                "" if row.usd_per_unit_less is None else usd(row.usd_per_unit_less),
                total,
                "*" if row.by_limit_only else "",
            )
            for row, point, cost, total in zip(rows, self.points, costs, totals, strict=True)
        ]
        columns = [
            Column(self.label, True),
            Column(self.cost_label, True),
            Column("more", True),
            Column("USD a unit less", True),
            Column("all costs, USD", True),
            Column(""),
        ]
        note = "* found by a limit alone: no weighting would choose it"
        starred = any(row.by_limit_only for row in rows)
        return section("Plans", columns, cells, note if starred else "", longest=len(cells))

    def _amount(self, point: Point) -> str:
        what, _, unit = self.label.partition(", ")
        return f"{self._figure(point.amount)} {unit or what}"

    def _figure(self, amount: float) -> str:
        return usd(amount) if self.label.endswith("USD") else count(round(amount, 2))


def _more(first: Point, point: Point) -> str:
    if point is first or not first.cost_usd:
        return ""
    return f" (+{percent((point.cost_usd - first.cost_usd) / abs(first.cost_usd))})"


def frontier(
    instance: Instance,
    against: str = "penalty",
    *,
    points: int | None = DEFAULT_POINTS,
    today: Plan | None = None,
    engine: str = "auto",
    solver: str | None = None,
    time_limit: float | None = DEFAULT_SECONDS,
    gap: float = 1e-6,
    seed: int = 0,
    threads: int | None = None,
    isolate: bool = True,
    on_note: Callable[[str], None] | None = None,
) -> Frontier:
    """Find the plans that trade cost against something else, each the cheapest within a limit.

    The ends are the cheapest plan, with as little of the measure as that cost allows, and the plan
    with the least of the measure, as cheap as that allows. Between them each plan is the cheapest
    with at most so much of the measure. So plans are found that no weighting of the two would
    choose.

    Parameters
    ----------
    instance : Instance
    against : {"penalty", "energy", "providers", "moves"}
        The measure: the synchronization penalty (stall, latency and egress, USD; the cost is then
        all other lines), energy (MWh), the number of providers in use, or how many shards are not
        where they are today.
    points : int or None
        How many plans at most, the ends among them; None for all that there are.
    today : Plan or None
        Today's placement, for moves; None for the jobs' `current`.
    engine, solver, gap, seed, threads, isolate
        As for `gpualloc.solve`.
    time_limit : float or None
        Seconds for all solves together; None for no limit.
    on_note : callable or None
        Called with a line about each solve as it begins.

    Returns
    -------
    Frontier

    Raises
    ------
    NoPlanError
        The instance has no plan, or none was found in time.
    UsageError
        An argument is not possible.
    """
    if points is not None and points < 2:
        raise UsageError(f"points: {points} is not a whole number from 2")
    objectives = _objectives(instance, against, today)
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
    search = Search(solves, instance, objectives, points)
    found = search.run()
    if not found:
        raise NoPlanError(f"{printable(instance.name)}: {search.why_none}")
    kept = keep_efficient(found)
    return Frontier(
        instance_name=instance.name,
        cost_label=objectives.cost.label,
        label=objectives.measure.label,
        points=kept,
        is_whole=points is None,
        gaps=(*(point.gap for point in kept), search.least_gap),
    )


def _objectives(instance: Instance, against: str, today: Plan | None) -> Objectives:
    if today is not None and against != "moves":
        raise UsageError("today's placement is for a frontier against moves")
    if against == "penalty":
        return Objectives(OtherCost(), Penalty(), is_split=True)
    if against == "energy":
        return Objectives(Cost(), Energy())
    if against == "providers":
        return Objectives(Cost(), Providers())
    if against == "moves":
        return Objectives(Cost(), Moves(today_of(instance, today)))
    raise UsageError(f'"{against}" is nothing to hold the cost against; {", ".join(AGAINST)} are')
