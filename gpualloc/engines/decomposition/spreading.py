r"""Compiled: shards spread over data centers at the least cost, given what k of them cost in each.

With :math:`T_i(k)` what k shards cost in data center i and :math:`F_i(s)` the cheapest placement of
s shards over the first i,

.. math:: F_i(s) = \min_k \; F_{i-1}(s - k) + T_i(k), \qquad T_i(0) = 0,

with a count of used data centers as a second index where that is limited. With hub h, data center a
costs its spoke on top, and all wait for the slowest spoke: with the data centers sorted by what
waiting for them costs, :math:`W_{ah}`, the optimum is the least over i of :math:`F_i(S) + W_{ih}`,
since a placement whose slowest spoke is i-th uses the first i only. Hubs are tried from the most
promising on, and left out as soon as a bound from average prices shows that they cannot be best.

From one shard on T is convex, so the best :math:`s - k` does not fall as s grows: the rows halfway
between known ones are searched between their answers only, in :math:`S \log S` steps.

Numba keeps what it compiled of `kernels` until that file changes, with a copy of this one inside:
whoever changes this file touches that one too.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gpualloc.engines.decomposition.tables import Ints32
from gpualloc.vectors import Floats, Ints

LARGEST_TABLE = 4_000_000
"""Entries of one table above which average prices take its place, a relaxation."""

FEW = 24
"""Shards of a data center up to which all numbers of them are tried."""


@njit(cache=True, nogil=True)
def spread(
    has_hub: bool,
    usd: Floats,
    wait: Floats,
    table: Floats,
    size: Ints,
    most_sites: int,
    most: float,
    taken: Ints,
) -> tuple[float, int]:
    """The cheapest placement, if it is below `most`: its cost, and its hub or -1.

    Parameters
    ----------
    has_hub : bool
        Whether row h of `usd` and `wait` is about hub h; else they have one row.
    usd, wait : (m or 1, m)
        What each data center costs on top if it is used, infinite if it may not be; what waiting
        for it costs.
    table : (m, S + 1)
        What shards cost in each data center, up to `size` (m,) of them.
    taken : (m,)
        Filled with the shards of each data center.
    """
    rows, sites = usd.shape
    total = table.shape[1] - 1
    layers = most_sites + 1 if most_sites < min(sites, total) else 1
    average, bound, trial = np.empty(sites), np.empty(rows), np.zeros(sites, np.int64)
    for a in range(sites):
        average[a] = _average(table[a], size[a])
    for row in range(rows):
        bound[row] = _bound(row if has_hub else -1, usd[row], average, size, total, trial)
    best, best_hub = most, -1
    while True:
        row = _least(bound)
        if row < 0 or bound[row] >= best:
            break
        hub, found = row if has_hub else -1, bound[row]
        if sites * layers * (total + 1) <= LARGEST_TABLE:
            found = _place(hub, usd[row], wait[row], table, size, layers, best, trial)
        elif not _fit(hub, usd[row], average, size, total, most_sites, trial):
            found = np.inf
        bound[row] = np.inf
        if found < best:
            best, best_hub = found, hub
            for a in range(sites):
                taken[a] = trial[a]
    return best, best_hub


@njit(cache=True, nogil=True)
def _least(values: Floats) -> int:
    """The position of the least value; -1 if all are infinite."""
    best, least = -1, np.inf
    for at in range(len(values)):
        if values[at] < least:
            best, least = at, values[at]
    return best


@njit(cache=True, nogil=True)
def _average(table: Floats, size: int) -> float:
    """The least price of a shard over all numbers of them."""
    best = np.inf
    for k in range(1, size + 1):
        best = min(best, table[k] / k)
    return best


@njit(cache=True, nogil=True)
def _fill(key: Floats, size: Ints, left: int, most_sites: int, taken: Ints) -> int:
    """Fill data centers from the least key on, so many of them; returns what is left."""
    for a in range(len(size)):
        taken[a] = 0
    for _ in range(most_sites):
        a = _least(key)
        if a < 0 or left == 0:
            break
        key[a] = np.inf
        taken[a] = min(left, size[a])
        left -= taken[a]
    return left


@njit(cache=True, nogil=True)
def _bound(hub: int, usd: Floats, average: Floats, size: Ints, total: int, trial: Ints) -> float:
    """A lower bound: each data center at its average price, what it costs on top spread thin."""
    sites = len(size)
    price = np.full(sites, np.inf)
    for a in range(sites):
        if size[a] > 0 and usd[a] < np.inf:
            price[a] = average[a] + (usd[a] / size[a] if usd[a] > 0 else usd[a])
    found = 0.0
    if hub >= 0:
        if price[hub] == np.inf:
            return np.inf
        price[hub] = average[hub]
        found = usd[hub]
    if _fill(price.copy(), size, total, sites, trial) > 0:
        return np.inf
    for a in range(sites):
        if trial[a] > 0:
            found += trial[a] * price[a]
    return found


@njit(cache=True, nogil=True)
def _fit(
    hub: int, usd: Floats, average: Floats, size: Ints, total: int, most_sites: int, trial: Ints
) -> bool:
    """A placement by average prices, or by sizes where that uses too many data centers."""
    for by_size in range(2):
        key = np.full(len(size), np.inf)
        for a in range(len(size)):
            if size[a] > 0 and usd[a] < np.inf:
                key[a] = -float(size[a]) if by_size else average[a]
        if hub >= 0:
            key[hub] = -np.inf
        if _fill(key, size, total, most_sites, trial) == 0:
            return True
    return False


@njit(cache=True, nogil=True)
def _place(
    hub: int,
    usd: Floats,
    wait: Floats,
    table: Floats,
    size: Ints,
    layers: int,
    most: float,
    taken: Ints,
) -> float:
    """The cheapest placement with one hub, or with none, if it is below `most`."""
    sites, width = table.shape
    left = np.full(sites, np.inf)
    for a in range(sites):
        if a != hub and size[a] > 0 and usd[a] < np.inf:
            left[a] = wait[a]
    choice = np.empty((sites, layers, width), np.int32)
    sequence = np.empty(sites, np.int64)
    f, g = np.full((layers, width), np.inf), np.empty((layers, width))
    f[0, 0] = 0.0
    best = most
    for stage in range(sites):
        a = hub if stage == 0 and hub >= 0 else _least(left)
        if a < 0:
            break
        left[a], sequence[stage] = np.inf, a
        _add_site(f, g, choice[stage], table[a], size[a], usd[a], a == hub)
        f, g = g, f
        layer = _best_layer(f)
        found = f[layer, width - 1] + (0.0 if a == hub else wait[a])
        if found < best:
            best = found
            _trace(choice, sequence, stage + 1, layer, taken)
    return best


@njit(cache=True, nogil=True)
def _add_site(
    old: Floats, new: Floats, choice: Ints32, table: Floats, size: int, usd: float, must: bool
) -> None:
    """One more data center: `new[c, s]` from `old`, with the shards taken there in `choice`."""
    layers, width = old.shape
    for layer in range(layers):
        for s in range(width):
            new[layer, s], choice[layer, s] = np.inf if must else old[layer, s], 0
        if layers == 1 or layer > 0:
            below = old[layer - 1 if layers > 1 else 0]
            if size <= FEW:
                _try_all(below, new[layer], choice[layer], table, size, usd)
            else:
                _try_between(below, new[layer], choice[layer], table, size, usd)


@njit(cache=True, nogil=True)
def _try_all(
    old: Floats, new: Floats, choice: Ints32, table: Floats, size: int, usd: float
) -> None:
    """Improve `new` by all numbers of shards."""
    for s in range(1, len(old)):
        for k in range(1, min(size, s) + 1):
            here = old[s - k] + table[k] + usd
            if here < new[s]:
                new[s], choice[s] = here, k


@njit(cache=True, nogil=True)
def _try_between(
    old: Floats, new: Floats, choice: Ints32, table: Floats, size: int, usd: float
) -> None:
    """Improve `new` by the best numbers of shards, each sought between those of its neighbors."""
    width = len(old)
    first, last = np.zeros(width, np.int64), np.zeros(width, np.int64)
    step = 1
    while 2 * step < width:
        step *= 2
    while step > 0:
        for s in range(step, width, 2 * step):
            low, high = max(first[s - step], s - size), s - 1
            if s + step < width:
                high = min(high, last[s + step])
            best, at = np.inf, -1
            for before in range(low, high + 1):
                here = old[before] + table[s - before]
                if here < best:
                    best, at = here, before
            # Without an answer, none before s is within reach of later rows, nor of earlier ones.
            first[s], last[s] = (at, at) if at >= 0 else (s, s - size - 1)
            if best + usd < new[s]:
                new[s], choice[s] = best + usd, s - at
        step //= 2


@njit(cache=True, nogil=True)
def _trace(choice: Ints32, sequence: Ints, stages: int, layer: int, taken: Ints) -> None:
    """Read the shards of each data center back from the choices."""
    for a in range(len(taken)):
        taken[a] = 0
    s = choice.shape[2] - 1
    for stage in range(stages - 1, -1, -1):
        k = choice[stage, layer, s]
        taken[sequence[stage]] = k
        s -= k
        if k > 0 and choice.shape[1] > 1:
            layer -= 1


@njit(cache=True, nogil=True)
def _best_layer(f: Floats) -> int:
    best = 0
    for layer in range(1, f.shape[0]):
        if f[layer, -1] < f[best, -1]:
            best = layer
    return best
