"""The course of a decomposition: relaxation, first plan, branching and search in turn."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gpualloc.engines.backends.base import Listener, Settings, Stop
from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.background import LAG, Background, Found, Slice
from gpualloc.engines.decomposition.diver import MANNERS, Diver
from gpualloc.engines.decomposition.generation import Center, Generation
from gpualloc.engines.decomposition.guide import guide_by
from gpualloc.engines.decomposition.hard import HardPricing
from gpualloc.engines.decomposition.master import Master
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.engines.decomposition.relaxation import ROUNDS, Relaxation
from gpualloc.engines.decomposition.rounds import Rounds
from gpualloc.engines.decomposition.search import Search
from gpualloc.engines.decomposition.start import read_columns
from gpualloc.engines.decomposition.tree import Node, Opened, Tree
from gpualloc.formulation.amendment import UNAMENDED, Amendment
from gpualloc.formulation.groups import Groups
from gpualloc.formulation.translation import decode
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout

FINE = 2e-4
"""Relative distance of bound and master for a proof."""

NODE_ROUNDS = 40
DIVE_AFTER = 1.0
"""Effort of branching after which the best node is dived into, in efforts of the last dive."""

LEAST_EFFORT, MOST_EFFORT, SHARE = 0.1, 1.0, 0.05
"""Estimated seconds of a slice of branching and search, and the part of all before."""

SHARPENED_COLUMNS = 100_000
"""Hard groups with more columns together are not priced exactly."""

FREE_IN_REPAIR, FREE_IN_SEARCH = 7.0, 14.0
"""Groups that are free in the first neighborhood."""

PENALTY = 200.0
"""What a row costs that is broken by its whole limit, in groups' average costs."""

STALL = 400
"""Tries without a better plan after which a search without a time limit ends."""


@dataclass(frozen=True)
class Result:
    """What a decomposition found and proved.

    Attributes
    ----------
    layout : Layout or None
    bound_usd : float
    infeasible : bool
        Whether it is proven that no plan is valid.
    stop : {"proof", "time", "interrupt"}
    """

    layout: Layout | None
    bound_usd: float | None
    infeasible: bool
    stop: Stop


