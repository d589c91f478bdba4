"""Marginal values: what a little more of each scarce thing would save at a plan.

The plan's choices are kept (which jobs are served, in which option, in which data centers, with
which hubs, which contracts are bought out), and the shards are let go between them as if they
could be divided. The duals of that linear program are the marginal values. They are rates and no
bounds: shards are whole, and a larger step may open a choice that the plan did not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from gpualloc.answers.relaxations_rows import rows_by_place
from gpualloc.engines.backends import Listener, Settings
from gpualloc.engines.backends.duals import solve_duals
from gpualloc.engines.tasks import Task, complete
from gpualloc.formulation.problem import Problem
from gpualloc.formulation.program import Program, formulate
from gpualloc.formulation.translation import encode
from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout
from gpualloc.rules.contracts.spend_cap import SpendCap
from gpualloc.rules.loads import Loads
from gpualloc.vectors import Floats

UNITS = {
    "power": "MW",
    "offers": "GPU",
    "links": "Gbit/s",
    "uplinks": "Gbit/s",
    "transfer": "TB a period",
    "spend_cap": "USD",
}
"""What is scarce, by the title of its rows, with the unit in which it is valued."""

LEAST_USD = 1e-6
"""A unit that saves less is not scarce."""


class Marginal(NamedTuple):
    """What one unit more of a scarce thing saves, at the rate that holds at the plan.

    Attributes
    ----------
    kind : str
        A key of `UNITS`.
    place : str
        The instance's names of what it is about.
    unit : str
    usd_per_unit : float
        USD saved by a unit more in all periods.
    scarce_in : str
        The periods in which it is scarce; empty for what has no periods.
    """

    kind: str
    place: str
    unit: str
    usd_per_unit: float
    scarce_in: str


def find_marginals(instance: Instance, layout: Layout, settings: Settings) -> list[Marginal] | None:
    """The marginal value of everything scarce at a plan, the dearest of each kind first.

    None where the linear program could not be solved in time.
    """
    program = formulate(instance)
    task = Task(solver=None, problem=program.problem, settings=settings)
    point = complete(task, encode(program, layout).values, Listener())
    if point is None:
        return None
    duals = solve_duals(_loosened(program, point), settings)
    if duals is None:
        return None
    found = [*_of_places(program, duals), *_of_caps(program, duals)]
    order = list(UNITS)
    return sorted(found, key=lambda row: (order.index(row.kind), -row.usd_per_unit))


def _loosened(program: Program, point: Floats) -> Problem:
    """The program with the choices of a point kept and its shards divisible.

    Bounds on shards that only repeat a limit of the instance are taken away, so that its worth
    shows in the limit's own row.
    """
    problem = program.problem
    upper = np.where(problem.integer, np.rint(point), problem.upper)
    lower = np.where(problem.integer, np.rint(point), problem.lower)
    for job in program.jobs:
        for block in job.all_blocks():
            lower[block.shards] = 0
            upper[block.shards] = block.shards_total * np.rint(point[block.used])[block.site_at]
    most = max(block.shards_total for job in program.jobs for block in job.all_blocks())
    for family in program.column_families:
        if family.title == "moved":
            upper[family.first : family.first + len(family.members)] = most
    row_upper = problem.row_upper.copy()
    for family in program.row_families:
        if family.title in ("shards need a used data center", "opened room"):
            row_upper[family.first : family.first + len(family.members)] = np.inf
    return replace(problem.with_bounds(lower, upper), row_upper=row_upper)


def _of_places(program: Program, duals: Floats) -> Iterator[Marginal]:
    loads = Loads(program.arrays)
    periods = program.arrays.period_names
    titles = [title for title in UNITS if title != "spend_cap"]
    for title, places in rows_by_place(program.row_families, titles).items():
        for place, by_period in places.items():
            unit = _unit(program, loads, title, place[0])
            usd = {t: -duals[row] / unit for t, row in by_period.items()}
            scarce = [periods[t] for t in usd if usd[t] > LEAST_USD]
            if scarce:
                when = ", ".join(scarce) if len(periods) > 1 else ""
                total = float(sum(usd.values()))
                yield Marginal(title, ", ".join(place), UNITS[title], total, when)


def _unit(program: Program, loads: Loads, title: str, name: str) -> float:
    """How much of the unit in which a thing is valued a unit of its rows is."""
    if title == "power":
        return float(loads.power[program.arrays.site_names.index(name)].unit / Fraction(1000))
    if title == "offers":
        return float(loads.offer(program.arrays.offer_names.index(name)).unit)
    return 1.0


def _of_caps(program: Program, duals: Floats) -> Iterator[Marginal]:
    contracts = {row.name: row for row in program.arrays.instance.contracts}
    for family in program.row_families:
        contract = contracts.get(family.prefix[0]) if family.title == "spend_cap" else None
        if isinstance(contract, SpendCap) and contract.usd:
            unit = contract.usd / program.problem.row_upper[family.first]
            usd = -float(duals[family.first]) / unit
            if usd > LEAST_USD:
                yield Marginal("spend_cap", contract.name, UNITS["spend_cap"], usd, "")
