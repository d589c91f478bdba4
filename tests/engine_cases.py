"""Instances and readings that the tests of the engines share."""

from __future__ import annotations

from typing import Any

from gpualloc.generator import generate
from gpualloc.instance import Instance
from gpualloc.plan.plan import Plan

SOLVERS = ("highs", "cbc", "scip", "cp-sat")
"""Every solver that the tests' extra installs."""


def tables_of(plan: Plan) -> dict[str, Any]:
    """The decision tables of a plan's file, as the oracle reads them."""
    layout = plan.layout
    return {
        "placements": [row._asdict() for row in layout.placements],
        "hubs": [row._asdict() for row in layout.hubs],
        "flows": [
            {
                "a": row.a,
                "b": row.b,
                "period": row.period,
                "from": row.origin,
                "to": row.target,
                "fraction": row.fraction,
            }
            for row in layout.flows
        ],
        "buyouts": list(layout.buyouts),
        "unserved": list(layout.unserved),
    }


def long_instance() -> Instance:
    """An instance whose optimum no solver proves within a minute."""
    return generate(gpus=60_000, data_centers=14, jobs=30, periods=2, seed=2)
