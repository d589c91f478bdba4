"""Pricing: the cheapest placement of every group at given duals of the coupling rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from gpualloc.engines.decomposition.columns import Choice, Column, Sketch
from gpualloc.engines.decomposition.completion import Completion
from gpualloc.engines.decomposition.effort import SECONDS_PER_GROUP, of_pricing
from gpualloc.engines.decomposition.gathering import Gathering
from gpualloc.engines.decomposition.kernels import price_blocks
from gpualloc.engines.decomposition.left_out import take_left_out
from gpualloc.engines.decomposition.multipliers import Multipliers
from gpualloc.engines.decomposition.planwide import plan_wide_bound, reduced_shared
from gpualloc.engines.decomposition.shape import MISSING, BlockShape, Shape, place, read_shape
from gpualloc.engines.decomposition.sparse import (
    bar_columns,
    bar_spokes,
    fit_shards,
    free_gain,
    gather_rows,
    reduce_costs,
)
from gpualloc.engines.decomposition.tables import Tables, build_tables
from gpualloc.engines.decomposition.ways import Ways
from gpualloc.formulation.groups import Coupling, Groups
from gpualloc.vectors import Bools, Floats, Ints

THREADS = 2
SECONDS_OF_MULTIPLIERS = 2.5e-4
"""Multipliers are found anew while they have taken no more than this for each group priced."""

HALF = 0.5


@dataclass(frozen=True, eq=False)
class Priced:
    """What pricing found at some duals.

    Attributes
    ----------
    least : (G,) float
        No placement of the group has a lower reduced cost, in USD.
    bound_usd : float
        A lower bound on the cost of every plan.
    """

    least: Floats
    bound_usd: float


@dataclass(frozen=True, eq=False)
class _Group:
    """What is kept of a group: `first` its first column, `first_block` its first block."""

    shape: Shape
    first: int
    first_block: int
    completion: Completion | None


class Pricer:
    """All groups of an instance, ready to be priced.

    Parameters
    ----------
    groups : Groups

    Attributes
    ----------
    coupling : Coupling
        The plan-wide columns and the coupling rows.
    upper, cost : (N,) float
        Of all groups' columns, end to end.
    touched : (r,) bool
        Coupling rows in which some group has a column.
    multipliers : Multipliers
        Of the rows that pricing leaves out.
    shift_within : Shift
        What they do where groups are placed in a given room: of those that flows tie together,
        whose placements can often not be completed without. Moves are paid for, and complete all.
    effort : float
        Estimated seconds of pricing so far.
    """

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self._kept: list[_Group] = []
        blocks: list[tuple[int, BlockShape]] = []
        parts = Gathering()
        self.multipliers = Multipliers(len(groups))
        self._tied: set[int] = set()
        for at in range(len(groups)):
            part = groups.write(at)
            shape = read_shape(part)
            first = parts.columns
            completion = None
            if not shape.exact:
                left_out = take_left_out(part.problem, shape)
                completion = Completion(part, shape, left_out)
                self.multipliers.add(part, left_out, first)
            self._kept.append(_Group(shape, first, len(blocks), completion))
            if part.flows:
                self._tied.add(at)
            blocks.extend((first, block) for block in shape.blocks)
            parts.add(part, shape)
        self.coupling: Coupling = groups.coupling
        self.cost, self.upper = parts.joined("cost"), parts.joined("upper")
        self._starts = parts.joined("starts").astype(np.int64)
        self._rows, self._values = parts.joined("rows").astype(np.int32), parts.joined("values")
        self._other = parts.joined("other").astype(np.int64)
        self._other_first = np.concatenate([[0], np.cumsum(parts.others)]).astype(np.int64)
        self._other_upper = self.upper[self._other]
        self._tables = build_tables(blocks)
        self._ways = Ways([(kept.first, kept.shape) for kept in self._kept])
        self.touched = np.zeros(self.coupling.rows, dtype=bool)
        self.touched[self._rows] = True
        self._whole = self._find_whole()
        self._pool = ThreadPoolExecutor(THREADS)
        self.shift_within = self.multipliers.shift
        self._make_room()

    def _make_room(self) -> None:
        """Arrays that a pricing fills, and the estimated seconds that pricing has taken."""
        self.effort = self._allowed = 0.0
        tables, blocks = self._tables, len(self._tables.total)
        self._reduced = np.empty(len(self.cost))
        self._value = np.empty(blocks)
        self._hub = np.empty(blocks, dtype=np.int32)
        self._shards = np.zeros(len(tables.shards), dtype=np.int32)
        self._fitting = np.zeros_like(tables.most)

    def apart(self) -> Pricer:
        """The same pricer for another thread, with what a pricing fills of its own."""
        other = copy(self)
        other._make_room()
        return other

    def __len__(self) -> int:
        return len(self._kept)

    def _find_whole(self) -> Bools:
        """(N,) columns that a placement has at one or not at all."""
        whole = np.zeros(len(self.cost), dtype=bool)
        for group in self._kept:
            for block in group.shape.blocks:
                setups = np.array([column for column, _ in block.setups], dtype=np.int64)
                for own in (block.used, block.hub, block.spoke.ravel(), setups):
                    whole[group.first + own[own >= 0]] = True
            for own in (*group.shape.on, np.asarray(group.shape.unserved)):
                whole[group.first + own[own >= 0]] = True
        return whole

    def is_exact(self, group: int) -> bool:
        """Whether pricing a group is exact, and not a relaxation."""
        return self._kept[group].shape.exact

    def first_of(self, group: int) -> int:
        """Position of a group's first column."""
        return self._kept[group].first

    def columns_of(self, group: int) -> int:
        """Number of a group's columns."""
        firsts = [*(kept.first for kept in self._kept[group : group + 2]), len(self.cost)]
        return firsts[1] - firsts[0]

    def reduced_costs(self, duals: Floats) -> Floats:
        """(N,) reduced costs of all groups' columns."""
        reduced = np.empty(len(self.cost))
        reduce_costs(self.cost, self._starts, self._rows, self._values, duals, reduced)
        return reduced

    def price(self, duals: Floats, lower: Floats, upper: Floats, *, costs: bool = True) -> Priced:
        r"""Price all groups and prove a bound.

        .. math:: L(\pi) = \sum_i \pi_i b_i + \sum_c \min_{z_c} (c_c - \pi A_c) z_c
                  + \sum_g \min_{x \in X_g} (c_g - \pi A_g) x

        over the coupling rows i (with b the side that the dual's sign points to), the plan-wide
        columns c between their bounds, and the placements X of the groups g. It is valid at any
        duals.

        Parameters
        ----------
        duals : (r,) float
        lower, upper : (c,) float
            Bounds on the plan-wide columns.
        costs : bool
            Without costs every plan costs nothing, so a bound above zero proves that there is none.
        """
        own = self.cost if costs else np.zeros_like(self.cost)
        reduce_costs(own, self._starts, self._rows, self._values, duals, self._reduced)
        self._multiply(always=not costs)
        self._price_blocks(self._tables)
        gain = np.zeros(len(self._kept))
        free_gain(self._other_first, self._other, self._other_upper, self._reduced, gain)
        least = gain + self._ways.least(self._reduced, self._value)
        least += self.multipliers.shift.constant_usd
        shared = reduced_shared(self.coupling, duals) - (0 if costs else self.coupling.cost)
        plan_wide = plan_wide_bound(self.coupling, duals, shared, lower, upper)
        return Priced(least, float(least.sum()) + plan_wide)

    def _multiply(self, *, always: bool) -> None:
        """Shift reduced costs by multipliers, which are found anew if that is not too often."""
        before = self.multipliers.effort
        if always or before <= self._allowed:
            self.multipliers.update(self._reduced, self._pool)
            self.effort += self.multipliers.effort - before
            self.shift_within = self.multipliers.shift.only(self._tied)
        self.multipliers.shift.apply(self._reduced)

    def price_within(self, duals: Floats, room: Floats) -> None:
        """Price placements that fit, each by itself, into the room that coupling rows have.

        What it finds is no bound.

        Parameters
        ----------
        room : (r,) float
            What a placement may add to each coupling row.
        """
        reduce_costs(self.cost, self._starts, self._rows, self._values, duals, self._reduced)
        self.shift_within.apply(self._reduced)
        entries = (self._starts, self._rows, self._values, room)
        fitting = np.empty_like(self._tables.most)
        fit_shards(self._tables.shards, self._tables.most, *entries, fitting)
        bar_spokes(self._tables.spoke, *entries, self._reduced)
        self._price_blocks(self._tables._replace(most=fitting))

    def place_within(self, at: int, duals: Floats, room: Floats) -> Column | None:
        """The cheapest placement of one group that fits, each part by itself, into some room.

        Parameters
        ----------
        room : (r,) float
            What the placement may add to each coupling row.
        """
        group = self._kept[at]
        columns = slice(group.first, group.first + self.columns_of(at))
        starts = self._starts[columns.start : columns.stop + 1]
        reduced = self._reduced[columns]
        reduce_costs(self.cost[columns], starts, self._rows, self._values, duals, reduced)
        self.shift_within.apply_to(at, reduced)
        bar_columns(self._whole[columns], starts, self._rows, self._values, room, reduced)
        first, last = group.first_block, group.first_block + len(group.shape.blocks)
        tables = self._tables
        offers = slice(tables.offer_start[first], tables.offer_start[last])
        fit_shards(
            tables.shards[offers],
            tables.most[offers],
            self._starts,
            self._rows,
            self._values,
            room,
            self._fitting[offers],
        )
        within = tables._replace(most=self._fitting)
        pairs = tables.pair_start[last] - tables.pair_start[first]
        self.effort += of_pricing(last - first, int(pairs))
        price_blocks(first, last, self._reduced, within, self._value, self._hub, self._shards)
        return next(self.columns([at], duals), None)

    def _price_blocks(self, tables: Tables) -> None:
        blocks = len(self._value)
        self.effort += of_pricing(blocks, len(tables.spoke))
        self._allowed += SECONDS_OF_MULTIPLIERS * len(self)
        cuts = np.linspace(0, blocks, 8 * THREADS + 1).astype(int).tolist()
        found = self._value, self._hub, self._shards
        jobs = [
            self._pool.submit(price_blocks, first, last, self._reduced, tables, *found)
            for first, last in pairwise(cuts)
        ]
        for job in jobs:
            job.result()

    def columns(
        self, groups: Iterable[int], duals: Floats, known: set[Sketch] | None = None
    ) -> Iterator[Column]:
        """Placements that the last pricing found for some groups, the best of each option.

        Of groups that are costly to complete, the best alone.

        Parameters
        ----------
        known : set of Sketch or None
            Placements of which no column is made again; new ones become known.
        """
        for at in groups:
            self.effort += SECONDS_PER_GROUP
            choices = self._choices(at)
            if known is not None and self.is_exact(at):
                choices = (options for options in choices if self._is_new(at, options, known))
            found = (self._column_at(at, options, duals) for options in choices)
            columns = (column for column in found if column is not None)
            yield from columns if self.is_exact(at) else islice(columns, 1)

    def _choices(self, at: int) -> Iterator[Choice]:
        """Options of a group's jobs: each at its best, and one of them at another in turn."""
        ranked = self._ways.ranked(at, self._reduced, self._value)
        if not all(ranked):
            return
        best = tuple(ways[0] for ways in ranked)
        yield best
        for job, ways in enumerate(ranked):
            for way in ways[1:]:
                yield (*best[:job], way, *best[job + 1 :])

    def _is_new(self, at: int, options: Choice, known: set[Sketch]) -> bool:
        """Whether what was found for a group is not known, and becomes so."""
        blocks, before = self._blocks_of(at, options), len(known)
        found = ((int(self._hub[block]), self._shards[its].tobytes()) for block, _, its in blocks)
        known.add((at, options, tuple(found)))
        return len(known) > before

    def _blocks_of(self, at: int, options: Choice) -> Iterator[tuple[int, BlockShape, slice]]:
        """Blocks of a group that are used with some options, and where their offers are."""
        group, starts = self._kept[at], self._tables.offer_start
        for block, shape in enumerate(group.shape.blocks, start=group.first_block):
            if options[shape.job] == shape.option:
                yield block, shape, slice(int(starts[block]), int(starts[block + 1]))

    def _column_at(self, at: int, options: Choice, duals: Floats) -> Column | None:
        """The placement that was found for a group with some options."""
        shape = self._kept[at].shape
        core: dict[int, float] = {}
        for job, option in enumerate(options):
            chosen = shape.unserved[job] if option == MISSING else shape.on[job][option]
            core[int(chosen)] = 1.0
        for block, own, offers in self._blocks_of(at, options):
            core.update(place(own, self._shards[offers], int(self._hub[block])))
        return self.complete(at, core, duals)

    def complete(self, at: int, core: dict[int, float], duals: Floats) -> Column | None:
        """Make a column of the core columns of a placement; None if it cannot be completed."""
        group = self._kept[at]
        if group.completion is not None:
            first = group.first
            reduced = self.cost[first : first + group.completion.columns] - self._taken(
                first, group.completion.columns, duals
            )
            completed, effort = group.completion.complete(core, reduced)
            self.effort += effort
            if completed is None:
                return None
            core = completed
        local = np.array(sorted(core), dtype=np.int64)
        return self.column(at, local, np.array([core[key] for key in local.tolist()]))

    def column_of(self, at: int, values: Floats) -> Column | None:
        """A column from the shards and hubs among a group's values; None if it has no such.

        Parameters
        ----------
        values : (n,) float
            Of the group's own columns; all but options, shards and hubs are worked out.
        """
        shape = self._kept[at].shape
        core = {int(on): 1.0 for options in shape.on for on in options if values[on] > HALF}
        core.update({left: 1.0 for left in shape.unserved if left >= 0 and values[left] > HALF})
        for block in shape.blocks:
            if values[block.on] > HALF:
                hubs = np.flatnonzero((block.hub >= 0) & (values[block.hub] > HALF))
                hub = int(hubs[0]) if len(hubs) else MISSING
                core.update(place(block, np.rint(values[block.shards]).astype(np.int32), hub))
        return self.complete(at, core, np.zeros(self.coupling.rows))

    def values_of(self, column: Column) -> Floats:
        """(n,) a placement's values of its group's own columns."""
        values = np.zeros(self.columns_of(column.group))
        values[column.positions - self._kept[column.group].first] = column.values
        return values

    def _taken(self, first: int, count: int, duals: Floats) -> Floats:
        """What each of some columns takes of the coupling rows, at their duals."""
        zero = np.zeros(count)
        reduced = np.empty(count)
        starts = self._starts[first : first + count + 1]
        reduce_costs(zero, starts, self._rows, self._values, duals, reduced)
        return -reduced

    def column(self, group: int, local: Ints, values: Floats) -> Column:
        """A column from the values of a group's own columns that are not zero."""
        positions = local + self._kept[group].first
        rows, sums = gather_rows(positions, values, self._starts, self._rows, self._values)
        return Column(group, positions, values, float(self.cost[positions] @ values), rows, sums)
