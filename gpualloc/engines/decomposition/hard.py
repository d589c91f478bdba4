"""Exact pricing of the groups whose compiled pricing is a relaxation."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import numpy as np

from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.engines.decomposition.small import solve_small
from gpualloc.vectors import Floats

NODES = 300
GAP = 1e-4
SAFETY = 1e-9


class HardPricing:
    """Prices the groups that flows or moves make hard, each as a small program of its own.

    Parameters
    ----------
    pricer : Pricer
    unit_usd : float
    seconds_left : callable

    Attributes
    ----------
    groups : list of int
        The hard groups.
    columns : int
        Columns that they have together.
    effort : float
        Estimated seconds of pricing so far.
    """

    def __init__(self, pricer: Pricer, unit_usd: float, seconds_left: Callable[[], float]) -> None:
        self.pricer = pricer
        self.unit_usd = unit_usd
        self.seconds_left = seconds_left
        self.effort = 0.0
        self.groups = [at for at in range(len(pricer)) if not pricer.is_exact(at)]
        self.columns = sum(pricer.columns_of(at) for at in self.groups)

    def sharpen(self, center: Center) -> Generator[None, None, tuple[Center, list[Column]]]:
        """Raise the bound at a center's duals, a group at a time.

        Returns the center, and the placements found on the way.
        """
        reduced = self.pricer.reduced_costs(center.duals)
        least, columns = center.least.copy(), []
        for group in self.groups:
            if self.seconds_left() <= 0:
                break
            bound, column = self._price(group, reduced)
            if bound is not None:
                least[group] = max(least[group], bound - SAFETY * max(1.0, abs(bound)))
            if column is not None:
                columns.append(column)
            yield
        raised = float((least - center.least).sum())
        return replace(center, bound_usd=center.bound_usd + raised, least=least), columns

    def place(self, groups: Sequence[int], duals: Floats) -> list[Column]:
        """The cheapest placements of some groups, hard or not, as far as there are any."""
        reduced = self.pricer.reduced_costs(duals)
        found = [self._price(group, reduced)[1] for group in groups]
        return [column for column in found if column is not None]

    def _price(self, group: int, reduced: Floats) -> tuple[float | None, Column | None]:
        """A bound on a group's reduced cost, and the best placement found."""
        part = self.pricer.groups.write(group)
        first = self.pricer.first_of(group)
        own = reduced[first : first + part.problem.columns]
        found = solve_small(
            replace(part.problem, cost=own),
            gap=GAP,
            nodes=NODES,
            seconds=self.seconds_left(),
            unit_usd=self.unit_usd,
        )
        self.effort += found.effort
        if found.values is None:
            return found.bound, None
        values = np.where(part.problem.integer, np.rint(found.values), found.values)
        local = np.flatnonzero(np.abs(values) > SAFETY)
        return found.bound, self.pricer.column(group, local, values[local])
