"""Hard groups are placed exactly, as the first dive needs them where pricing finds no placement."""

from __future__ import annotations

import numpy as np

import gpualloc
from gpualloc.engines.decomposition.hard import HardPricing
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.formulation.groups import Groups


def make_pricer() -> Pricer:
    """A million GPUs with flows."""
    instance = gpualloc.generate(gpus=1_000_000, data_centers=40, jobs=120, seed=5)
    return Pricer(Groups(instance))


def test_place() -> None:
    """The placement found keeps the group's own rows, and costs no less than the relaxation."""
    pricer = make_pricer()
    coupling, duals = pricer.coupling, np.zeros(pricer.coupling.rows)
    priced = pricer.price(duals, coupling.lower, coupling.upper)
    hard = HardPricing(pricer, 1e6, lambda: 60.0)
    placed = hard.place(hard.groups, duals)
    assert [column.group for column in placed] == hard.groups
    for column in placed:
        part = pricer.groups.write(column.group)
        x = np.zeros(part.problem.columns)
        x[column.positions - pricer.first_of(column.group)] = column.values
        activity = part.problem.matrix.dot(x)
        slack = 1e-6 * np.maximum(1.0, np.abs(activity))
        assert (activity >= part.problem.row_lower - slack).all()
        assert (activity <= part.problem.row_upper + slack).all()
        assert column.cost >= priced.least[column.group] * (1 - 1e-6)
