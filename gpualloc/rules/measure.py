"""A figure of a plan that an answer limits or minimizes, and the limit on one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
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

MOST_IN_ROW = 1000.0
"""A limit is written as a row that is at most this, so that its coefficients are near one."""


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

    def terms(self, writer: Writer) -> Terms:
        """The figure over the columns that have been written since the writer was last emptied."""
        return join_terms(writer.counted.get(self, ()))

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
        found = ((weight, *measure.terms(writer)) for weight, measure in self._weighed)
        return join_terms((columns, weight * values) for weight, columns, values in found)

    def amount(self, ledger: Ledger) -> Fraction:
        amounts = (exact(weight) * measure.amount(ledger) for weight, measure in self._weighed)
        return sum(amounts, Fraction(0))


@dataclass(frozen=True)
class Limit(Rule):
    r"""A measure is at most a figure.

    .. math:: \mu(x) \le \varepsilon

    with :math:`\mu` the measure and :math:`\varepsilon` in its unit. The row is one of the whole
    plan; each part of a program adds its own terms to it once the part has been written.

    Parameters
    ----------
    measure : Measure
    most : float
    """

    measure: Measure
    most: float

    def write_shared(self, writer: Writer) -> None:
        prefix = (self.measure.label,)
        row = writer.rows("limit", prefix=prefix, upper=self.most / self._unit)
        writer.shared["limit", self] = row

    def write_end(self, writer: Writer) -> None:
        """Add the terms of what has been written since the writer was last emptied."""
        columns, values = self.measure.terms(writer)
        writer.put(writer.shared["limit", self], columns, values / self._unit)

    @property
    def _unit(self) -> float:
        return max(1.0, abs(self.most) / MOST_IN_ROW)

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield a figure above the limit."""
        amount = self.measure.amount(ledger)
        if float(amount) > self.most + TOLERANCE * max(1.0, abs(self.most)):
            message = f"is {show(amount)}; {show(self.most)} is asked for"
            yield Breach("limit", self.measure.label, message, float(amount), self.most)


def join_terms(parts: Iterable[Terms]) -> Terms:
    """Terms that were written in parts, as one."""
    found = list(parts)
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0)
    return np.concatenate([ids for ids, _ in found]), np.concatenate([one for _, one in found])
