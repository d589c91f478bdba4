"""What could go wrong: scenarios, each planned anew, with some choices made before."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gpualloc.answers.amended import Amended, solve_amended, solve_subject
from gpualloc.answers.comparison_moves import find_moves
from gpualloc.answers.result import Interval
from gpualloc.answers.solves import Solves
from gpualloc.answers.stress_cases import Case, cases_of
from gpualloc.answers.stress_choices import Choices, CommittedCost, HereAndNow
from gpualloc.answers.stress_joint import JointSubject, Weighing
from gpualloc.answers.stress_report import TOGETHER, TOLD, ScenarioRow, Status, Stress
from gpualloc.errors import NoPlanError, UsageError
from gpualloc.formulation.amendment import Amendment
from gpualloc.instance.instance import Instance
from gpualloc.instance.scenarios import Scenario
from gpualloc.instance.wording import printable
from gpualloc.layout import Layout
from gpualloc.plan.plan import Plan


def stress(
    instance: Instance,
    scenarios: Mapping[str, Scenario | str],
    *,
    choices: str = "fixed",
    plan: Plan | None = None,
    probabilities: Mapping[str, float] | None = None,
    engine: str = "auto",
    solver: str | None = None,
    time_limit: float | None = None,
    gap: float = 1e-6,
    seed: int = 0,
    threads: int | None = None,
    isolate: bool = True,
    on_note: Callable[[str], None] | None = None,
) -> Stress:
    """Plan anew in each of several scenarios, with what is decided here and now decided before.

    Here and now it is decided which contracts are bought out and which offers with a fixed fee are
    opened; their prices are paid whatever happens. Where everything runs is decided once it is
    known which scenario comes true.

    Parameters
    ----------
    instance : Instance
        As it is planned; it is the first scenario, ``as planned``.
    scenarios : mapping of str to str or Scenario
        Changes by the scenario's name: ``{"abilene lost": "lose abilene", "dear energy":
        "scale data_centers.usd_per_mwh=2"}``, as `Scenario.parse` reads them.
    choices : {"fixed", "free", "expected", "worst"}
        How contracts and offers are decided: as in today's plan; in each scenario for itself, as if
        it were foreseen; once, so that the expected cost is the least; once, so that the cost of
        the worst scenario is. The last two are one program over all scenarios.
    plan : Plan or None
        Today's plan, for ``fixed``; None for the cheapest one.
    probabilities : mapping of str to float, or None
        By scenario; those not given share equally what is left of 1.
    engine, solver, gap, seed, threads, isolate
        As for `gpualloc.solve`. One program over all scenarios has no groups of jobs to be taken
        apart by: it is the exact engine's.
    time_limit : float or None
        Seconds for all solves together.
    on_note : callable or None
        Called with a line about each solve as it begins.

    Returns
    -------
    Stress

    Raises
    ------
    NoPlanError
        There is no plan of today, or no choices leave a plan in every scenario.
    UsageError
        An argument is not possible.
    InstanceError
        The instance has faults after a change.
    """
    if choices not in TOLD:
        raise UsageError(f'choices: "{choices}" is none of {", ".join(TOLD)}')
    if plan is not None and choices != "fixed":
        raise UsageError('today\'s plan is for choices="fixed"')
    if engine == "decomposition" and choices in TOGETHER:
        raise UsageError(
            f'choices: "{choices}" is one program over all scenarios, which the decomposition '
            'engine cannot take apart; take the engine "auto" or "exact", or choices "fixed" or '
            '"free"'
        )
    cases = cases_of(instance, scenarios, probabilities)
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
    return StressTest(solves, instance, cases, choices).run(plan)


class StressTest:
    """The solves behind one stress test.

    Parameters
    ----------
    solves : Solves
    instance : Instance
    cases : tuple of Case
    made : {"fixed", "free", "expected", "worst"}
    """

    def __init__(
        self, solves: Solves, instance: Instance, cases: tuple[Case, ...], made: str
    ) -> None:
        self._solves = solves
        self._instance = instance
        self._cases = cases
        self._made = made
        self._start: Plan | None = None
        self._gaps: list[float | None] = []
        self._goal: Interval | None = None

    def run(self, plan: Plan | None) -> Stress:
        """Make the choices, then plan each scenario."""
        choices = self._choose(plan)
        found = self._plan_all(choices, 0)
        self._gaps += [one.gap for one in found if not one.is_infeasible]
        plans = {
            case.name: one.plan
            for case, one in zip(self._cases, found, strict=True)
            if one.plan is not None
        }
        rows = [
            self._row(case, one, choices, plans)
            for case, one in zip(self._cases, found, strict=True)
        ]
        return Stress(
            instance_name=self._instance.name,
            made=self._made,
            choices=choices,
            scenarios=tuple(rows),
            plans=plans,
            goal=self._goal,
            gaps=tuple(self._gaps),
        )

    def _choose(self, plan: Plan | None) -> Choices | None:
        """The choices that are made here and now; None where there are none."""
        if self._made == "free":
            return None
        if self._made != "fixed":
            return self._choose_together()
        if plan is None:
            plan = self._solve_today(len(self._cases))
        if not plan:
            raise NoPlanError(f"{printable(self._instance.name)}: there is no plan of today")
        self._start = plan
        return Choices.of([(self._instance, plan.layout)])

    def _solve_today(self, to_come: int) -> Plan:
        return self._solves.solve(self._instance, note="today's plan", to_come=to_come)

    def _choose_together(self) -> Choices:
        """Solve one program over all scenarios."""
        probabilities = tuple(case.probability for case in self._cases)
        instances = [case.instance for case in self._cases]
        subject = JointSubject(instances, Weighing(probabilities, self._made == "worst"))
        layouts = self._plan_as_today()
        finding = solve_subject(
            self._solves,
            subject,
            candidate=None if layouts is None else subject.weigh(layouts),
            start=None if layouts is None else subject.encode(layouts),
            note=f"all scenarios together, for the least {self._made} cost",
            to_come=1,
        )
        if finding.candidate is None:
            proven = finding.known == "infeasible"
            why = (
                "no choices leave a valid plan in every scenario"
                if proven
                else "no plan was found in time"
            )
            raise NoPlanError(f"{printable(self._instance.name)}: {why}")
        self._gaps.append(finding.gap)
        self._goal = Interval(finding.bound, finding.value, finding.value)
        return Choices.of(zip(instances, finding.candidate.layouts, strict=True))

    def _plan_as_today(self) -> list[Layout] | None:
        """Plans with today's choices, to start from; None where a scenario has none."""
        today = self._solve_today(3 * len(self._cases))
        if not today:
            return None
        self._start = today
        choices = Choices.of([(self._instance, today.layout)])
        found = self._plan_all(choices, len(self._cases) + 1)
        layouts = [one.plan.layout for one in found if one.plan is not None]
        return layouts if len(layouts) == len(found) else None

    def _plan_all(self, choices: Choices | None, to_come: int) -> list[Amended]:
        """The cheapest plan of each scenario under the choices, before so many other solves."""
        last = len(self._cases) - 1 + to_come
        return [self._plan(case, choices, last - at) for at, case in enumerate(self._cases)]

    def _plan(self, case: Case, choices: Choices | None, to_come: int) -> Amended:
        """The cheapest plan of a scenario, under the choices."""
        amendment = Amendment()
        if choices is not None:
            amendment = Amendment((HereAndNow(choices),), CommittedCost(choices))
        return solve_amended(
            self._solves,
            case.instance,
            amendment,
            note=f"scenario {case.name}",
            warm_start=self._start,
            to_come=to_come,
        )

    def _row(
        self, case: Case, found: Amended, choices: Choices | None, plans: dict[str, Plan]
    ) -> ScenarioRow:
        status: Status = "plan" if found.plan else "no valid plan"
        if not found.plan and not found.is_infeasible:
            status = "not known"
        planned, idle, moved = plans.get(self._cases[0].name), 0.0, None
        if found.plan is not None and choices is not None:
            used = {row.offer for row in found.plan.layout.placements}
            idle = float(choices.idle_fees_usd(case.instance, used))
        if found.plan is not None and planned is not None:
            moved = len({move.job for move in find_moves(planned, found.plan)})
        return ScenarioRow(
            case.name, case.changes, case.probability, status, found.least, idle, moved
        )
