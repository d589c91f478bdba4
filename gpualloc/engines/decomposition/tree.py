"""Branching on plan-wide choices: contracts bought out, tiers reached, fees paid, holders full.

They are few, and they are what makes the master's relaxation weak: half a buyout, a tenth of a fee.
A node bounds them; its bound comes from column generation within those bounds. The bound of the
whole is the least over the open nodes, and no node above the incumbent needs opening.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from gpualloc.engines.decomposition.branching import Branching
from gpualloc.engines.decomposition.generation import Center, Generation
from gpualloc.engines.decomposition.master import Relaxed
from gpualloc.vectors import Floats


@dataclass(order=True)
class Node:
    """Bounds on the plan-wide columns, and what is proven within them."""

    bound_usd: float
    serial: int
    lower: Floats = field(compare=False)
    upper: Floats = field(compare=False)
    duals: Floats = field(compare=False)
    depth: int = field(compare=False, default=0)


@dataclass(frozen=True, eq=False)
class Opened:
    """A node whose relaxation has been solved.

    Attributes
    ----------
    node : Node
    center : Center
    relaxed : Relaxed
    branch : int or None
        The plan-wide column to branch on; None if all are whole.
    """

    node: Node
    center: Center
    relaxed: Relaxed
    branch: int | None


class Tree:
    """The open nodes, and their bound.

    Parameters
    ----------
    generation : Generation
        At the root.
    """

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.branching = Branching(generation.master)
        self.opened = 0
        self.last: Relaxed | None = None
        self._serial = 0
        self._heap: list[Node] = []
        self._closed_usd = np.inf

    def push(self, node: Node) -> None:
        """Put a node among the open ones."""
        heapq.heappush(self._heap, node)

    def make(
        self, bound_usd: float, lower: Floats, upper: Floats, duals: Floats, depth: int = 0
    ) -> Node:
        """A new node."""
        self._serial += 1
        return Node(bound_usd, self._serial, lower, upper, duals, depth)

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def bound_usd(self) -> float:
        """What is proven of the cost of every plan in open and closed nodes."""
        open_ = self._heap[0].bound_usd if self._heap else np.inf
        return min(open_, self._closed_usd)

    def pop(self) -> Node | None:
        """The open node with the least bound."""
        return heapq.heappop(self._heap) if self._heap else None

    def close(self, node: Node) -> None:
        """Leave a node for good; its bound stays."""
        self._closed_usd = min(self._closed_usd, node.bound_usd)

    def open(
        self, node: Node, cutoff_usd: float, tolerance: float, rounds: int
    ) -> Generator[None, None, Opened | None]:
        """Solve a node's relaxation, a piece at a time; returns None if that was cut short."""
        self.opened += 1
        generation = self.generation
        generation.restart(node.lower, node.upper, node.duals)
        yield from generation.converging(tolerance, cutoff_usd, rounds)
        node.bound_usd = max(node.bound_usd, generation.center.bound_usd)
        node.duals = generation.center.duals
        if node.bound_usd < cutoff_usd and generation.stop():
            return None
        relaxed = self.last = generation.solve_master()
        branch = None
        if node.bound_usd < cutoff_usd:
            branch = self.branching.choose(relaxed, cutoff_usd)
        return Opened(node, generation.center, relaxed, branch)

    def split(self, opened: Opened) -> tuple[Node, Node]:
        """The two children of a node."""
        at, node = opened.branch, opened.node
        assert at is not None
        value = opened.relaxed.shared[at]
        down_upper, up_lower = node.upper.copy(), node.lower.copy()
        down_upper[at] = np.floor(value)
        up_lower[at] = np.floor(value) + 1
        rest = (opened.center.duals, node.depth + 1)
        down = self.make(node.bound_usd, node.lower, down_upper, *rest)
        return down, self.make(node.bound_usd, up_lower, node.upper, *rest)
