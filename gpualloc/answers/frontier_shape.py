"""The plans of a frontier as points: which are efficient, and which a weighting would find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gpualloc.answers.result import Interval
from gpualloc.plan.plan import OPTIMAL_GAP, Plan, relative_gap


@dataclass(frozen=True)
class Point:
    """A plan with its two figures.

    Attributes
    ----------
    cost : Interval
        From what is proven for its limit to what the plan costs.
    amount : float
        The measure.
    plan : Plan
    by_limit_only : bool
        Whether it lies above the lower hull of the points.
    """

    cost: Interval
    amount: float
    plan: Plan
    by_limit_only: bool = False

    @property
    def gap(self) -> float | None:
        """How far the cost may be from the least; None while nothing is proven."""
        return relative_gap(self.cost.best, self.cost.low)

    @property
    def cost_usd(self) -> float:
        """What the plan costs, on the frontier's axis."""
        assert self.cost.high is not None
        return self.cost.high


def keep_efficient(points: Iterable[Point]) -> tuple[Point, ...]:
    """The points that no other one dominates, the cheapest first, one for each pair of figures."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda point: (point.cost_usd, point.amount)):
        if not kept or is_less(point.amount, kept[-1].amount):
            kept.append(point)
    return tuple(
        replace(point, by_limit_only=not _is_on_hull(kept, at)) for at, point in enumerate(kept)
    )


def is_less(a: float, b: float) -> bool:
    """Whether a figure is below another by more than rounding."""
    return a < b - OPTIMAL_GAP * max(1.0, abs(b))


def _is_on_hull(points: Sequence[Point], at: int) -> bool:
    """Whether no line between two others passes below a point."""
    here = points[at]
    return not any(
        is_less(_cost_between(left, right, here.amount), here.cost_usd)
        for left in points[:at]
        for right in points[at + 1 :]
    )


def _cost_between(left: Point, right: Point, amount: float) -> float:
    part = (left.amount - amount) / (left.amount - right.amount)
    return left.cost_usd + part * (right.cost_usd - left.cost_usd)


def usd_per_unit_less(points: Sequence[Point]) -> list[float | None]:
    """What each unit less costs, from the point before; None for the first."""
    prices: list[float | None] = [None] * min(1, len(points))
    for i in range(1, len(points)):
        less = points[i - 1].amount - points[i].amount
        prices.append((points[i].cost_usd - points[i - 1].cost_usd) / less)
    return prices
