"""Large-neighborhood search: free a few groups, solve the small program, keep what is better."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.guide import Guide, take_enough
from gpualloc.engines.decomposition.neighborhood import NeighborhoodBuilder
from gpualloc.engines.decomposition.opening import Opening
from gpualloc.engines.decomposition.planwide import hold
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.engines.decomposition.recreation import Recreation
from gpualloc.engines.decomposition.small import solve_small
from gpualloc.engines.decomposition.vicinity import Vicinity
from gpualloc.formulation.groups import Part
from gpualloc.vectors import Bools, Floats

Kind = Literal["held", "free", "mend", "between"]
"""Neighborhoods with the plan-wide choices as they are, with these free, where rows are broken, and
those between the assignment and a solution of the relaxation."""

FEWEST = 5
"""Groups that are free at once."""

MENDING = 7.0
"""Groups that are free in the first neighborhood around broken rows."""

DIFFERING = 30.0
"""Groups that are free in the first neighborhood between assignment and relaxation."""

BURST, LONG_BURST = 200, 300
"""Tries of a burst of ruin and recreate, and of one on broken rows."""

SHARE_MAKING_WAY = 0.5
"""Neighborhoods around a group and those in its way elsewhere, of those around some group."""

NODES = 50
GAP = 3e-4
CACHED_COLUMNS = 3_000_000
SETTLED = 1e-6
"""What settled plan-wide columns may break a row by, in its largest coefficients."""

SETTLING_SECONDS = 1.0
"""Allowed for plan-wide columns even where time is up: half a settlement pays fees for nothing."""


class Pace(NamedTuple):
    """How the number of free groups follows from one neighborhood to the next.

    Attributes
    ----------
    most : int
        Groups that are free at once.
    quick : float
        Estimated seconds from which on a neighborhood was too large.
    grows, shrinks : float
        Factors after a neighborhood was easy, or was not.
    """

    most: int
    quick: float
    grows: float
    shrinks: float


FEW, MANY = Pace(60, 0.5, 1.04, 0.9), Pace(1000, 1.0, 1.1, 0.85)
PACES: dict[Kind, Pace] = {"held": FEW, "free": FEW, "mend": FEW, "between": MANY}


class Search:
    """Improves an assignment.

    Parameters
    ----------
    pricer : Pricer
    penalty_usd : float
        What a row costs that is broken by its whole limit.
    unit_usd : float
    seed : int
    seconds_left : callable
        Until the search must end.
    size : float
        Groups that are free in the first neighborhood.

    Attributes
    ----------
    tries : int
        Neighborhoods so far.
    """

    def __init__(
        self,
        pricer: Pricer,
        penalty_usd: float,
        unit_usd: float,
        seed: int,
        seconds_left: Callable[[], float],
        size: float,
    ) -> None:
        self.pricer = pricer
        self.unit_usd = unit_usd
        self.recreation = Recreation(pricer, unit_usd, seed)
        self.builder = NeighborhoodBuilder(pricer, penalty_usd)
        self.seconds_left = seconds_left
        self.random = np.random.default_rng(seed)
        self.opening = Opening(pricer, self.random)
        self.vicinity = Vicinity(pricer, self.random)
        self.sizes: dict[Kind, float] = {
            "held": size,
            "free": size,
            "mend": MENDING,
            "between": DIFFERING,
        }
        self.tries = 0
        self._effort = 0.0
        self._parts: dict[int, Part] = {}
        self._cached = 0
        self._reduced: tuple[Floats, Floats] | None = None

    @property
    def effort(self) -> float:
        """Estimated seconds of all it has done, with its pricer's."""
        return self._effort + self.recreation.effort + self.pricer.effort

    def worth(self, assignment: Assignment) -> float:
        """Cost with a penalty for broken rows."""
        return assignment.cost_usd + float(self.builder.penalties(assignment).sum())

    def improve(self, best: Assignment, center: Center, lower: Floats, upper: Floats) -> Assignment:
        """Try one neighborhood."""
        held = bool((lower == upper)[best.coupling.integer].all())
        kind: Kind = "mend" if len(best.broken) else "held" if held else "free"
        if self.random.random() < SHARE_MAKING_WAY:
            chosen, elsewhere = self.vicinity.eject(best, center, self.sizes[kind])
        else:
            chosen, elsewhere = self.vicinity.choose(best, center, self.sizes[kind]), None
        free = [self._open(best, group, center, elsewhere) for group in chosen]
        return self._solve(kind, best, free, lower, upper)

    def between(self, best: Assignment, guides: Iterable[Guide]) -> Assignment:
        """Try what lies between an assignment and solutions of the relaxation.

        Free are the plan-wide choices in which they differ, and groups that the relaxation places
        elsewhere too, in the data centers where any of them has these. With one solution it is the
        relaxation induced neighborhood search of Danna, Rothberg and Le Pape (2005).

        Parameters
        ----------
        guides : iterable of Guide
            The first is looked at, and others while too few groups would be free.
        """
        coupling, most = best.coupling, round(self.sizes["between"])
        taken, differing = take_enough(guides, best.columns, most)
        same = coupling.integer.copy()
        for guide in taken:
            same &= guide.agrees(best.shared)
        lower, upper = hold(same, best.shared, coupling.lower, coupling.upper)
        free = []
        for group in sorted(self.random.permutation(differing)[:most].tolist()):
            elsewhere = (column for guide in taken for column in guide.columns[group])
            columns = (best.columns[group], *elsewhere)
            free.append(self.opening.by_columns(self._part(group), columns))
        return self._solve("between", best, free, lower, upper)

    def _solve(
        self,
        kind: Kind,
        best: Assignment,
        free: list[tuple[Part, Bools]],
        lower: Floats,
        upper: Floats,
    ) -> Assignment:
        """Solve a neighborhood; what it finds, if that is better."""
        self.tries += 1
        place = self.builder.build(best, free, lower, upper)
        found = solve_small(
            place.problem,
            start=place.start,
            gap=GAP,
            nodes=NODES,
            seconds=self.seconds_left(),
            seed=self.tries,
            unit_usd=self.unit_usd,
        )
        self._effort += found.effort
        self._resize(kind, found.proved and found.effort < PACES[kind].quick)
        if found.values is None:
            return best
        candidate = self.builder.read(best, place, found.values)
        if self.worth(candidate) < self.worth(best) - 1e-9 * abs(best.cost_usd):
            return candidate
        return best

    def recreate(
        self, best: Assignment, center: Center, lower: Floats, upper: Floats
    ) -> Assignment:
        """Try a burst of ruin and recreate, with the integer plan-wide columns as they are."""
        tries = BURST if best.is_valid else LONG_BURST
        found = self.recreation.improve(best, center, tries, lambda: self.seconds_left() <= 0)
        settled = self.settle(found.columns, found.shared, *best.hold(lower, upper))
        return settled if self.worth(settled) < self.worth(best) else best

    def settle(
        self,
        columns: Sequence[Column],
        shared: Floats,
        lower: Floats,
        upper: Floats,
    ) -> Assignment:
        """The assignment of given placements with the best plan-wide columns, from some of them."""
        coupling = self.pricer.coupling
        near = np.clip(np.where(coupling.integer, np.rint(shared), shared), lower, upper)
        around = Assignment(coupling, tuple(columns), near)
        place = self.builder.build(around, [], lower, upper, trades=True)
        found = solve_small(
            place.problem,
            start=place.start,
            gap=1e-4,
            nodes=NODES,
            seconds=max(self.seconds_left(), SETTLING_SECONDS),
            unit_usd=self.unit_usd,
            feasible=SETTLED,
        )
        self._effort += found.effort
        return around if found.values is None else self.builder.read(around, place, found.values)

    def resettle(self, found: Assignment, lower: Floats, upper: Floats) -> Assignment:
        """A valid assignment with better plan-wide columns, if there are any."""
        settled = self.settle(found.columns, found.shared, lower, upper)
        return settled if settled.is_valid and settled.cost_usd < found.cost_usd else found

    def polish(self, found: Assignment) -> Assignment:
        """The same decisions with continuous columns that carry no rounding of the integers."""
        free = []
        for group in range(len(self.pricer)):
            if not self.pricer.is_exact(group):
                part = self._part(group)
                free.append((part, self.opening.used(part, (found.columns[group],))))
        coupling = found.coupling
        lower, upper = found.hold(coupling.lower, coupling.upper)
        place = self.builder.build(found, free, lower, upper)
        problem = place.problem
        fixed = problem.with_bounds(
            *hold(problem.integer, place.start, problem.lower, problem.upper)
        )
        solved = solve_small(fixed, seconds=self.seconds_left(), unit_usd=self.unit_usd)
        if solved.values is None:
            return found
        polished = self.builder.read(found, place, solved.values)
        return polished if polished.is_valid else found

    def _resize(self, kind: Kind, is_easy: bool) -> None:
        """Free more groups while neighborhoods are solved soon and to the end, else fewer.

        Each kind has a size of its own: with the plan-wide columns held they are easier.
        """
        pace = PACES[kind]
        size = self.sizes[kind] * (pace.grows if is_easy else pace.shrinks)
        self.sizes[kind] = float(np.clip(size, FEWEST, pace.most))

    def _open(
        self, best: Assignment, group: int, center: Center, elsewhere: Column | None
    ) -> tuple[Part, Bools]:
        """A group with the columns that it may use, and those of its own placement elsewhere."""
        part, first = self._part(group), self.pricer.first_of(group)
        reduced = self._reduced_costs(center)[first : first + part.problem.columns]
        part, allowed = self.opening.by_prices(part, best.columns[group], reduced)
        if elsewhere is not None and elsewhere.group == group:
            columns = (best.columns[group], elsewhere)
            allowed = allowed | self.opening.by_columns(part, columns)[1]
        return part, allowed

    def _reduced_costs(self, center: Center) -> Floats:
        if self._reduced is None or self._reduced[0] is not center.duals:
            self._reduced = center.duals, self.pricer.reduced_costs(center.duals)
        return self._reduced[1]

    def _part(self, group: int) -> Part:
        if group not in self._parts:
            if self._cached > CACHED_COLUMNS:
                self._parts.clear()
                self._cached = 0
            self._parts[group] = self.pricer.groups.write(group)
            self._cached += self._parts[group].problem.columns
        return self._parts[group]
