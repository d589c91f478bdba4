"""Arrays of all groups, gathered one group after another."""

from __future__ import annotations

import numpy as np

from gpualloc.engines.decomposition.shape import Shape
from gpualloc.formulation.groups import Part


class Gathering:
    """Arrays of groups, gathered one after another."""

    def __init__(self) -> None:
        self._chunks: dict[str, list[np.ndarray]] = {}
        self._entries = 0
        self.columns = 0
        self.others: list[int] = []
        self._put("starts", np.zeros(1))

    def _put(self, name: str, values: np.ndarray) -> None:
        self._chunks.setdefault(name, []).append(values)

    def joined(self, name: str) -> np.ndarray:
        """One array of all groups."""
        return np.concatenate(self._chunks.pop(name))

    def add(self, part: Part, shape: Shape) -> None:
        """Take a group's arrays."""
        is_other = np.ones(part.problem.columns, dtype=bool)
        is_other[shape.core] = False
        other = np.flatnonzero(is_other)
        self.others.append(len(other))
        self._put("other", other + self.columns)
        self._put("cost", part.problem.cost)
        self._put("upper", part.problem.upper)
        self._put("starts", part.coupling.starts[1:] + self._entries)
        self._put("rows", part.coupling.columns)
        self._put("values", part.coupling.values)
        self._entries += len(part.coupling.values)
        self.columns += part.problem.columns
