"""Rounding the plan-wide columns of the relaxation, while groups are priced again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gpualloc.engines.decomposition.master import Master, Relaxed
from gpualloc.engines.decomposition.planwide import find_broken, hold, reduced_shared, tension_of
from gpualloc.vectors import Bools, Floats, Ints

SHARE_SHARED = 0.25
"""Fraction of the plan-wide columns that is lowered at once where rounding up breaks rows."""

SHARED_ROUNDS = 40

TENSE, TENSER = 3e-4, 1e-3
"""Plan-wide columns that are worth this, relative to the cost, are rounded first: with a look at
both sides, and without."""

WEIGHTY = 3e-3
"""Plan-wide columns that cost this, relative to all, are rounded first too, and then held: a part
of a buyout would excuse what a dive breaks, and the whole of it be paid in the end."""

CHEAP = 1e-4
"""How much the nearer side may raise the cost, relative, without a look at the other."""

MISSING = 1e-6


class Rounding:
    """Rounds plan-wide columns by bounds on them in the master.

    Parameters
    ----------
    master : Master
    solve, price : callable
        Solve the master, as it is and with new columns.
    stop : callable
        Whether to end early.
    looks : bool
        Whether the columns that are worth most are rounded to the cheaper side, and not just to the
        nearer one.
    """

    def __init__(
        self,
        master: Master,
        solve: Callable[[], Relaxed],
        price: Callable[[], Relaxed],
        stop: Callable[[], bool],
        *,
        looks: bool,
    ) -> None:
        self.master = master
        self.solve = solve
        self.price = price
        self.stop = stop
        self.looks = looks

    def settle(self, relaxed: Relaxed) -> Relaxed:
        """Round those that are worth most one by one, and then the others together."""
        relaxed = self._settle_all(self._settle_tense(relaxed))
        self._hold_weighty(relaxed)
        return relaxed

    def _hold_weighty(self, relaxed: Relaxed) -> None:
        """Hold the plan-wide columns that cost most where they are, if they are whole."""
        master, coupling = self.master, self.master.coupling
        held = self._is_weighty(relaxed)
        held[find_broken(coupling, relaxed.shared)] = False
        master.set_bounds(*hold(held, relaxed.shared, master.lower, master.upper))

    def _is_weighty(self, relaxed: Relaxed) -> Bools:
        """(c,) plan-wide choices that cost much."""
        coupling = self.master.coupling
        weighty: Bools = np.abs(coupling.cost) > WEIGHTY * abs(relaxed.cost_usd)
        return weighty & coupling.integer

    def _settle_tense(self, relaxed: Relaxed) -> Relaxed:
        """Round the plan-wide columns that are worth most, one by one."""
        least = TENSE if self.looks else TENSER
        for _ in range(SHARED_ROUNDS):
            shared = relaxed.shared
            broken = self._broken(shared, 0.0)
            worth = np.minimum(shared, 1 - shared) * tension_of(self.master.coupling, relaxed.duals)
            large = (worth > least * abs(relaxed.cost_usd)) | self._is_weighty(relaxed)
            tense = broken[large[broken]]
            if not len(tense) or self.stop():
                break
            relaxed = self._round(int(tense[np.argmax(worth[tense])]), relaxed)
        return relaxed

    def _round(self, at: int, before: Relaxed) -> Relaxed:
        """Round a plan-wide column to the nearer side, or to the other where that is better."""
        lower, upper = self.master.lower.copy(), self.master.upper.copy()
        side = np.rint(before.shared[at])
        lower[at] = upper[at] = side
        self.master.set_bounds(lower, upper)
        near = self.price()
        if self._is_fine(before, near):
            return near
        lower[at] = upper[at] = 1 - side
        self.master.set_bounds(lower, upper)
        far = self.price()
        lower[at] = upper[at] = 1 - side if far.cost_usd < near.cost_usd else side
        self.master.set_bounds(lower, upper)
        return self.solve()

    def _is_fine(self, before: Relaxed, after: Relaxed) -> bool:
        """Whether the other side of a plan-wide column needs no look."""
        if self.looks:
            return after.cost_usd - before.cost_usd <= CHEAP * abs(before.cost_usd)
        return after.missing <= before.missing + MISSING

    def _settle_all(self, relaxed: Relaxed) -> Relaxed:
        """Round the plan-wide columns up; those that cannot hold there, by their duals, down."""
        master = self.master
        lower, upper = master.lower.copy(), master.upper.copy()
        before, kept = relaxed, (lower, upper)
        up = np.zeros(len(lower), dtype=bool)
        down = up.copy()
        for _ in range(SHARED_ROUNDS):
            if relaxed.missing <= before.missing + MISSING:
                kept = master.lower.copy(), master.upper.copy()
                raised = self._broken(relaxed.shared, 0.5)
                if not len(raised):
                    break
                up[raised] = True
            else:
                self._turn(reduced_shared(master.coupling, relaxed.duals), up, down)
            if self.stop():
                break
            at_least = np.where(up, np.maximum(lower, np.minimum(upper, 1.0)), lower)
            master.set_bounds(at_least, np.where(down, lower, upper))
            relaxed = self.price()
        if relaxed.missing > before.missing + MISSING:
            master.set_bounds(*kept)
            relaxed = self.price()
        return relaxed

    @staticmethod
    def _turn(price: Floats, up: Bools, down: Bools) -> None:
        """Lower the raised columns that cost most there, and free the lowered that are missed."""
        pulls = np.where(up, price, np.where(down, -price, 0.0))
        wrong = np.flatnonzero(pulls > 0)
        count = int(np.ceil(SHARE_SHARED * len(wrong)))
        worst = wrong[np.argsort(-pulls[wrong], kind="stable")[:count]]
        was_up = up[worst]
        up[worst] = False
        down[worst] = was_up

    def _broken(self, shared: Floats, least: float) -> Ints:
        """Plan-wide columns that are not whole, with a fraction of at least `least`."""
        broken = find_broken(self.master.coupling, shared)
        return broken[(shared - np.floor(shared))[broken] > least]
