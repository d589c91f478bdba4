"""A figure of a plan that an answer limits or minimizes, and the limit on one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.rules.figures import TOLERANCE, show
from gpualloc.rules.rule import Breach, Rule
from gpualloc.units import exact
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

    Attributes
    ----------
    label : str
        What it is called, with its unit: ``energy, MWh``.
    is_whole : bool
        Whether it takes whole numbers only.
    """

    label: str = ""
    is_whole: ClassVar[bool] = False

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The measures that write for this one; itself, unless it is made of others."""
        return (self,)

    @abstractmethod
    def terms(self, writer: Writer) -> Terms:
        """The figure over the columns, once all rules have written theirs."""

    @abstractmethod
    def amount(self, ledger: Ledger) -> Fraction:
        """The figure of a finished plan."""


class WeightedSum(Measure):
    """Several measures, each with a weight, added up.

    Parameters
    ----------
    label : str
    weighed : sequence of (float, Measure)
    """

    def __init__(self, label: str, weighed: Sequence[tuple[float, Measure]]) -> None:
        self.label = label
        self._weighed = tuple(weighed)

    @property
    def parts(self) -> tuple[Measure, ...]:
        return tuple(part for _, measure in self._weighed for part in measure.parts)

    def terms(self, writer: Writer) -> Terms:
        found = [(weight, measure.terms(writer)) for weight, measure in self._weighed]
        columns = np.concatenate([columns for _, (columns, _) in found])
        return columns, np.concatenate([weight * values for weight, (_, values) in found])

    def amount(self, ledger: Ledger) -> Fraction:
        amounts = (exact(weight) * measure.amount(ledger) for weight, measure in self._weighed)
        return sum(amounts, Fraction(0))


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
