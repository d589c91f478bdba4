"""What a little more of each scarce thing would save: `sensitivity`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from gpualloc.answers.result import Answer, Interval, frame_of, how_sure, records_of
from gpualloc.answers.result_effects import cost_texts, find_effect
from gpualloc.answers.sensitivity_marginal import Marginal, find_marginals
from gpualloc.answers.sensitivity_steps import Step
from gpualloc.answers.solves import Solves
from gpualloc.engines.backends import Settings
from gpualloc.instance.instance import Instance
from gpualloc.instance.wording import printable
from gpualloc.plan.plan import Plan
from gpualloc.plan.sections import Column, Digest, Section, section
from gpualloc.plan.text import usd

if TYPE_CHECKING:
    import pandas as pd

SCARCE_WORDS = {
    "power": "MW at",
    "offers": "GPU on offer",
    "links": "Gbit/s between",
    "uplinks": "Gbit/s on the uplink of",
    "transfer": "TB a period at",
    "spend_cap": "USD in the cap",
}

EFFECT_WORDS = {
    "nothing": "saves nothing",
    "enables": "makes a plan possible",
    "prevents": "makes every plan impossible",
    "hopeless": "there is no plan before or after",
    "unknown": "time ran out before a plan was found",
}
"""What a step does where that is no amount, by the kinds of `find_effect`."""

WHAT_MARGINAL_MEANS = (
    "marginal values are rates at this plan, with its choices of sites and options kept;",
    "jobs come in whole shards, so a real step can save less or more: name one to have it solved",
)


class StepRow(NamedTuple):
    """A step, solved anew: the least cost before and after, and what it saves.

    `effect` is one of those of `find_effect`: ``saves``, ``costs``, ``nothing``, ``open``, ...
    """

    step: str
    before: Interval
    after: Interval
    saved: Interval
    effect: str


@dataclass(frozen=True)
class Sensitivity(Answer):
    """What more, or less, of something would save.

    Attributes
    ----------
    plan : Plan
        The plan at which the marginal values hold.
    marginals : tuple of Marginal or None
        What is scarce, with marginal values; None where they could not be found.
    steps : tuple of StepRow
        The steps that were asked for.
    plans : tuple of Plan
        All results that the steps rest on.
    """

    row: ClassVar[type[NamedTuple]] = Marginal
    plan: Plan
    marginals: tuple[Marginal, ...] | None
    steps: tuple[StepRow, ...] = ()
    plans: tuple[Plan, ...] = ()

    def __bool__(self) -> bool:
        return self.plan.has_plan and self.marginals is not None

    @property
    def rows(self) -> tuple[Marginal, ...]:
        """What is scarce, with its marginal value."""
        return self.marginals or ()

    @property
    def sure(self) -> str:
        """How sure the answer is, in a sentence."""
        marginal = "marginal values are rates, not proven amounts"
        return f"{marginal}; steps: {how_sure(self.plans)}" if self.steps else marginal

    def steps_frame(self) -> pd.DataFrame:
        """The steps as a data frame: `step`, `before_usd`, `after_usd`, `saved_usd`, `effect`."""
        return frame_of(StepRow, self.steps)

    def document(self) -> dict[str, Any]:
        """The answer as a JSON object."""
        return {
            "sure": self.sure,
            "status": self.plan.status,
            "objective_usd": self.plan.objective_usd,
            "marginal": records_of(Marginal, self.rows),
            "steps": records_of(StepRow, self.steps),
        }

    def digest(self) -> Digest:
        """What is scarce and what the steps save, told to people."""
        name = printable(self.plan.instance_name)
        if not self.plan:
            told = "there is no plan to start from; gpualloc explain tells why"
            return Digest(f"{name}: {told}", (self.sure,), tuple(self._step_sections()))
        headline = f"{name}: what a little more would save ({usd(self._cost)} USD is the plan)"
        sections = (self._marginal_section(), *self._step_sections())
        lines = (*WHAT_MARGINAL_MEANS, *([f"steps: {how_sure(self.plans)}"] if self.steps else ()))
        return Digest(headline, lines, sections)

    @property
    def _cost(self) -> float:
        return self.plan.objective_usd or 0.0

    def _marginal_section(self) -> Section:
        columns = [Column("one more"), Column("saves about, USD", True), Column("scarce in")]
        rows = [
            (
                printable(f"{SCARCE_WORDS[row.kind]} {row.place}"),
                f"{row.usd_per_unit:,.2f}",
                printable(row.scarce_in),
            )
            for row in self.rows
        ]
        note = "" if rows else "nothing is scarce: a little more of anything saves nothing"
        if self.marginals is None:
            note = "not found in time"
        return section("Marginal values", columns, rows, note, longest=30)

    def _step_sections(self) -> Iterator[Section]:
        titles = ("step", "cost before", "cost after", "so it")
        rows = [
            (printable(row.step), *cost_texts(row.before, row.after, row.effect), _told(row))
            for row in self.steps
        ]
        if rows:
            columns = [Column(title) for title in titles]
            yield section("Steps, solved anew", columns, rows, longest=40)


def _told(row: StepRow) -> str:
    """What a step does, in words."""
    if row.effect in EFFECT_WORDS:
        return EFFECT_WORDS[row.effect]
    if row.effect == "costs":
        return f"costs {(-row.saved).text}"
    return f"saves {row.saved.text}"


def sensitivity(
    instance: Instance,
    *,
    steps: Sequence[str] = (),
    plan: Plan | None = None,
    engine: str = "auto",
    solver: str | None = None,
    time_limit: float | None = None,
    gap: float = 1e-6,
    seed: int = 0,
    threads: int | None = None,
    isolate: bool = True,
    on_note: Callable[[str], None] | None = None,
) -> Sensitivity:
    """Find what a little more of each scarce thing would save, and what given steps save.

    Marginal values come from a linear program at the plan, and are rates. Steps are solved anew;
    what they save is an interval that follows from the plans and the proven bounds.

    Parameters
    ----------
    instance : Instance
    steps : sequence of str
        Figures raised or lowered: ``power_mw[memphis]=+10``, in one period
        ``gpus[abilene GB200, 2025Q4]=-1000``, of a link ``gbps[memphis, atlanta]=+100``. Any
        column of a named row that holds figures will do.
    plan : Plan or None
        A plan of the instance to start from; None to find one.
    engine, solver, gap, seed, threads, isolate
        As for `solve`.
    time_limit : float or None
        Seconds for all solves together; None for no limit.
    on_note : callable or None
        Called with a line about each solve as it begins.

    Returns
    -------
    Sensitivity

    Raises
    ------
    UsageError
        A step cannot be read or made, or an argument is not possible.
    PlanFileError
        The plan was made for another instance.
    """
    solves = Solves(
        engine=engine,
        solver=solver,
        time_limit=time_limit,
        gap=gap,
        seed=seed,
        threads=threads,
        isolate=isolate,
        on_note=on_note,
    )
    parsed = [Step.parse(text) for text in steps]
    stepped = [(step, step.apply(instance)) for step in parsed]
    if plan is None:
        plan = solves.solve(instance, note="as it is", to_come=len(stepped))
    else:
        plan = plan.bind(instance)
        solves.plans.append(plan)
    marginals = None
    if plan:
        solves.tell("finding marginal values")
        settings = Settings(solves.seconds_left(len(stepped)), seed=seed, threads=threads)
        found = find_marginals(instance, plan.layout, settings)
        marginals = None if found is None else tuple(found)
    rows = tuple(_step_rows(instance, plan, stepped, solves))
    return Sensitivity(plan, marginals, rows, tuple(solves.plans))


def _step_rows(
    instance: Instance, plan: Plan, stepped: Sequence[tuple[Step, Instance]], solves: Solves
) -> Iterator[StepRow]:
    for at, (step, changed) in enumerate(stepped):
        to_come = len(stepped) - at - 1
        after = solves.solve(changed, note=step.text, warm_start=plan, to_come=to_come)
        effect = find_effect(plan, after, 0.0 if step.can_only_save(instance) else None)
        before, now = Interval.of_cost(plan), Interval.of_cost(after)
        yield StepRow(step.text, before, now, effect.saved, effect.kind)
