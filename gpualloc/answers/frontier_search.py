r"""The search for a frontier: both ends, then the cheapest plan within limits between them.

With cost c and measure m, a limit on the measure gives

.. math:: \min c(x) \quad \text{where} \quad m(x) \le \varepsilon

and the plan found is then lowered in m as far as its cost allows, so that nothing dominates it
(Haimes, Lasdon, Wismer 1971). Limits are taken from the middle of what is still open: the plan on
the side of less is within the limit, and a start for the solve. Where the plan found has less than
its limit, the limits between the two have that same plan, and are not solved again.

Where cost and measure together are all that a plan costs, the cheapest plan by that sum is on the
frontier too. It comes first, from `gpualloc.solve`, and what it proves, :math:`c + m \ge T`, bounds
every other point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gpualloc.answers.amended import Amended, solve_amended
from gpualloc.answers.frontier_measures import Cost
from gpualloc.answers.frontier_shape import Point, is_less
from gpualloc.answers.result import Interval
from gpualloc.answers.solves import Solves
from gpualloc.formulation.amendment import UNAMENDED, Amendment
from gpualloc.instance.instance import Instance
from gpualloc.plan.plan import OPTIMAL_GAP, Plan
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.measure import Limit, Measure

LOWERING = 0.3
"""The share of time for lowering the measure at a given cost, where finding the cost takes 1."""

FINEST = 1e-5
"""The smallest step between limits on a measure that is no whole number, of its range."""


@dataclass(frozen=True)
class Objectives:
    """The two figures that are traded against each other.

    Parameters
    ----------
    cost, measure : Measure
    is_split : bool
        Whether the two together are all that a plan costs.
    """

    cost: Measure
    measure: Measure
    is_split: bool = False


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
    least_gap : float or None
        How well the least of the measure is proven.
    why_none : str
        Why there is no point.
    """

    def __init__(
        self, solves: Solves, instance: Instance, objectives: Objectives, points: int | None
    ) -> None:
        self.least_gap: float | None = None
        self.why_none = ""
        self._solves = solves
        self._instance = instance
        self._cost, self._measure = objectives.cost, objectives.measure
        self._is_split = objectives.is_split
        self._points = points
        self._shares = (1 + LOWERING) * max(2, points or 2) + 1
        self._sum_low: float | None = None
        """What is proven that cost and measure add up to at least."""

    def run(self) -> list[Point]:
        """Find the ends, then what lies between them."""
        both = self._find_sum()
        cheapest = self._find_cheapest(None if both is None else both.plan)
        if cheapest is None:
            return []
        least = self._find_least(cheapest)
        if not is_less(least.amount, cheapest.amount):
            return [cheapest]
        if self._points is None:
            step = self._finest_step(cheapest, least)
            return [cheapest, *self._walk(cheapest, least, step), least]
        known = [cheapest, least]
        if both is not None and is_less(least.amount, both.amount):
            known[1:1] = [both] if is_less(both.amount, cheapest.amount) else []
        limits = self._grid(cheapest, least, self._points - len(known))
        between = (point for pair in pairwise(known) for point in self._fill(*pair, limits))
        return [*known, *between]

    def _find_sum(self) -> Point | None:
        """The cheapest plan by cost and measure together, where that is what plans cost."""
        if not self._is_split:
            return None
        found = self._solve(UNAMENDED, "the cheapest plan, penalty included", None)
        self._sum_low = found.least.low
        return None if found.plan is None else self._point(None, found.plan)

    def _find_cheapest(self, start: Plan | None) -> Point | None:
        """The least cost, lowered in the measure."""
        found = self._solve(self._aim(self._cost), f"least {self._cost.label}", start)
        if found.plan is None:
            known = found.is_infeasible
            self.why_none = "no plan is valid" if known else "no plan was found in time"
            return None
        return self._lower(found, found.plan)

    def _find_least(self, cheapest: Point) -> Point:
        """The least of the measure, then of the cost as far as that allows."""
        label = self._measure.label
        found = self._solve(self._aim(self._measure), f"least {label}", cheapest.plan)
        self.least_gap = found.gap
        plan = found.plan or cheapest.plan
        within = Limit(self._measure, self._amount(self._measure, plan))
        note = f"least {self._cost.label} at that {label}"
        better = self._solve(self._aim(self._cost, within), note, plan)
        return self._point(better.least.low, better.plan or plan)

    def _fill(self, left: Point, right: Point, limits: Sequence[float]) -> Iterator[Point]:
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

    def _walk(self, left: Point, right: Point, step: float) -> Iterator[Point]:
        """Step down from a point to the next one, until the other end."""
        while is_less(right.amount, left.amount - step):
            left = self._within(left.amount - step, right)
            yield left

    def _within(self, most: float, known: Point) -> Point:
        """The cheapest plan within a limit, lowered in the measure."""
        limit = Limit(self._measure, most)
        note = f"least {self._cost.label} with at most {most:,.6g} {self._measure.label}"
        found = self._solve(self._aim(self._cost, limit), note, known.plan)
        return self._lower(found, found.plan or known.plan, limit)

    def _lower(self, found: Amended, plan: Plan, *limits: Limit) -> Point:
        """Lower a plan in the measure as far as its cost allows, unless it is proven lowest."""
        cost = self._amount(self._cost, plan)
        low = _highest([found.least.low, *(self._low_within(limit.most) for limit in limits)])
        if self._is_lowest(cost, self._amount(self._measure, plan)):
            return self._point(low, plan)
        note = f"least {self._measure.label} at that {self._cost.label}"
        aim = self._aim(self._measure, *limits, Limit(self._cost, cost))
        return self._point(low, self._solve(aim, note, plan, LOWERING).plan or plan)

    def _is_lowest(self, cost: float, amount: float) -> bool:
        if self._sum_low is None:
            return False
        return cost + amount <= self._sum_low + OPTIMAL_GAP * max(1.0, abs(self._sum_low))

    def _low_within(self, most: float) -> float | None:
        """What the proven sum says about the cost within a limit on the measure."""
        return None if self._sum_low is None else self._sum_low - most

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

    def _point(self, low: float | None, plan: Plan) -> Point:
        cost, amount = self._amount(self._cost, plan), self._amount(self._measure, plan)
        low = _highest([low, self._low_within(amount)])
        interval = Interval(None if low is None else min(low, cost), cost, cost)
        return Point(interval, amount, plan)

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


def _highest(bounds: Sequence[float | None]) -> float | None:
    return max((bound for bound in bounds if bound is not None), default=None)
