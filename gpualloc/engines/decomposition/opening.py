"""Opening a group for a neighborhood: which of its columns it may use."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.formulation.groups import Part
from gpualloc.rules.writer import Block, FlowColumns, JobColumns
from gpualloc.vectors import Bools, Floats

OPEN_SITES = 6
"""Data centers that a free block may use beside those where it is."""


class Opening:
    """Opens groups in some data centers, beside what they use already.

    Parameters
    ----------
    pricer : Pricer
    random : Generator
    """

    def __init__(self, pricer: Pricer, random: np.random.Generator) -> None:
        self.pricer = pricer
        self.random = random

    def by_prices(self, part: Part, column: Column, reduced: Floats) -> tuple[Part, Bools]:
        """Open a group where it is, where it would be cheapest, and in some places at random.

        Parameters
        ----------
        reduced : (n,) float
            Reduced costs of the group's columns.
        """
        here = self.used(part, (column,))
        return self._open(
            part, here, lambda block: self._cheapest(block, part.first, reduced, here)
        )

    def by_columns(self, part: Part, columns: Sequence[Column]) -> tuple[Part, Bools]:
        """Open a group where any of some placements have it."""
        here = self.used(part, columns)
        return self._open(part, here, lambda block: here[block.used - part.first])

    def used(self, part: Part, columns: Sequence[Column]) -> Bools:
        """(n,) columns of the group that some placements use."""
        here = np.zeros(part.problem.columns, dtype=bool)
        for column in columns:
            here[column.positions - self.pricer.first_of(part.index)] = True
        return here

    def _open(
        self, part: Part, here: Bools, sites_of: Callable[[Block], Bools]
    ) -> tuple[Part, Bools]:
        allowed = np.ones(part.problem.columns, dtype=bool)
        for job in part.jobs:
            open_sites: set[int] = set()
            for block in job.all_blocks():
                sites = sites_of(block)
                open_sites.update(block.sites[sites].tolist())
                _close(block, part.first, sites, allowed)
            for flow in part.flows:
                _close_flow(flow, job, open_sites, part.first, allowed)
        return part, allowed | here

    def _cheapest(self, block: Block, first: int, reduced: Floats, here: Bools) -> Bools:
        sites = len(block.sites)
        if sites <= OPEN_SITES + 2:
            return np.ones(sites, dtype=bool)
        price = np.full(sites, np.inf)
        np.minimum.at(price, block.site_at, reduced[block.shards - first])
        opened = np.zeros(sites, dtype=bool)
        opened[np.argsort(price, kind="stable")[: OPEN_SITES - 2]] = True
        opened[self.random.integers(0, sites, 2)] = True
        return opened | here[block.used - first]


def _close(block: Block, first: int, sites: Bools, allowed: Bools) -> None:
    """Let a block use some data centers only."""
    allowed[block.shards[~sites[block.site_at]] - first] = False
    allowed[block.used[~sites] - first] = False
    hubs = block.hub[~sites]
    allowed[hubs[hubs >= 0] - first] = False
    shut = block.spoke[~sites[:, None] | ~sites[None, :]]
    allowed[shut[shut >= 0] - first] = False


def _close_flow(
    flow: FlowColumns, job: JobColumns, open_sites: set[int], first: int, allowed: Bools
) -> None:
    """Let a flow run between open data centers only."""
    inside: Bools = np.isin(flow.sites, list(open_sites))
    if flow.a is job:
        shut = flow.share[:, ~inside, :]
    elif flow.b is job:
        shut = flow.share[:, :, ~inside]
    else:
        return
    allowed[shut[shut >= 0] - first] = False
