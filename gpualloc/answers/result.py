"""What every answer is to its reader: a table, a text, a view, and how sure it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, get_type_hints

from gpualloc.plan.document import json_text
from gpualloc.plan.html import tell_html
from gpualloc.plan.plan import OPTIMAL_GAP, Plan
from gpualloc.plan.sections import Digest
from gpualloc.plan.summary import as_text, tell
from gpualloc.plan.text import gap_text, usd

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Interval:
    """Where an amount of money is proven to lie.

    Parameters
    ----------
    low, high : float or None
        USD; None where nothing is proven on that side.
    best : float or None
        The amount by the best plans that were found.
    """

    low: float | None
    high: float | None
    best: float | None

    @classmethod
    def of_cost(cls, plan: Plan) -> Interval:
        """The least cost of any valid plan: from the proven bound to the cost of the plan found."""
        return cls(plan.bound_usd, plan.objective_usd, plan.objective_usd)

    @classmethod
    def exactly(cls, usd: float) -> Interval:
        """An amount that is known."""
        return cls(usd, usd, usd)

    def __add__(self, other: Interval) -> Interval:
        return Interval(
            _sum(self.low, other.low), _sum(self.high, other.high), _sum(self.best, other.best)
        )

    def __neg__(self) -> Interval:
        return self.scaled(-1.0)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __contains__(self, usd: float) -> bool:
        return not self.is_above(usd) and not self.is_below(usd)

    def scaled(self, factor: float) -> Interval:
        """The interval of the amount times a factor."""
        low, high, best = (None if end is None else end * factor for end in self._ends)
        return Interval(low, high, best) if factor >= 0 else Interval(high, low, best)

    def at_least(self, usd: float | None) -> Interval:
        """The same amount, known from elsewhere to be at least `usd`."""
        if usd is None:
            return self
        low, high, best = (None if end is None else max(end, usd) for end in self._ends)
        return Interval(usd if low is None else low, high, best)

    @property
    def _ends(self) -> tuple[float | None, float | None, float | None]:
        return self.low, self.high, self.best

    def is_above(self, usd: float) -> bool:
        """Whether the amount is proven to be more than `usd`."""
        return self.low is not None and self.low > usd

    def is_below(self, usd: float) -> bool:
        """Whether the amount is proven to be less than `usd`."""
        return self.high is not None and self.high < usd

    @property
    def is_exact(self) -> bool:
        """Whether the ends are equal, up to 1e-6 of the amount or to a cent."""
        if self.low is None or self.high is None:
            return False
        return self.high - self.low <= max(0.01, OPTIMAL_GAP * max(abs(self.low), abs(self.high)))

    @property
    def text(self) -> str:
        """The amount for people: ``12,500 USD``, ``between 10,000 and 12,500 USD``."""
        if self.is_exact:
            assert self.high is not None
            return f"{usd(self.high if self.best is None else self.best)} USD"
        if self.low is not None and self.high is not None:
            return f"between {usd(self.low)} and {usd(self.high)} USD"
        if self.low is not None:
            return f"at least {usd(self.low)} USD"
        return "not known" if self.high is None else f"at most {usd(self.high)} USD"


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


def how_sure(plans: Iterable[Plan]) -> str:
    """In a sentence, how well the costs behind an answer are proven."""
    found = list(plans)
    open_ = sum(plan.status == "unknown" or (plan.has_plan and plan.gap is None) for plan in found)
    if open_:
        return f"not proven: {open_} of {len(found)} solves ended without a plan or a bound"
    gap = max((plan.gap for plan in found if plan.gap is not None), default=0.0)
    if gap <= OPTIMAL_GAP:
        return "exact: every cost is proven to be the least possible"
    return f"within a proven gap: no cost can be lower by more than {gap_text(gap)}"


class Answer(ABC):
    """An answer as a table, as a text and as a view in a notebook.

    A subclass is a frozen dataclass that gives `row`, the kind of its table's rows, and `rows`,
    `sure` and `digest`. A cell that is an `Interval` becomes three columns: ``worth`` becomes
    ``worth_usd`` (by the best plans), ``worth_low_usd`` and ``worth_high_usd``.
    """

    row: ClassVar[type[NamedTuple]]

    @property
    @abstractmethod
    def rows(self) -> tuple[Any, ...]:
        """The rows of the table, each a `row`."""

    @property
    @abstractmethod
    def sure(self) -> str:
        """How sure the answer is, in a sentence."""

    @abstractmethod
    def digest(self) -> Digest:
        """The answer told to people; all texts are safe to print."""

    def to_frame(self) -> pd.DataFrame:
        """The answer as a data frame."""
        return frame_of(self.row, self.rows)

    def document(self) -> dict[str, Any]:
        """The answer as a JSON object."""
        return {"sure": self.sure, "rows": records_of(self.row, self.rows)}

    def to_json(self, *, ascii_only: bool = False) -> str:
        """The answer as JSON text; `ascii_only` escapes all other characters."""
        return json_text(self.document(), ascii_only=ascii_only)

    def __str__(self) -> str:
        return as_text(tell(self.digest()))

    def _repr_html_(self) -> str:
        return tell_html(self.digest())


def frame_of(kind: type[NamedTuple], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows as a data frame; an interval becomes three columns."""
    import pandas as pd

    return pd.DataFrame([list(_cells(row)) for row in rows], columns=list(_columns(kind)))


def records_of(kind: type[NamedTuple], rows: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Rows as JSON objects; an interval becomes three entries."""
    columns = list(_columns(kind))
    return [dict(zip(columns, _cells(row), strict=True)) for row in rows]


def _columns(row: type[Any]) -> Iterator[str]:
    for name, hint in get_type_hints(row).items():
        if hint is Interval:
            yield from (f"{name}_usd", f"{name}_low_usd", f"{name}_high_usd")
        else:
            yield name


def _cells(row: tuple[Any, ...]) -> Iterator[Any]:
    for cell in row:
        yield from (cell.best, cell.low, cell.high) if isinstance(cell, Interval) else (cell,)
