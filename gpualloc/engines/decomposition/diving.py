"""Diving: settle what the relaxation is surest of, plan-wide choices first, and price again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gpualloc.engines.decomposition.assignment import activity_of
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.generation import Generation
from gpualloc.engines.decomposition.master import Relaxed
from gpualloc.engines.decomposition.pricing import reduced_shared
from gpualloc.vectors import Bools, Floats, Ints

SHARE = 0.12
"""Fraction of the open groups that is settled in each round, at least."""

SHARE_SHARED = 0.25
"""Fraction of the plan-wide columns that is lowered at once where rounding up breaks rows."""

SHARED_ROUNDS = 8

SURE = 0.95
WHOLE = 1e-5
MISSING = 1e-6
ROUNDS = 2
"""Times that the open groups are priced between two settlements."""


class Dive:
    """One dive from the relaxation to an assignment.

    Parameters
    ----------
    generation : Generation
        Its master is bounded on the way, and set free at the end.
    stop : callable
        Whether to end early.
    """

    def __init__(self, generation: Generation, stop: Callable[[], bool]) -> None:
        self.generation = generation
        self.master = generation.master
        self.stop = stop
        self._chosen: dict[int, Column] = {}

    def run(self) -> tuple[list[Column], Floats] | None:
        """Settle every group; returns a placement of each, and the plan-wide columns.

        None if no placement is known of a group.
        """
        master = self.master
        lower, upper = master.lower.copy(), master.upper.copy()
        groups = len(self.generation.pricer)
        relaxed = self.generation.solve_master()
        try:
            relaxed = self._settle_shared(relaxed)
            while len(self._chosen) < groups and not self.stop():
                if not self._settle(relaxed.weights):
                    break
                master.allow(self._allowed())
                relaxed = self._price_open()
            self._settle_rest(relaxed.weights)
        finally:
            master.set_bounds(lower, upper)
            master.allow(np.ones(len(master.pool), dtype=bool))
        if len(self._chosen) < groups:
            return None
        return [self._chosen[group] for group in range(groups)], relaxed.shared

    def _settle_shared(self, relaxed: Relaxed) -> Relaxed:
        """Round the plan-wide columns up; those that cannot hold there, by their duals, down."""
        for _ in range(SHARED_ROUNDS):
            raised = self._broken(relaxed.shared, 0.5)
            if not len(raised) or self.stop():
                break
            relaxed = self._round(relaxed, raised)
        return relaxed

    def _round(self, before: Relaxed, raised: Ints) -> Relaxed:
        """Raise columns to one; lower those with the highest duals until all rows can be kept."""
        master = self.master
        lower, upper = master.lower.copy(), master.upper.copy()
        up = raised
        while True:
            at_least, at_most = lower.copy(), upper.copy()
            at_least[up] = np.ceil(before.shared[up] - WHOLE)
            down = np.setdiff1d(raised, up)
            at_most[down] = np.floor(before.shared[down])
            master.set_bounds(at_least, at_most)
            after = self._price_open()
            if after.missing <= before.missing + MISSING or not len(up) or self.stop():
                return after
            price = reduced_shared(master.coupling, after.duals)[up]
            count = max(1, int(np.ceil(SHARE_SHARED * len(up))))
            up = np.sort(up[np.argsort(price, kind="stable")[: len(up) - count]])

    def _broken(self, shared: Floats, least: float) -> Ints:
        """Plan-wide columns that are not whole, with a fraction of at least `least`."""
        part = shared - np.floor(shared)
        broken = self.master.coupling.integer & (part > max(WHOLE, least)) & (part < 1 - WHOLE)
        return np.flatnonzero(broken)

    def _price_open(self) -> Relaxed:
        """Solve the master, with new columns for the groups that are open."""
        relaxed = self.generation.solve_master()
        for _ in range(ROUNDS):
            open_ = [g for g in range(len(self.generation.pricer)) if g not in self._chosen]
            if not open_ or self.stop():
                break
            self.generation.pricer.price_within(relaxed.duals, self._room())
            added = self.master.add_columns(
                column for column in self.generation.pricer.columns(open_, relaxed.duals)
            )
            if not added:
                break
            relaxed = self.generation.solve_master()
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

    def _best_of(self, weights: Floats) -> list[tuple[float, int]]:
        """For each open group, its column with the most weight."""
        best: dict[int, tuple[float, int]] = {}
        for at in np.flatnonzero(weights > 0).tolist():
            group = self.master.pool[at].group
            if group not in self._chosen and weights[at] > best.get(group, (0.0, -1))[0]:
                best[group] = (float(weights[at]), at)
        return sorted(best.values(), key=lambda pair: (-pair[0], pair[1]))

    def _settle(self, weights: Floats) -> bool:
        """Choose the placements with the most weight; False if no open group has any."""
        ranked = self._best_of(weights)
        count = max(1, int(np.ceil(SHARE * len(ranked))))
        for place, (weight, at) in enumerate(ranked):
            if place < count or weight >= SURE:
                self._chosen[self.master.pool[at].group] = self.master.pool[at]
        return bool(ranked)

    def _allowed(self) -> Bools:
        """Of settled groups the placements chosen; of others those that there is room for."""
        chosen = {id(column) for column in self._chosen.values()}
        room = self._room()
        room += 1e-9 * np.maximum(1.0, np.abs(room))
        return np.array(
            [
                id(column) in chosen
                if column.group in self._chosen
                else bool((column.coefficients <= np.maximum(room[column.rows], 0)).all())
                for column in self.master.pool
            ]
        )

    def _settle_rest(self, weights: Floats) -> None:
        for _, at in self._best_of(weights):
            self._chosen[self.master.pool[at].group] = self.master.pool[at]
        for column in self.master.pool:
            self._chosen.setdefault(column.group, column)
