"""Exact limits for solvers that count in floating point.

All loads on a resource are whole multiples of a quantum, the greatest common divisor of its unit
loads. So a limit may be rounded down to the last multiple that it admits, and "no room" has a
smallest figure, without losing or admitting a single plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor, gcd, lcm

FINEST = 10_000_000
"""More multiples than this within a limit are not counted one by one in a row."""


@dataclass(frozen=True)
class Lattice:
    """The multiples of `quantum` that loads can take, written in rows per `unit`.

    Where the quantum is too fine to be the unit, limits keep half a quantum of slack on the side
    that admits, which rounding in the solver cannot use up.
    """

    quantum: Fraction
    unit: Fraction

    def coefficient(self, load: Fraction) -> float:
        """The row's coefficient of a load."""
        return float(load / self.unit)

    def last_within(self, limit: Fraction) -> Fraction:
        """The largest load <= `limit`."""
        return floor(limit / self.quantum) * self.quantum

    def first_above(self, limit: Fraction) -> Fraction:
        """The smallest load > `limit`."""
        return self.last_within(limit) + self.quantum

    def first_from(self, limit: Fraction) -> Fraction:
        """The smallest load >= `limit`."""
        return -self.last_within(-limit)

    def most_within(self, limit: Fraction) -> float:
        """The largest load <= `limit`, as a row's upper bound."""
        return float((self.last_within(limit) + self._half * self.quantum) / self.unit)

    def least_above(self, limit: Fraction) -> float:
        """The smallest load > `limit`, as a row's lower bound."""
        return float((self.first_above(limit) - self._half * self.quantum) / self.unit)

    @property
    def _half(self) -> Fraction:
        return Fraction(0) if self.unit == self.quantum else Fraction(1, 2)


def build_lattice(loads: Iterable[Fraction], largest: Fraction) -> Lattice:
    """The lattice of sums of `loads`, for limits up to `largest`."""
    quantum = common_divisor(loads)
    steps = max(Fraction(1), largest / quantum / FINEST)
    return Lattice(quantum, quantum * steps)


def common_divisor(loads: Iterable[Fraction]) -> Fraction:
    """The greatest number of which all positive loads are whole multiples; 1 if there is none."""
    positive = [load for load in loads if load > 0]
    if not positive:
        return Fraction(1)
    scale = lcm(*(load.denominator for load in positive))
    return Fraction(gcd(*(int(load * scale) for load in positive)), scale)
