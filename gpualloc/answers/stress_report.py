"""What a stress test found: scenario by scenario, the worst case and the expected cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from gpualloc.answers.amended import tell_sure
from gpualloc.answers.result import Answer, Interval
from gpualloc.answers.stress_cases import AS_PLANNED
from gpualloc.answers.stress_choices import Choices
from gpualloc.instance.wording import printable
from gpualloc.plan.plan import Plan
from gpualloc.plan.sections import Column, Digest, Section, listing, section
from gpualloc.plan.text import percent, usd

Status = Literal["plan", "no valid plan", "not known"]

TOLD = {
    "fixed": "contracts bought out and offers opened stay as in today's plan",
    "free": "contracts and offers are decided anew in each scenario, as if it were foreseen",
    "expected": "contracts and offers are decided once, for the least expected cost",
    "worst": "contracts and offers are decided once, for the least cost in the worst case",
}
"""What each way to make the choices means."""

TOGETHER = ("expected", "worst")
"""The ways that are one program over all scenarios."""


class ScenarioRow(NamedTuple):
    """A scenario.

    Attributes
    ----------
    scenario, changes : str
    probability : float
    status : {"plan", "no valid plan", "not known"}
    cost : Interval
        What the scenario costs, fees of offers that were opened for nothing included.
    idle_fees_usd : float
        Those fees.
    jobs_moved : int or None
        Jobs that are placed differently than as planned.
    """

    scenario: str
    changes: str
    probability: float
    status: Status
    cost: Interval
    idle_fees_usd: float
    jobs_moved: int | None


@dataclass(frozen=True)
class Stress(Answer):
    """Scenarios, each planned anew.

    Parameters
    ----------
    instance_name : str
    made : str
        How the choices were made: ``fixed``, ``free``, ``expected`` or ``worst``.
    choices : Choices or None
        What was decided here and now; None where each scenario decides for itself.
    scenarios : tuple of ScenarioRow
    plans : dict of str to Plan
        By scenario; without those that have none.
    goal : Interval or None
        The least expected or worst cost that any choices made once can have; None unless the
        choices were made for it.
    gaps : tuple of float or None
    """

    row: ClassVar[type[NamedTuple]] = ScenarioRow
    instance_name: str
    made: str
    choices: Choices | None
    scenarios: tuple[ScenarioRow, ...]
    plans: dict[str, Plan]
    goal: Interval | None
    gaps: tuple[float | None, ...]

    @property
    def rows(self) -> tuple[ScenarioRow, ...]:
        return self.scenarios

    @property
    def failing(self) -> tuple[str, ...]:
        """Scenarios in which no plan is valid."""
        return tuple(row.scenario for row in self.rows if row.status == "no valid plan")

    @property
    def worst(self) -> Interval:
        """The cost of the worst case; without an upper end where a scenario has no plan."""
        return _with_goal(_largest([row.cost for row in self.rows]), self, "worst")

    @property
    def expected(self) -> Interval:
        """The expected cost; unknown where a scenario has no plan."""
        total = Interval.exactly(0.0)
        for row in self.rows:
            total = total + row.cost.scaled(row.probability)
        return _with_goal(total, self, "expected")

    @property
    def worst_case(self) -> str:
        """The scenario that costs the most, one without a plan first."""
        return max(self.rows, key=_severity).scenario

    @property
    def sure(self) -> str:
        sure = tell_sure(self.gaps)
        if self.made in TOGETHER:
            return f"{sure} (the choices: by the exact engine, over all scenarios at once)"
        return sure

    def document(self) -> dict[str, Any]:
        """The answer as a JSON object, with the figures over all scenarios and the choices."""
        choices = self.choices or Choices(frozenset(), frozenset())
        return {
            "worst_case": self.worst_case,
            "worst_usd": self.worst.high,
            "expected_usd": self.expected.best,
            "bought_out": sorted(choices.buyouts),
            "opened": sorted(choices.opened),
            **super().document(),
        }

    def digest(self) -> Digest:
        sections = [self._section(), *self._choice_sections()]
        return Digest(self._headline(), tuple(self._lines()), tuple(sections))

    def _headline(self) -> str:
        name, count = printable(self.instance_name), len(self.rows)
        if self.failing:
            return f"{name}: {len(self.failing)} of {count} scenarios have no valid plan"
        open_ = sum(row.status == "not known" for row in self.rows)
        if open_:
            return f"{name}: {open_} of {count} scenarios have neither a plan nor a proof"
        return f"{name}: every one of {count} scenarios has a plan"

    def _lines(self) -> Iterator[str]:
        yield TOLD[self.made]
        if self.failing:
            yield f"no plan is valid in: {printable(', '.join(self.failing))}"
        else:
            yield f"worst case: {self.worst.text}, in {printable(self.worst_case)}"
            yield f"expected cost: {self.expected.text}"
        yield self.sure

    def _section(self) -> Section:
        planned = next(row for row in self.rows if row.scenario == AS_PLANNED).cost.best
        cells = [
            (
                printable(row.scenario),
                percent(row.probability),
                "-" if row.cost.best is None else usd(row.cost.best),
                _more(row, planned),
                "" if row.jobs_moved is None else f"{row.jobs_moved:,}",
                row.changes if row.status == "plan" else f"{row.status}: {row.changes}",
            )
            for row in self.rows
        ]
        columns = [
            Column("scenario"),
            Column("chance", True),
            Column("USD", True),
            Column("more", True),
            Column("jobs moved", True),
            Column("what happens"),
        ]
        return section("Scenarios", columns, cells, longest=len(cells))

    def _choice_sections(self) -> Iterator[Section]:
        if self.choices is None:
            return
        named = {
            "Contracts bought out here and now": self.choices.buyouts,
            "Offers with a fee opened here and now": self.choices.opened,
        }
        for title, names in named.items():
            if names:
                yield listing(f"{title}: {len(names):,}", map(printable, sorted(names)))


def _more(row: ScenarioRow, planned: float | None) -> str:
    if row.scenario == AS_PLANNED or row.cost.best is None or not planned:
        return ""
    part = (row.cost.best - planned) / abs(planned)
    return f"{'+' if part >= 0 else '-'}{percent(abs(part))}"


def _severity(row: ScenarioRow) -> tuple[bool, float]:
    return row.status != "plan", row.cost.best or 0.0


def _largest(costs: list[Interval]) -> Interval:
    lows = [cost.low for cost in costs if cost.low is not None]
    highs = [cost.high for cost in costs if cost.high is not None]
    high = max(highs) if len(highs) == len(costs) else None
    return Interval(max(lows, default=None), high, high)


def _with_goal(found: Interval, stress: Stress, made: str) -> Interval:
    """The interval; its low end is what any choices prove where they were made for this."""
    if stress.made != made or stress.goal is None:
        return found
    return Interval(stress.goal.low, found.high, found.best)
