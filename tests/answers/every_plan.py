"""Every valid plan of a tiny instance, by the oracle's search without its pruning by cost."""

from __future__ import annotations

from typing import Any, NamedTuple

from gpualloc.instance import Instance
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.plan.plan import Plan as FoundPlan
from gpualloc.plan.plan import make_plan
from tests.oracle.contracts import contract_breaches
from tests.oracle.costs import cost_lines
from tests.oracle.enumeration import Search
from tests.oracle.figures import Figures
from tests.oracle.plans import Plan, to_layout
from tests.random_plans import to_layout as layout_of

Data = dict[str, Any]

MOST_PLANS = 3000
"""Instances with more plans are left out."""

PENALTY = ("stall", "latency", "egress")


class TooManyPlansError(Exception):
    """An instance has more plans than a test should look at."""


class Valid(NamedTuple):
    """A valid plan and its cost lines; flows between its jobs take their cheapest pairing."""

    plan: Plan
    costs: dict[str, float]

    @property
    def usd(self) -> float:
        """All that it costs."""
        return sum(self.costs.values())

    @property
    def penalty(self) -> float:
        """Stall, latency and egress."""
        return sum(self.costs[line] for line in PENALTY)

    @property
    def offers(self) -> set[str]:
        """The offers in use."""
        return {offer for placed in self.plan.shards.values() for offer in placed}

    @property
    def providers(self) -> int:
        """How many providers are in use."""
        figures = self.plan.figures
        sites = {figures.offers[offer].data_center for offer in self.offers}
        return len({figures.centers[site].provider for site in sites})

    def moved(self, today: dict[str, dict[int, dict[str, int]]]) -> int:
        """Shards that are on another offer than today, by job and period."""
        moved = 0
        for name, known in today.items():
            for phase in self.plan.figures.phases(self.plan.figures.jobs[name]):
                before = next((known[t] for t in phase if t in known), None)
                if before is not None:
                    now = self.plan.shards.get((name, phase[0]), {})
                    moved += sum(max(0, n - before.get(offer, 0)) for offer, n in now.items())
        return moved


class EverySearch(Search):
    """Keeps every plan that is valid, whatever it costs."""

    def __init__(self, figures: Figures) -> None:
        super().__init__(figures)
        self.found: list[Valid] = []

    def _finish(self, chosen: Any, bought: Any) -> None:
        plan = self._joined(chosen, bought)
        if any(contract_breaches(plan)):
            return
        pairings = self.pairer.pairings(plan)
        if pairings is None:
            return
        plan.pairings = pairings
        costs = {line: float(usd) for line, usd in cost_lines(plan).items()}
        self.found.append(Valid(plan, costs))
        if len(self.found) > MOST_PLANS:
            raise TooManyPlansError


def every_plan(data: Data) -> list[Valid]:
    """All valid plans.

    Raises
    ------
    TooManyPlansError
        There are more than `MOST_PLANS`.
    """
    search = EverySearch(Figures(data))
    search.run()
    return search.found


def energy_mwh(found: Valid) -> float:
    """GPUs times facility power times hours, over all that is placed."""
    figures = found.plan.figures
    rows = found.plan.gpu_rows()
    kwh = (gpus * figures.kw_on(offer) * figures.hours[t] for _, t, offer, gpus in rows)
    return float(sum(kwh)) / 1000


def is_close(a: float, b: float) -> bool:
    """Whether two figures are equal up to a millionth."""
    return abs(a - b) <= 2e-6 * max(1.0, abs(a), abs(b))


def plan_of(instance: Instance, found: Valid) -> FoundPlan:
    """A valid plan of the enumeration as a plan of the package."""
    layout: Layout = layout_of(to_layout(found.plan))
    return make_plan(
        instance,
        layout,
        check_layout(instance, layout),
        bound_usd=None,
        stopped_by="time",
        seconds=0.0,
        engine="enumeration",
        seed=0,
    )


def held_in(found: Valid) -> dict[str, dict[int, dict[str, int]]]:
    """Shards by job, period and offer of an enumerated plan."""
    held: dict[str, dict[int, dict[str, int]]] = {}
    for (job, t), placed in found.plan.shards.items():
        held.setdefault(job, {})[t] = placed
    return held
