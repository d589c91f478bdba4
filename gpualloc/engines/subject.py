"""What a solve is about: a problem, and what its points mean as plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gpualloc.formulation.amendment import UNAMENDED, Amendment
from gpualloc.formulation.problem import Problem
from gpualloc.formulation.translation import decode, encode
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.verdict import Verdict
from gpualloc.vectors import Floats


@dataclass(frozen=True)
class Candidate:
    """What a point means; true if the checker has accepted all of it.

    Attributes
    ----------
    layouts : tuple of Layout
        One, or one a scenario.
    verdicts : tuple of Verdict
        The checker's, on each.
    value : float
        The figure to minimize, as the checker counts it.
    """

    layouts: tuple[Layout, ...]
    verdicts: tuple[Verdict, ...]
    value: float

    def __bool__(self) -> bool:
        return all(self.verdicts)


class Subject(Protocol):
    """A problem whose points are plans.

    Attributes
    ----------
    problem : Problem
    has_flows : bool
        Whether the continuous columns decide something.
    """

    problem: Problem
    has_flows: bool

    def judge(self, values: Floats) -> Candidate:
        """Read a point as plans, and check them."""
        ...


class PlanSubject:
    """The plan of an instance, under an amendment.

    Parameters
    ----------
    instance : Instance
    amendment : Amendment
    """

    def __init__(self, instance: Instance, amendment: Amendment = UNAMENDED) -> None:
        self.instance = instance
        self.amendment = amendment
        self.program = amendment.formulate(instance)
        self.problem = self.program.problem
        self.has_flows = bool(self.program.flows)

    def judge(self, values: Floats) -> Candidate:
        """Read a point as a plan, and check it."""
        return self.weigh(decode(self.program, values))

    def weigh(self, layout: Layout) -> Candidate:
        """Check a layout, and count what it is to minimize."""
        return weigh(self.instance, layout, self.amendment)

    def encode(self, layout: Layout) -> Floats:
        """A layout as values of columns, NaN where it decides nothing."""
        return encode(self.program, layout).values


def weigh(instance: Instance, layout: Layout, amendment: Amendment) -> Candidate:
    """Check a layout under an amendment, and count what it is to minimize."""
    verdict = amendment.check(instance, layout)
    return Candidate((layout,), (verdict,), amendment.value(instance, layout, verdict))
