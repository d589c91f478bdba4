"""What a rule is: one statement made twice, as rows for engines, as arithmetic for the checker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger
    from gpualloc.rules.writer import FlowColumns, JobColumns, Writer


@dataclass(frozen=True)
class Breach:
    """A rule that a plan breaks.

    Parameters
    ----------
    rule : str
        The rule's name: ``power``, ``first_refusal``.
    place : str
        Where, in the instance's own names: ``memphis, 2025Q3``.
    message : str
        What is wrong, in a sentence.
    figure, limit : float or None
        What was found and what is allowed, in the rule's unit; None where there is no figure.
    """

    rule: str
    place: str
    message: str
    figure: float | None = None
    limit: float | None = None

    def __str__(self) -> str:
        return f"{self.rule}[{self.place}]: {self.message}"


Charge = tuple[str, Fraction]
"""A cost line and an amount in USD."""


class Rule:
    """A rule of the planning problem.

    The `write_*` methods state it as rows and cost terms over a plan's quantities, the engines'
    view. `read` and `charge` state it as arithmetic over a finished plan, the checker's view. The
    two share no code, so that each catches the other's mistakes.
    """

    title: ClassVar[str] = ""

    def write_shared(self, writer: Writer) -> None:
        """Declare plan-wide columns and the rows that several jobs share."""

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        """Write one job's own rows, and its coefficients in shared rows."""

    def write_flow(self, writer: Writer, flow: FlowColumns) -> None:
        """Write one flow's own rows, and its coefficients in shared rows."""

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield what of this rule a finished plan breaks."""
        yield from ()

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield what a finished plan pays by this rule."""
        yield from ()
