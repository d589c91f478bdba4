r"""Branching on plan-wide choices: contracts bought out, tiers reached, fees paid, holders full.

They are few, and they are what makes the master's relaxation weak: half a buyout, a tenth of a fee.
A node bounds them; its bound comes from column generation within those bounds. The bound of the
whole is the least over the open nodes, and no node above the incumbent needs opening.

The choice to branch on is the one under most *tension*: with duals :math:`\pi` and value z,

.. math:: \min(z - \lfloor z \rfloor, \lceil z \rceil - z) \left(|c| + \sum_i |\pi_i a_i|\right)

what its rows and its own price pull at it, times how far it is from a whole number.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from gpualloc.engines.decomposition.generation import Center, Generation
from gpualloc.engines.decomposition.master import Relaxed
from gpualloc.engines.decomposition.pricing import tension_of
from gpualloc.vectors import Floats

WHOLE = 1e-5
LEAST_PULL_USD = 1e-6


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
    tension_usd : float
        How much is pulling at it.
    """

    node: Node
    center: Center
    relaxed: Relaxed
    branch: int | None
    tension_usd: float


class Tree:
    """The open nodes, and their bound.

    Parameters
    ----------
    generation : Generation
        At the root.
    """

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.coupling = generation.pricer.coupling
        self.opened = 0
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

    def open(self, node: Node, cutoff_usd: float, tolerance: float, rounds: int) -> Opened:
        """Solve a node's relaxation."""
        self.opened += 1
        generation = self.generation
        generation.restart(node.lower, node.upper, node.duals)
        generation.converge(tolerance, cutoff_usd, rounds)
        node.bound_usd = max(node.bound_usd, generation.center.bound_usd)
        node.duals = generation.center.duals
        assert generation.relaxed is not None
        return self.look(node, generation.center, generation.relaxed)

    def look(self, node: Node, center: Center, relaxed: Relaxed) -> Opened:
        """What to branch on in a node."""
        branch, tension = self._find_tensest(relaxed)
        return Opened(node, center, relaxed, branch, tension)

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

    def _find_tensest(self, relaxed: Relaxed) -> tuple[int | None, float]:
        value, coupling = relaxed.shared, self.coupling
        away = np.abs(value - np.rint(value))
        away[~coupling.integer | (away <= WHOLE)] = 0.0
        if not away.any():
            return None, 0.0
        pull = tension_of(coupling, relaxed.duals)
        score = away * (pull + LEAST_PULL_USD)
        at = int(np.argmax(score))
        return at, float(away[at] * pull[at])