class Decomposer:
    """One decomposition of one instance.

    Parameters
    ----------
    instance : Instance
    settings : Settings
    deadline : float or None
        Wall-clock time (`time.time()`) at which to stop.
    listener : Listener
        Told of better plans, as layouts, and of better bounds.
    amendment : Amendment
        What is asked of a plan beyond the instance's rules.
    """

    def __init__(
        self,
        instance: Instance,
        settings: Settings,
        deadline: float | None,
        listener: Listener,
        amendment: Amendment = UNAMENDED,
    ) -> None:
        self.settings = settings
        self.deadline = deadline
        self.listener = listener
        self.groups = Groups(instance, amendment)
        self.pricer = Pricer(self.groups)
        coupling = self.pricer.coupling
        self.lower, self.upper = coupling.lower, coupling.upper
        zero = self.pricer.price(np.zeros(coupling.rows), self.lower, self.upper)
        self.is_hopeless = not np.isfinite(zero.bound_usd)
        average = 1.0 if self.is_hopeless else abs(zero.bound_usd) / max(1, len(self.pricer))
        self.unit_usd = max(1.0, average)
        self.master = Master(coupling, len(self.pricer), self.unit_usd)
        self.generation = Generation(self.pricer, self.master, self.is_over)
        self.repair = self._make_search(FREE_IN_REPAIR)
        self.search = self._make_search(FREE_IN_SEARCH)
        self.rounds = Rounds(self.search, self.is_late)
        self.hard = HardPricing(self.pricer, self.unit_usd, self.seconds_left)
        self.relaxation = Relaxation(self.generation, self.hard, self.is_over)
        self.tree = Tree(self.generation)
        self.diver = Diver(self.generation, self.repair, self.unit_usd, self.is_over, self._keep)
        self.best: Assignment | None = None
        self.root: Center = self.generation.center
        self.bound_usd = -np.inf
        self._rough: Assignment | None = None
        self._idle = 0
        self._next_dive = np.inf
        self._owed = 0.0
        self._plunges = False

    def _make_search(self, size: float) -> Search:
        penalty, unit = PENALTY * self.unit_usd, self.unit_usd
        pricer, seed = self.pricer.apart(), self.settings.seed
        return Search(pricer, penalty, unit, seed, self.seconds_left, size)

    def seconds_left(self) -> float:
        """Seconds to the deadline; an hour where there is none."""
        if self.listener.stop.is_set():
            return 0.0
        return 3600.0 if self.deadline is None else self.deadline - time.time()

    @property
    def effort(self) -> float:
        """Estimated seconds of all work beside the search in the other thread."""
        return self.generation.effort + self.hard.effort + self.repair.effort

    def is_late(self) -> bool:
        """Whether time is up."""
        return self.seconds_left() <= 0

    def is_over(self) -> bool:
        """Whether time is up or the asked gap is reached."""
        return self.is_late() or self.is_proved()

    def is_proved(self) -> bool:
        """Whether the asked gap is reached."""
        return self.bound_usd >= self._cutoff_usd

    @property
    def _best_usd(self) -> float:
        return np.inf if self.best is None else self.best.cost_usd

    @property
    def _cutoff_usd(self) -> float:
        """A bound from which on nothing more is asked for."""
        if self.best is None:
            return np.inf
        cost = self.best.cost_usd
        return cost - self.settings.gap * max(1.0, abs(cost))

    def run(self, start: Layout | None = None) -> Result:
        """Find the best plan within the limits."""
        if self.is_hopeless:
            return Result(None, None, True, "proof")
        if start is not None:
            self._start_from(start)
        self.relaxation.solve()
        if self.best is None and self.relaxation.is_infeasible():
            return Result(None, None, True, "proof")
        self._raise_bound(self.generation.center.bound_usd)
        self.root = self.generation.center
        self.tree.last = self.generation.relaxed
        self._work_and_search()
        return self._result()

    def _start_from(self, layout: Layout) -> None:
        """Begin with an earlier plan, as far as it is one of this instance."""
        columns = read_columns(self.pricer, layout)
        if columns is not None:
            self.master.add_columns(columns)
            self._offer(self.repair.settle(columns, self.lower, self.lower, self.upper))

    def _dive_first(self) -> Iterator[None]:
        """Dive from the root in one way after another until there is a plan, a piece at a time."""
        root = self.root
        for at in range(len(MANNERS)):
            if self.best is None and not (at and self.is_over()):
                node = self.tree.make(root.bound_usd, self.lower, self.upper, root.duals)
                yield from self._dive(node)
                yield

    def _dive(self, node: Node) -> Iterator[None]:
        """Make a plan within a node's bounds, a piece at a time."""
        began = self.effort
        found = yield from self.diver.dive(node, polishes=self.best is not None)
        if found is not None:
            self._keep(found)
        self._next_dive = self.effort + DIVE_AFTER * (self.effort - began)

    def _keep(self, found: Assignment) -> None:
        """Keep what was found, as a plan or, without one, as what comes nearest to it."""
        self._offer(found)
        if self.best is None:
            rough = self._rough
            if rough is None or self.repair.worth(found) < self.repair.worth(rough):
                self._rough = found

    def _offer(self, found: Assignment) -> None:
        """Keep an assignment if it is a better plan."""
        if found.is_valid and found.cost_usd < self._best_usd:
            found = self.repair.resettle(found, self.lower, self.upper)
            if self.groups.flows:
                found = self.repair.polish(found)
            self.best = found
            self._idle = 0
            self.listener.point(found.cost_usd, self.layout(found))

    def _converge_root(self) -> Iterator[None]:
        """Bring the root's bound up, and push the root, a piece at a time."""
        generation = self.generation
        generation.restart(self.lower, self.upper, self.root.duals)
        for _ in generation.converging(FINE, self._cutoff_usd, ROUNDS):
            self._raise_bound(generation.center.bound_usd)
            yield
        if self.hard.columns <= SHARPENED_COLUMNS and not self.is_over():
            generation.center, columns = yield from self.hard.sharpen(generation.center)
            if self.master.add_columns(columns):
                yield from generation.converging(FINE, self._cutoff_usd, NODE_ROUNDS)
        self.root = generation.center
        self._raise_bound(self.root.bound_usd)
        root = self.tree.make(self.root.bound_usd, self.lower, self.upper, self.root.duals)
        self.tree.push(root)

    def _work_and_search(self) -> None:
        """Raise the bound, and search for better plans at the same time."""
        pieces, effort = self._pieces(), self.effort / 4
        with Background(self.rounds) as background:
            while not self.is_over():
                self._search_meanwhile(background, effort)
                left = self._work(pieces, effort)
                self._take(background.collect(LAG))
                nothing = self.best is None and self._rough is None
                if not left and (nothing or (self.deadline is None and self._idle > STALL)):
                    break
                effort = float(np.clip(SHARE * self.effort, LEAST_EFFORT, MOST_EFFORT))
            if not self.is_proved():
                self._take(background.collect(0))
        if self.best is None:
            deque(pieces, 0)  # what has begun ends soon once time is up, and may end with a plan

    def _search_meanwhile(self, background: Background, effort: float) -> None:
        """Give the search as much to do as there is work beside it, once it has a start."""
        start = self.best or self._rough
        if start is None:
            self._owed = 0.0
            return
        guide = None
        if self.tree.last is not None:
            guide = guide_by(self.master.pool, self.tree.last, len(self.pricer))
            self.tree.last = None
        shift = self.pricer.shift_within
        background.submit(Slice(start, self.root, guide, shift, effort))

    def _take(self, results: Iterable[Found]) -> None:
        """Keep what the search has found."""
        for found in results:
            self._idle += found.tries
            self._keep(found.assignment)

    def _work(self, pieces: Iterator[None], effort: float) -> bool:
        """Do pieces of work for some effort; returns whether there may be more.

        What is done beyond is less to do the next time.
        """
        self._owed += effort
        while self._owed > 0:
            before = self.effort
            if next(pieces, self) is self:
                return False
            self._owed -= self.effort - before
        return True

    def _pieces(self) -> Iterator[None]:
        """The work beside the search, a piece at a time: the root, then the nodes of the tree."""
        yield from self._dive_first()
        yield from self._converge_root()
        yield
        while not self.is_over():
            node = self.tree.pop()
            if node is None:
                break
            yield from self._open(node)
            self._raise_bound(self.tree.bound_usd)
            yield

    def _open(self, node: Node) -> Iterator[None]:
        """Open a node, a piece at a time: close it, or put its children among the open ones."""
        tree, opened = self.tree, (yield from self._open_alone(node))
        if opened is None:
            return
        if opened.branch is None:
            yield from self._dive(node)
            tree.close(node)
        elif self.effort > self._next_dive and self._plunges:
            self._plunges = False
            yield from self._plunge(opened)
        else:
            if self.effort > self._next_dive:
                self._plunges = True
                yield from self._dive(node)
            for child in tree.split(opened):
                tree.push(child)

    def _open_alone(self, node: Node) -> Generator[None, None, Opened | None]:
        """Open a node, a piece at a time.

        Returns None if it is put back, since time is up, or closed by its bound.
        """
        opened = yield from self.tree.open(node, self._cutoff_usd, FINE, NODE_ROUNDS)
        if opened is None or self.is_late():
            self.tree.push(node)
        elif node.bound_usd >= self._cutoff_usd:
            self.tree.close(node)
        else:
            return opened
        return None

    def _plunge(self, opened: Opened) -> Iterator[None]:
        """Open the more promising child of a node, and of that one, and dive where all is whole."""
        tree, node = self.tree, opened.node
        while opened.branch is not None:
            node, other = tree.split(opened)
            if tree.branching.is_up(opened.branch, opened.relaxed):
                node, other = other, node
            tree.push(other)
            yield
            below = yield from self._open_alone(node)
            if below is None:
                return
            opened = below
        yield from self._dive(node)
        tree.close(node)

    def _raise_bound(self, bound_usd: float) -> None:
        bound_usd = min(bound_usd, self._best_usd)
        if bound_usd > self.bound_usd and np.isfinite(bound_usd):
            self.bound_usd = bound_usd
            self.listener.bound(bound_usd)

    def layout(self, found: Assignment) -> Layout:
        """The decisions of an assignment."""
        x = np.zeros(self.groups.columns)
        x[: len(found.shared)] = found.shared
        for column in found.columns:
            x[column.positions + len(found.shared)] = column.values
        return decode(self.groups, x)

    def _result(self) -> Result:
        bound = float(self.bound_usd) if np.isfinite(self.bound_usd) else None
        stop: Stop = "time"
        if self.listener.stop.is_set():
            stop = "interrupt"
        elif self.best is not None and self.is_proved():
            stop = "proof"
        layout = None if self.best is None else self.layout(self.best)
        return Result(layout, bound, False, stop)
