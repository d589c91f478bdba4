"""An earlier plan as placements to start from."""

from __future__ import annotations

import numpy as np

from gpualloc.engines.decomposition.assignment import NEAR
from gpualloc.engines.decomposition.columns import Column
from gpualloc.engines.decomposition.pricing import Pricer
from gpualloc.formulation.groups import Part
from gpualloc.formulation.translation import encode
from gpualloc.layout import Layout


def read_columns(pricer: Pricer, layout: Layout) -> list[Column] | None:
    """A placement of every group as in an earlier plan; None if it is no plan of this instance."""
    values = np.nan_to_num(encode(pricer.groups, layout).values)
    columns = []
    for group in range(len(pricer)):
        part = pricer.groups.write(group)
        own = values[part.first : part.first + part.problem.columns]
        column = pricer.column_of(group, own)
        if column is None or not _keeps_rows(pricer, part, column):
            return None
        columns.append(column)
    return columns


def _keeps_rows(pricer: Pricer, part: Part, column: Column) -> bool:
    """Whether a placement keeps its group's own rows."""
    problem, x = part.problem, pricer.values_of(column)
    activity = problem.matrix.dot(x)
    scale = NEAR * np.maximum(1.0, np.abs(activity))
    low, high = problem.row_lower - scale, problem.row_upper + scale
    return bool(((activity >= low) & (activity <= high)).all() and (x <= problem.upper).all())
