"""Diving: settle what the relaxation is surest of, plan-wide choices first, and price again."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from gpualloc.engines.decomposition.assignment import activity_of
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.generation import Generation
from gpualloc.engines.decomposition.master import Relaxed
from gpualloc.engines.decomposition.rounding import Rounding
from gpualloc.vectors import Bools, Floats

SHARE = 0.2
"""Fraction of the open groups that is settled in each round, at least."""

HELPS = 2e-4
"""By how much pricing again must lower the relaxation, relative."""

LITTLE, LOST = 0.1, 0.01
"""Placements that a settlement may make impossible, in all and of one group: repair finds them."""

JUMP = 3e-3
"""By how much a settlement may raise the cost, relative, without a try with fewer groups."""

STEP = 4
"""Factor from one number of groups that are settled at once to the next."""

BARS = 10
"""Placements that are barred in a dive, at most."""

HEAVIEST, HAIR = 2, 1e-7
"""Placements of a giant that are tried, and what rounding may take of a row, in its sizes."""

SURE = 0.95
DEAR = 0.5
"""Power of the costs by which dear groups come first where room is scarce."""

NEAR = 1e-9
ROUNDS = 8
"""Times that the open groups are priced between two settlements."""


@dataclass(frozen=True)
class Manner:
    """How to dive.

    Attributes
    ----------
    giants : int
        So many of the dearest groups are settled one by one before the others.
    looks : bool
        Whether the plan-wide columns that are worth most are rounded to the cheaper side, and not
        just to the nearer one.
    """

    giants: int
    looks: bool


class Dive:
    """One dive from the relaxation to an assignment.

    Parameters
    ----------
    generation : Generation
        Its master is bounded on the way, and at the end set free and back to its basis.
    stop : callable
        Whether to end early.
    manner : Manner
    """

    def __init__(self, generation: Generation, stop: Callable[[], bool], manner: Manner) -> None:
        self.generation = generation
        self.master = generation.master
        self.stop = stop
        self.manner = manner
        self._rounding = Rounding(
            self.master, generation.solve_master, self._price_open, stop, looks=manner.looks
        )
        self._chosen: dict[int, Column] = {}
        self._barred: list[int] = []
        self._kept = len(generation.pricer)
        self._scarce = False

    def run(self) -> Generator[None, None, tuple[list[Column], Floats] | None]:
        """Settle every group, a piece at a time.

        Returns a placement of each, and the plan-wide columns; None if no placement is known of a
        group. Nothing else may use the master meanwhile.
        """
        master = self.master
        lower, upper = master.lower.copy(), master.upper.copy()
        groups = len(self.generation.pricer)
        relaxed, basis = self.generation.solve_master(), master.basis()
        try:
            relaxed = self._rounding.settle(relaxed)
            yield
            relaxed = self._settle_giants(relaxed)
            yield
            while len(self._chosen) < groups and not self.stop():
                after = self._advance(relaxed)
                if after is None:
                    break
                relaxed = after
                yield
            self._settle_rest(relaxed.weights)
        finally:
            master.set_bounds(lower, upper)
            master.allow(np.ones(len(master.pool), dtype=bool))
            master.restore(basis)
        if len(self._chosen) < groups:
            return None
        return [self._chosen[group] for group in range(groups)], relaxed.shared

    def _settle_giants(self, relaxed: Relaxed) -> Relaxed:
        """Settle the dearest groups, the dearest first, each where that costs the others least."""
        pool, known = self.master.pool, len(relaxed.weights)
        usd = np.bincount(pool.group[:known], relaxed.weights * pool.cost[:known])
        for group in np.argsort(-usd, kind="stable")[: self.manner.giants].tolist():
            places = self._places(group, relaxed)
            if places and not self.stop():
                self._choose([min(places, key=self._cost_usd)])
                relaxed = self._price_open()
        return relaxed

    def _places(self, group: int, relaxed: Relaxed) -> list[Column]:
        """The placements of a group with the most weight, and one in the room of the others."""
        pool, coupling = self.master.pool, self.master.coupling
        mine = pool.group[: len(relaxed.weights)] == group
        own = np.flatnonzero(mine & (relaxed.weights > 0))
        ranked = own[np.argsort(-relaxed.weights[own], kind="stable")]
        places = [pool[at] for at in ranked[:HEAVIEST].tolist()]
        if len(own) > 1:
            others = np.where(mine, 0.0, relaxed.weights)
            room = coupling.row_upper - self.master.activity(others, relaxed.shared)
            room = np.maximum(room, 0.0) + HAIR * coupling.sizes
            column = self.generation.pricer.place_within(group, relaxed.duals, room)
            if column is not None:
                self.master.add_columns([column])
                places.append(column)
        return places

    def _cost_usd(self, column: Column) -> float:
        """What the relaxation costs with a group at a placement."""
        self._choose([column])
        cost = self.generation.solve_master().cost_usd
        del self._chosen[column.group]
        return cost

    def _price_open(self, before_usd: float = -np.inf) -> Relaxed:
        """Solve the master, with new columns for the groups that are open while they help.

        Where it costs no more than before, they would not.
        """
        generation, pricer = self.generation, self.generation.pricer
        relaxed = generation.solve_master()
        if relaxed.cost_usd - before_usd < HELPS * abs(relaxed.cost_usd):
            return relaxed
        for _ in range(ROUNDS):
            open_ = [group for group in range(len(pricer)) if group not in self._chosen]
            if not open_ or self.stop():
                break
            pricer.price_within(relaxed.duals, self._room())
            if not generation.add_found(open_, relaxed.duals):
                break
            before, relaxed = relaxed, generation.solve_master()
            if before.cost_usd - relaxed.cost_usd < HELPS * abs(relaxed.cost_usd):
                break
        return relaxed

    def _room(self) -> Floats:
        """(r,) what a placement may add to each coupling row, at the best plan-wide columns."""
        coupling = self.master.coupling
        entries = coupling.entries
        ends = (
            entries.values * self.master.lower[entries.columns],
            entries.values * self.master.upper[entries.columns],
        )
        least = np.bincount(entries.row_of_entry, np.minimum(*ends), coupling.rows)
        taken = activity_of(coupling, tuple(self._chosen.values()))
        room: Floats = coupling.row_upper - taken - least
        return room

    def _room_and_a_hair(self) -> Floats:
        """(r,) the same, and what rounding may take of it."""
        room = self._room()
        return room + NEAR * np.maximum(1.0, np.abs(room))

    def _best_of(self, weights: Floats) -> list[tuple[float, int]]:
        """For each open group, its column with the most weight."""
        best: dict[int, tuple[float, int]] = {}
        for at in np.flatnonzero(weights > 0).tolist():
            group = self.master.pool[at].group
            if group not in self._chosen and weights[at] > best.get(group, (0.0, -1))[0]:
                best[group] = (float(weights[at]), at)
        return sorted(best.values(), key=self._rank)

    def _rank(self, pair: tuple[float, int]) -> tuple[float, int]:
        """The surest first; once groups have lost their place, the dearest of those nearly sure."""
        weight, at = pair
        if self._scarce:
            weight = min(weight, SURE) * abs(self.master.pool[at].cost) ** DEAR
        return -weight, at

    def _advance(self, before: Relaxed) -> Relaxed | None:
        """Settle some groups; None if none is left.

        Where others lose their place by it, these are settled first, the dearest of them before
        the others, and fewer after them; the master goes back to where it was each time. A group
        that costs much even alone is looked at without.
        """
        ranked = self._best_of(before.weights)
        if not ranked:
            return None
        pool, at_of = self.master.pool, {self.master.pool[at].group: at for _, at in ranked}
        count = max(1, int(np.ceil(SHARE * len(ranked))))
        most = max(count, sum(weight >= SURE for weight, _ in ranked))
        most = min(most, STEP * self._kept)

        def usd_of(group: int) -> float:
            return pool[at_of[group]].cost if group in at_of else 0.0

        first: list[int] = []
        seen: set[int] = set()
        basis = self.master.basis()
        while True:
            fresh = self._settle([pool[at] for at in at_of.values()], first, most)
            after = self._price_open(before.cost_usd)
            lost = self._lost(before, after)
            if (not lost and self._is_near(before, after)) or self.stop():
                self._kept = len(fresh)
                return after
            if len(fresh) == 1:
                self._kept = 1
                return self._look_without(at_of[fresh[0].group], after)
            for column in fresh:
                del self._chosen[column.group]
            self.master.restore(basis)
            new = set(lost) - seen
            seen |= new
            if not (new or most):
                first = first[: len(fresh) // 2]
            first = sorted((*first, *new), key=usd_of, reverse=True)
            self._scarce = True
            most = min(count, most // STEP)

    @staticmethod
    def _is_near(before: Relaxed, after: Relaxed) -> bool:
        """Whether a settlement has made the relaxation little worse."""
        more = after.cost_usd - before.cost_usd
        return after.missing <= before.missing + LITTLE and more <= JUMP * abs(before.cost_usd)

    def _look_without(self, at: int, settled: Relaxed) -> Relaxed:
        """Bar a placement that was settled alone, unless the relaxation is worse without."""
        column = self.master.pool[at]
        if len(self._barred) >= BARS:
            return settled
        del self._chosen[column.group]
        self._barred.append(at)
        self._choose([])
        without = self._price_open()
        if without.cost_usd < settled.cost_usd:
            return without
        self._barred.pop()
        self._choose([column])
        return self.generation.solve_master()

    @property
    def barred(self) -> list[Column]:
        """Placements that were found to cost the others too much."""
        return [self.master.pool[at] for at in self._barred]

    def _settle(self, ranked: list[Column], first: list[int], most: int) -> list[Column]:
        """Settle the groups that come first, and then others in their order, as far as they fit."""
        columns = {column.group: column for column in ranked}
        ahead = [columns.pop(group) for group in first if group in columns]
        fresh = self._fitting([*ahead, *islice(columns.values(), most if ahead else max(1, most))])
        self._choose(fresh)
        return fresh

    def _choose(self, columns: list[Column]) -> None:
        """Settle groups at some placements; the others keep those that there is room for."""
        self._chosen.update({column.group: column for column in columns})
        self.master.allow(self._allowed())

    @staticmethod
    def _lost(before: Relaxed, after: Relaxed) -> list[int]:
        """Groups that have lost their place."""
        groups: list[int] = np.flatnonzero(after.unplaced > before.unplaced + LOST).tolist()
        return groups

    def _fitting(self, columns: list[Column]) -> list[Column]:
        """Columns that fit together, the first before others; at least one."""
        room = self._room_and_a_hair()
        kept: list[Column] = []
        for column in columns:
            if (column.coefficients <= np.maximum(room[column.rows], 0)).all() or not kept:
                room[column.rows] -= column.coefficients
                kept.append(column)
        return kept

    def _allowed(self) -> Bools:
        """Of settled groups the placements chosen; of others those that there is room for."""
        pool = self.master.pool
        allowed = pool.fits(np.maximum(self._room_and_a_hair(), 0.0))
        settled = np.zeros(len(self.generation.pricer), dtype=bool)
        settled[list(self._chosen)] = True
        for at in np.flatnonzero(settled[pool.group]).tolist():
            allowed[at] = pool[at] is self._chosen[pool[at].group]
        allowed[self._barred] = False
        return allowed

    def _settle_rest(self, weights: Floats) -> None:
        for _, at in self._best_of(weights):
            self._chosen[self.master.pool[at].group] = self.master.pool[at]
        barred = set(self._barred)
        for at in sorted(range(len(self.master.pool)), key=lambda at: at in barred):
            column = self.master.pool[at]
            self._chosen.setdefault(column.group, column)
