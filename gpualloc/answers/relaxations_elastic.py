r"""The program that finds by how much rules must be eased.

It is the program of an instance without those rules, in which what they forbid has a price and
nothing else costs:

.. math:: \min \sum_r w_r \, s_r \qquad a_r \, x \le b_r + s_r

with :math:`s_r \ge 0` by how much rule r is eased. Weights :math:`w_r` make rules of different
kinds comparable: power counts as a part of what all jobs together could draw, GPUs as a part of
what all could use, a rule that has no figure as much as `WHOLE` of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np

from gpualloc.answers.relaxations import Enough
from gpualloc.answers.relaxations_rows import RowsByPlace, rows_by_place
from gpualloc.formulation.problem import Problem, build_matrix
from gpualloc.formulation.program import Program
from gpualloc.instance.instance import Instance
from gpualloc.rules.contracts.spend_cap import SpendCap
from gpualloc.rules.loads import Loads
from gpualloc.rules.scope import covers, spend_per_shard
from gpualloc.rules.writer import JobColumns
from gpualloc.units import exact
from gpualloc.vectors import Floats, Ints

LIMITS = ("accepted", "power", "offers", "uplinks", "transfer", "links")
"""Titles of the rows that limit something in each period."""

WHOLE = 0.05
"""The weight of a rule that is given up as a whole."""


class Elastic:
    """Prices on what the dropped rules of an instance forbid.

    Parameters
    ----------
    program : Program
        The program of the instance without the rules.
    original : Instance
        The instance with them.
    """

    def __init__(self, program: Program, original: Instance) -> None:
        self.program = program
        self.enough = Enough(original)
        self._loads = Loads(program.arrays)
        self._cost = np.zeros(program.problem.columns)
        self._row_upper = program.problem.row_upper.copy()
        self._slacks: list[tuple[Ints, float, float, float]] = []
        self._rows: list[tuple[Ints, Floats, float, float]] = []

    def soften_power(self, site: str, t: int, limit_mw: float) -> None:
        """Price each MW above a limit in a period."""
        at = self.program.arrays.site_names.index(site)
        lattice = self._loads.power[at]
        limit = lattice.most_within(1000 * exact(limit_mw))
        unit_mw = float(lattice.unit) / 1000
        most_mw = self.enough.mw(float(self.program.arrays.pue[at]))
        self._soften(self._find("power", (site,), t), limit, unit_mw / most_mw)

    def soften_offer(self, offer: str, t: int, limit: int) -> None:
        """Price each GPU above a limit in a period."""
        lattice = self._loads.offer(self.program.arrays.offer_names.index(offer))
        most = lattice.most_within(exact(limit))
        weight = float(lattice.unit) / max(1, self.enough.gpus)
        self._soften(self._find("offers", (offer,), t), most, weight)

    def soften_rows(self, title: str, place: tuple[str, ...], limit: float, weight: float) -> None:
        """Price each unit above a limit, the largest excess of all periods."""
        ends = sorted(place, key=self.program.arrays.site_names.index)
        self._soften(self._find(title, tuple(ends)), limit, weight)

    def soften_spread(self, job: str, most: int) -> None:
        """Price each data center that a job uses beyond a number, in each phase."""
        for block in self._jobs[job].all_blocks():
            columns = np.append(block.used, block.on)
            ones = np.append(np.ones(len(block.used)), -float(most))
            self._rows.append((columns, ones, 0.0, WHOLE))

    def soften_accepted(self, contract: str, t: int, limit: int) -> None:
        """Price each GPU above what a holder accepts in a period."""
        lattice = self._loads.gpus
        weight = float(lattice.unit) / max(1, self.enough.gpus)
        most = lattice.most_within(exact(limit))
        self._soften(self._find("accepted", (contract,), t), most, weight)

    def soften_contract(self, title: str, contract: str, sign: float, most: float) -> None:
        """Price the slack of a contract's own row, `WHOLE` for `most` of it.

        Parameters
        ----------
        sign : float
            1 for a row with a least, -1 for one with a most.
        """
        for family in self.program.row_families:
            if family.title == title and family.prefix == (contract,):
                rows = family.first + np.arange(len(family.members))
                self._slacks.append((rows, most, WHOLE / most, sign))

    def soften_cap(self, contract: SpendCap) -> None:
        """Price each dollar above a cap."""
        arrays = self.program.arrays
        here = arrays.sites_of(providers=contract.providers)
        unit = max(1.0, contract.usd / 1000)
        blocks = [
            block
            for job in self.program.jobs
            if covers(contract, job.data)
            for block in job.all_blocks()
        ]
        spend = [spend_per_shard(contract, arrays, block, here) / unit for block in blocks]
        columns = np.concatenate([block.shards for block in blocks])
        self._rows.append((columns, np.concatenate(spend), contract.usd / unit, WHOLE / 100))

    def price_sites(self, job: str, sites: Iterable[str]) -> None:
        """Price the use of data centers by a job, in each phase."""
        barred = set(sites)
        for block in self._jobs[job].all_blocks():
            names = [self.program.arrays.site_names[site] for site in block.sites]
            self._cost[block.used[[name in barred for name in names]]] += WHOLE

    def price_round_trips(self, job: str, most_ms: float) -> None:
        """Price spokes by how much longer their round trips are than a limit."""
        for block in self._jobs[job].all_blocks():
            rtt_ms = self.program.arrays.link_rtt_ms[np.ix_(block.sites, block.sites)]
            over = np.maximum(0.0, rtt_ms - most_ms)
            exists = (block.spoke >= 0) & (over > 0)
            longest = max(1.0, float(rtt_ms[np.isfinite(rtt_ms)].max(initial=1.0)))
            self._cost[block.spoke[exists]] += WHOLE * (1 + over[exists] / longest)

    def price_moves(self) -> None:
        """Price moves as the instance does."""
        for line, columns, _ in self.program.lines:
            if line == "moves":
                self._cost[columns] = WHOLE / 10

    def price_unserved(self, job: str) -> None:
        """Price leaving a job unserved by its size."""
        columns = self._jobs[job]
        gpus = min(option.gpus for option in columns.data.options)
        self._cost[columns.unserved] += WHOLE + gpus / max(1, self.enough.gpus)

    def price_buyout(self, contract: str) -> None:
        """Price leaving a contract."""
        self._cost[self.program.bought[contract]] += WHOLE

    def problem(self) -> Problem:
        """The program with the prices in place of its costs."""
        base = self.program.problem
        slacks = len(self._slacks) + len(self._rows)
        weights = [weight for _, _, weight, _ in self._slacks]
        weights += [weight for *_, weight in self._rows]
        most = [excess for _, excess, _, _ in self._slacks]
        most += [float(np.abs(values).sum() * 1e6) for _, values, _, _ in self._rows]
        rows, columns, values = self._entries()
        return replace(
            base,
            lower=np.append(base.lower, np.zeros(slacks)),
            upper=np.append(base.upper, most),
            cost=np.append(self._cost, weights),
            integer=np.append(base.integer, np.zeros(slacks, dtype=bool)),
            matrix=build_matrix(
                rows, columns, values, base.rows + len(self._rows), base.columns + slacks
            ),
            row_lower=np.append(base.row_lower, np.full(len(self._rows), -np.inf)),
            row_upper=np.append(self._row_upper, [limit for _, _, limit, _ in self._rows]),
            strict=np.append(base.strict, np.zeros(len(self._rows), dtype=bool)),
        )

    def _entries(self) -> tuple[Ints, Ints, Floats]:
        """The coefficients of the program, of its slacks, and of the rows that were added."""
        base = self.program.problem
        matrix = base.matrix
        rows, columns, values = [matrix.row_of_entry], [matrix.columns], [matrix.values]
        for at, (idents, _, _, sign) in enumerate(self._slacks):
            rows.append(idents)
            columns.append(np.full(len(idents), base.columns + at))
            values.append(np.full(len(idents), sign))
        for at, (idents, coefficients, _, _) in enumerate(self._rows):
            slack = base.columns + len(self._slacks) + at
            rows.append(np.full(len(idents) + 1, base.rows + at))
            columns.append(np.append(idents, slack))
            values.append(np.append(coefficients, -1.0))
        return np.concatenate(rows), np.concatenate(columns), np.concatenate(values)

    def _soften(self, rows: Ints, limit: float, weight: float) -> None:
        if not len(rows):
            return
        excess = float(self._row_upper[rows].max()) - limit
        self._row_upper[rows] = limit
        self._slacks.append((rows, max(0.0, excess), weight, -1.0))

    def _find(self, title: str, place: tuple[str, ...], t: int | None = None) -> Ints:
        """The rows of a place, in all periods or in one."""
        by_period = self._rows_by_place[title].get(place, {})
        found = by_period.values() if t is None else [by_period[t]] if t in by_period else []
        return np.array(list(found), dtype=np.int64)

    @cached_property
    def _rows_by_place(self) -> dict[str, RowsByPlace]:
        return rows_by_place(self.program, LIMITS)

    @cached_property
    def _jobs(self) -> dict[str, JobColumns]:
        return {job.data.name: job for job in self.program.jobs}
