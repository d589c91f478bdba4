"""The kinds of numpy arrays that the package works with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def sums_by(index: Ints, weights: Floats, count: int) -> Floats:
    """(count,) the sums of the weights that share an index."""
    return np.bincount(index, weights, minlength=count).astype(np.float64, copy=False)
