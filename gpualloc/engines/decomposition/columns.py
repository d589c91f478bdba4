"""Columns of the master: complete placements of one group."""

from __future__ import annotations

from dataclasses import dataclass

from gpualloc.vectors import Floats, Ints

Choice = tuple[int, ...]
"""For each job of a group, an option; `MISSING` to leave it out."""

Sketch = tuple[int, Choice, tuple[tuple[int, bytes], ...]]
"""A group, the options of its jobs, and of each block that is used its hub and its shards by offer:
what pricing finds, before a column is made of it."""


@dataclass(frozen=True, eq=False)
class Column:
    """A complete placement of one group.

    Attributes
    ----------
    group : int
    positions, values : (k,)
        The group's columns that are not zero, counted from the first column of all groups.
    cost : float
        USD.
    rows, coefficients : (e,)
        What it takes of each coupling row.
    """

    group: int
    positions: Ints
    values: Floats
    cost: float
    rows: Ints
    coefficients: Floats

    @property
    def key(self) -> tuple[int, bytes, bytes]:
        """Equal for equal placements."""
        return self.group, self.positions.tobytes(), self.values.tobytes()

    def reduced_cost(self, duals: Floats) -> float:
        """Its cost less what it takes of coupling rows, at their duals."""
        return self.cost - float(duals[self.rows] @ self.coefficients)
