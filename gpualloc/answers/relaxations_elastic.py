r"""The program that finds by how much rules must be eased.

It is the program of an instance without those rules, in which what they forbid has a price and
nothing else costs:

.. math:: \min \sum_r w_r \, s_r \qquad a_r \, x \le b_r + s_r

with :math:`s_r \ge 0` by how much rule r is eased. Weights :math:`w_r` make rules of different
kinds comparable: power counts as a part of what all jobs together could draw, GPUs as a part of
what all could use, a rule that has no figure as much as `WHOLE` of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from gpualloc.answers.relaxations import BusinessRule, Enough
from gpualloc.answers.relaxations_rows import RowsByPlace, rows_by_place
from gpualloc.errors import InternalError
from gpualloc.instance.instance import Instance
from gpualloc.rules.contracts.spend_cap import SpendCap
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.measure import Measure, Terms, join_terms
from gpualloc.rules.scope import covers, most_spend, spend_per_shard
from gpualloc.rules.writer import JobColumns, Writer
from gpualloc.units import exact
from gpualloc.vectors import Ints

LIMITS = ("accepted", "power", "offers", "uplinks", "transfer", "links")
"""Titles of the rows that limit something in each period."""

UNIT = 20.0
"""What all that jobs could use counts, so that a rule given up as a whole counts about one."""

WHOLE = 0.05 * UNIT
"""The weight of a rule that is given up as a whole."""


class Easing(Measure):
    """By how much rules are eased, as a goal to be minimized.

    It is written for an instance in which the rules are loosened, and read from the plan's layout,
    rule by rule.

    Parameters
    ----------
    rules : iterable of BusinessRule
    original : Instance
        The instance with the rules.
    """

    label: str = "easing"

    def __init__(self, rules: Iterable[BusinessRule], original: Instance) -> None:
        self.rules = tuple(rules)
        self.original = original

    def write_shared(self, writer: Writer) -> None:
        elastic = Elastic(writer, self, Enough(self.original))
        for rule in self.rules:
            rule.soften(elastic)
        writer.notes[self] = elastic

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        writer.notes[self].write_job(job)

    def terms(self, writer: Writer) -> Terms:
        found = [super().terms(writer)]
        if writer.notes[self].prices_moves:
            moved = [columns for line, columns, _ in writer.costs if line == "moves"]
            found += [(columns, np.full(len(columns), WHOLE / 10)) for columns in moved]
        return join_terms(found)

    def amount(self, ledger: Ledger) -> Fraction:
        raise InternalError("what is eased is read from a plan rule by rule")


class Elastic:
    """Prices on what loosened rules forbid, as they are written.

    Parameters
    ----------
    writer : Writer
        It holds the plan-wide rows of the instance.
    easing : Easing
    enough : Enough
        Of the instance with the rules.
    """

    def __init__(self, writer: Writer, easing: Easing, enough: Enough) -> None:
        self.enough = enough
        self.prices_moves = False
        self._writer = writer
        self._easing = easing
        self._arrays = writer.arrays
        self._by_job: dict[str, list[Callable[[JobColumns], None]]] = {}
        self._of_all: list[Callable[[JobColumns], None]] = []

    def write_job(self, job: JobColumns) -> None:
        """Price what a job does against the rules."""
        for price in (*self._by_job.get(job.data.name, ()), *self._of_all):
            price(job)

    def soften_power(self, site: str, t: int, limit_mw: float) -> None:
        """Price each MW above a limit in a period."""
        at = self._arrays.site_names.index(site)
        lattice = self._writer.loads.power[at]
        limit = lattice.most_within(1000 * exact(limit_mw))
        unit_mw = float(lattice.unit) / 1000
        most_mw = self.enough.mw(float(self._arrays.pue[at]))
        self._soften(self._find("power", (site,), t), limit, unit_mw / most_mw)

    def soften_offer(self, offer: str, t: int, limit: int) -> None:
        """Price each GPU above a limit in a period."""
        lattice = self._writer.loads.offer(self._arrays.offer_names.index(offer))
        most = lattice.most_within(exact(limit))
        part = float(lattice.unit) / max(1, self.enough.gpus)
        self._soften(self._find("offers", (offer,), t), most, part)

    def soften_rows(self, title: str, place: tuple[str, ...], limit: float, part: float) -> None:
        """Price each unit above a limit, the largest excess of all periods."""
        ends = sorted(place, key=self._arrays.site_names.index)
        self._soften(self._find(title, tuple(ends)), limit, part)

    def soften_accepted(self, contract: str, t: int, limit: int) -> None:
        """Price each GPU above what a holder accepts in a period."""
        lattice = self._writer.loads.gpus
        part = float(lattice.unit) / max(1, self.enough.gpus)
        most = lattice.most_within(exact(limit))
        self._soften(self._find("accepted", (contract,), t), most, part)

    def soften_contract(
        self, title: str, contract: str, sign: float, most: float, whole: float = 1.0
    ) -> None:
        """Price the slack of a contract's own row.

        Parameters
        ----------
        sign : float
            1 for a row with a least, -1 for one with a most.
        most : float
            As much slack as can be of use.
        whole : float
            As much slack as counts like a rule that is given up.
        """
        for family in self._writer.row_sheet.families:
            if family.title == title and family.prefix == (contract,):
                rows = family.first + np.arange(len(family.members))
                self._writer.put(rows, self._slack(most, WHOLE / whole), sign)

    def soften_cap(self, contract: SpendCap) -> None:
        """Price each dollar above a cap."""
        writer, arrays = self._writer, self._arrays
        here = arrays.sites_of(providers=contract.providers)
        unit = max(1.0, contract.usd / 1000)
        row = writer.rows("cap", prefix=(contract.name,), upper=contract.usd / unit)
        most = most_spend(contract, arrays, here) / unit
        writer.put(row, self._slack(most, WHOLE / 100), -1)

        def spend(job: JobColumns) -> None:
            for block in job.all_blocks() if covers(contract, job.data) else ():
                usd = spend_per_shard(contract, arrays, block, here)
                writer.put(row, block.shards, usd / unit)

        self._of_all.append(spend)

    def soften_spread(self, job: str, most: int) -> None:
        """Price each data center that a job uses beyond a number, in each phase."""
        writer = self._writer

        def price(columns: JobColumns) -> None:
            for block in columns.all_blocks():
                row = writer.rows("spread", prefix=block.prefix, upper=0)
                writer.put(row, block.used, 1)
                writer.put(row, block.on, -most)
                writer.put(row, self._slack(len(block.used), WHOLE), -1)

        self._price(job, price)

    def price_sites(self, job: str, sites: Iterable[str]) -> None:
        """Price the use of data centers by a job, in each phase."""
        barred = np.isin(self._arrays.site_names, list(sites))

        def price(columns: JobColumns) -> None:
            for block in columns.all_blocks():
                self._count(block.used[barred[block.sites]], WHOLE)

        self._price(job, price)

    def price_round_trips(self, job: str, most_ms: float) -> None:
        """Price spokes by how much longer their round trips are than a limit."""

        def price(columns: JobColumns) -> None:
            for block in columns.all_blocks():
                rtt_ms = self._arrays.link_rtt_ms[np.ix_(block.sites, block.sites)]
                over = np.maximum(0.0, rtt_ms - most_ms)
                exists = (block.spoke >= 0) & (over > 0)
                longest = max(1.0, float(rtt_ms[np.isfinite(rtt_ms)].max(initial=1.0)))
                self._count(block.spoke[exists], WHOLE * (1 + over[exists] / longest))

        self._price(job, price)

    def price_moves(self) -> None:
        """Price all moves."""
        self.prices_moves = True

    def price_unserved(self, job: str) -> None:
        """Price leaving a job unserved by its size."""

        def price(columns: JobColumns) -> None:
            gpus = min(option.gpus for option in columns.data.options)
            self._count(columns.unserved, WHOLE + UNIT * gpus / max(1, self.enough.gpus))

        self._price(job, price)

    def price_buyout(self, contract: str) -> None:
        """Price leaving a contract."""
        self._count(self._writer.shared["bought", contract], WHOLE)

    def _price(self, job: str, price: Callable[[JobColumns], None]) -> None:
        self._by_job.setdefault(job, []).append(price)

    def _count(self, columns: ArrayLike, weight: ArrayLike) -> None:
        self._writer.count(self._easing, np.atleast_1d(columns), weight)

    def _slack(self, most: float, weight: float) -> Ints:
        """A column for how much of something is eased."""
        column = self._writer.columns("eased", upper=most, integer=False)
        self._count(column, weight)
        return column

    def _soften(self, rows: Ints, limit: float, part: float) -> None:
        """Give rows a limit and slack, a unit of which is a part of what all jobs could use."""
        if len(rows):
            before = self._writer.row_sheet.limit(rows, limit)
            most = max(0.0, float(before.max()) - limit)
            self._writer.put(rows, self._slack(most, UNIT * part), -1)

    def _find(self, title: str, place: tuple[str, ...], t: int | None = None) -> Ints:
        """The rows of a place, in all periods or in one."""
        by_period = self._rows_by_place[title].get(place, {})
        found = by_period.values() if t is None else [by_period[t]] if t in by_period else []
        return np.array(list(found), dtype=np.int64)

    @cached_property
    def _rows_by_place(self) -> dict[str, RowsByPlace]:
        return rows_by_place(self._writer.row_sheet.families, LIMITS)
