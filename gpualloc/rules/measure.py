"""A figure of a plan that an answer limits or minimizes, and the limit on one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from gpualloc.rules.figures import TOLERANCE, show
from gpualloc.rules.rule import Breach, Rule
from gpualloc.vectors import Floats, Ints

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger
    from gpualloc.rules.writer import Writer

Terms = tuple[Ints, Floats]
"""Columns, each as often as need be, and the coefficient of each."""


class Measure(Rule):
    """A figure of a plan, stated twice: over a program's columns, and over a finished plan.

    What columns and rows it needs of its own it writes as any rule does. It may be a little more
    than the plan's figure where nothing presses on it, as a cost may: only the least counts.
    """

    @property
    @abstractmethod
    def label(self) -> str:
        """What it is called, with its unit: ``energy, MWh``."""

    @property
    def is_whole(self) -> bool:
        """Whether it takes whole numbers only."""
        return False

    @abstractmethod
    def terms(self, writer: Writer) -> Terms:
        """The figure over the columns, once all rules have written theirs."""

    @abstractmethod
    def amount(self, ledger: Ledger) -> Fraction:
        """The figure of a finished plan."""


@dataclass(frozen=True)
class Limit(Rule):
    r"""A measure is at most a figure.

    .. math:: \mu(x) \le \varepsilon

    with :math:`\mu` the measure and :math:`\varepsilon` in its unit.

    Parameters
    ----------
    measure : Measure
    most : float
    """

    measure: Measure
    most: float

    def write_end(self, writer: Writer) -> None:
        """Write the row, once all rules have written; scaled so that coefficients are near one."""
        columns, values = self.measure.terms(writer)
        unit = max(1.0, float(np.abs(values).max(initial=0.0)))
        row = writer.rows("limit", prefix=(self.measure.label,), upper=self.most / unit)
        writer.put(row, columns, values / unit)

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield a figure above the limit."""
        amount = self.measure.amount(ledger)
        if float(amount) > self.most + TOLERANCE * max(1.0, abs(self.most)):
            message = f"is {show(amount)}; {show(self.most)} is asked for"
            yield Breach("limit", self.measure.label, message, float(amount), self.most)
