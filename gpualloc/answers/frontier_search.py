"""The search for a frontier: both ends, then the cheapest plan within limits between them.

With cost c and measure m, a limit on the measure gives

.. math:: \\min c(x) \\quad \\text{where} \\quad m(x) \\le \\varepsilon

and the plan found is then lowered in m as far as its cost allows, so that nothing dominates it.
(Haimes, Lasdon, Wismer 1971.) Limits are taken from the middle of what is still open: the plan on
the side of less is within the limit, and a start for the solve. Where the plan found has less than
its limit, the limits between the two have that same plan, and are not solved again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gpualloc.answers.amended import Amended, solve_amended
from gpualloc.answers.frontier_measures import Cost
from gpualloc.answers.frontier_shape import Point, is_less
from gpualloc.answers.result import Interval
from gpualloc.answers.solves import Solves
from gpualloc.formulation.amendment import Amendment
from gpualloc.instance.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.measure import Limit, Measure

LOWERING = 0.3
"""The share of time for lowering one figure at a given other one, where finding that takes 1."""

FINEST = 1e-5
"""The smallest step between limits on a measure that is no whole number, of its range."""


@dataclass(frozen=True)
class Objectives:
    """The two figures that are traded against each other."""

    cost: Measure
    measure: Measure


class Search:
    """Finds the points of one frontier.

    Parameters
    ----------
    solves : Solves
    instance : Instance
    objectives : Objectives
    points : int or None
        How many at most; None for all.

    Attributes
    ----------
    gaps : list of float or None
        How well the cost of each point, and the least of the measure, is proven.
    why_none : str
        Why there is no point.
    """

    def __init__(
        self, solves: Solves, instance: Instance, objectives: Objectives, points: int | None
    ) -> None:
        self.gaps: list[float | None] = []
        self.why_none = ""
        self._solves = solves
        self._instance = instance
        self._cost, self._measure = objectives.cost, objectives.measure
        self._shares = (1 + LOWERING) * max(2, points or 2)
        self._inner = None if points is None else points - 2

    def run(self) -> list[Point]:
        """Find the ends, then what lies between them."""
        cheapest = self._find_end(self._cost, self._measure)
        if cheapest is None:
            return []
        least = self._find_end(self._measure, self._cost, warm_start=cheapest.plan)
        if least is None or not is_less(least.amount, cheapest.amount):
            return [cheapest]
        if self._inner is None:
            self._step = self._finest_step(cheapest, least)
            return [cheapest, *self._walk(cheapest, least), least]
        limits = self._grid(cheapest, least, self._inner)
        return [cheapest, *self._fill(cheapest, least, limits), least]

    def _find_end(
        self, first: Measure, then: Measure, warm_start: Plan | None = None
    ) -> Point | None:
        """The least of one figure, then of the other as far as that allows."""
        found = self._solve(self._aim(first), f"least {first.label}", warm_start)
        self.gaps.append(found.gap)
        if found.plan is None:
            known = "no plan is valid" if found.is_infeasible else "no plan was found in time"
            self.why_none = self.why_none or known
            return None
        within = Limit(first, self._amount(first, found.plan))
        note = f"least {then.label} at that {first.label}"
        better = self._solve(self._aim(then, within), note, found.plan, LOWERING)
        cost = found if first is self._cost else better
        if first is not self._cost:
            self.gaps.append(better.gap)
        return self._point(cost.least.low, better.plan or found.plan)

    def _fill(self, left: Point, right: Point, limits: list[float]) -> Iterator[Point]:
        """Solve for limits between two points, from the middle on."""
        open_ = [
            limit
            for limit in limits
            if is_less(limit, left.amount) and is_less(right.amount, limit)
        ]
        if not open_:
            return
        middle = open_[len(open_) // 2]
        point = self._within(middle, right)
        yield from self._fill(left, point, [limit for limit in open_ if limit > middle])
        yield point
        yield from self._fill(point, right, [limit for limit in open_ if limit < middle])

    def _walk(self, left: Point, right: Point) -> Iterator[Point]:
        """Step down from a point to the next one, until the other end."""
        while is_less(right.amount, left.amount - self._step):
            left = self._within(left.amount - self._step, right)
            yield left

    def _within(self, most: float, known: Point) -> Point:
        """The cheapest plan within a limit, lowered as far as its cost allows."""
        limit = Limit(self._measure, most)
        note = f"least {self._cost.label} with at most {most:,.6g} {self._measure.label}"
        found = self._solve(self._aim(self._cost, limit), note, known.plan)
        plan = found.plan or known.plan
        self.gaps.append(found.gap)
        costs = Limit(self._cost, self._amount(self._cost, plan))
        amended = self._aim(self._measure, limit, costs)
        note = f"least {self._measure.label} at that {self._cost.label}"
        lowered = self._solve(amended, note, plan, LOWERING)
        return self._point(found.least.low, lowered.plan or plan)

    def _solve(
        self, amendment: Amendment, note: str, warm_start: Plan | None, share: float = 1.0
    ) -> Amended:
        """Solve within a share of the time that is left."""
        self._shares = max(share, self._shares)
        to_come = round(self._shares / share) - 1
        self._shares -= share
        return solve_amended(
            self._solves,
            self._instance,
            amendment,
            note=note,
            warm_start=warm_start,
            to_come=to_come,
        )

    @staticmethod
    def _aim(goal: Measure, *limits: Limit) -> Amendment:
        """Minimize a figure within limits; the cost needs no goal of its own."""
        return Amendment(limits, None if type(goal) is Cost else goal)

    def _point(self, bound: float | None, plan: Plan) -> Point:
        cost = self._amount(self._cost, plan)
        low = None if bound is None else min(bound, cost)
        return Point(Interval(low, cost, cost), self._amount(self._measure, plan), plan)

    def _amount(self, measure: Measure, plan: Plan) -> float:
        return float(measure.amount(Ledger(self._instance, plan.layout)))

    def _grid(self, cheapest: Point, least: Point, inner: int) -> list[float]:
        """Limits at equal steps between the ends, the largest first; whole where they must be."""
        width = cheapest.amount - least.amount
        limits = [cheapest.amount - width * at / (inner + 1) for at in range(1, inner + 1)]
        if self._measure.is_whole:
            return sorted({float(int(limit)) for limit in limits}, reverse=True)
        return limits

    def _finest_step(self, cheapest: Point, least: Point) -> float:
        return 1.0 if self._measure.is_whole else FINEST * (cheapest.amount - least.amount)
