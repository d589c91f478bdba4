"""What duals say about the plan-wide columns: reduced costs, tension, their part of the bound."""

from __future__ import annotations

import numpy as np

from gpualloc.engines.decomposition.sides import sum_pressed
from gpualloc.formulation.groups import Coupling
from gpualloc.vectors import Bools, Floats, Ints

WHOLE = 1e-5
"""Plan-wide columns that are nearer to a whole number count as whole."""


def find_broken(coupling: Coupling, shared: Floats) -> Ints:
    """The plan-wide columns that must be whole and are not."""
    away = np.abs(shared - np.rint(shared))
    return np.flatnonzero(coupling.integer & (away > WHOLE))


def hold(held: Bools, shared: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Bounds with some columns at the whole numbers that are nearest to where they are."""
    whole = np.rint(shared)
    return np.where(held, whole, lower), np.where(held, whole, upper)


def plan_wide_bound(
    coupling: Coupling, duals: Floats, reduced: Floats, lower: Floats, upper: Floats
) -> float:
    """The part of the bound that is not the groups': right-hand sides and plan-wide columns."""
    rows = sum_pressed(duals, coupling.row_lower, coupling.row_upper)
    return rows + float(np.minimum(reduced * lower, reduced * upper).sum())


def reduced_shared(coupling: Coupling, duals: Floats) -> Floats:
    """(c,) reduced costs of the plan-wide columns."""
    entries = coupling.entries
    taken = np.bincount(
        entries.columns, duals[entries.row_of_entry] * entries.values, coupling.columns
    )
    reduced: Floats = coupling.cost - taken
    return reduced


def tension_of(coupling: Coupling, duals: Floats) -> Floats:
    """(c,) USD that its own cost, and its rows at their duals, pull at each plan-wide column."""
    entries = coupling.entries
    pulls = np.abs(duals[entries.row_of_entry] * entries.values)
    tension: Floats = np.abs(coupling.cost) + np.bincount(entries.columns, pulls, coupling.columns)
    return tension
