r"""Compiled pricing: the cheapest placement of each block at given reduced costs.

A block places S shards. In data center d, k shards cost :math:`T_d(k)`: its offers filled from the
cheapest on (a convex sum), plus what using d costs at all. Without a hub the cheapest placement is

.. math:: F_i(s) = \min_k \; F_{i-1}(s - k) + T_i(k), \qquad T_i(0) = 0,

over the data centers i one after another, at :math:`F_m(S)`, with a count of used data centers as a
second index where that is limited. With hub h, data center a costs its spoke on top, and all wait
for the slowest spoke: with the data centers sorted by their stalled fraction :math:`\sigma_{ah}`,
the optimum is the least over i of :math:`F_i(S) + D_h \sigma_{i}`, since a placement whose slowest
spoke is i-th uses the first i only. Hubs are tried from the most promising on, and left out as soon
as a bound from average prices shows that they cannot be best.

Set-ups with a positive price are tried open and closed, the dearest few of them; any more count as
free, which is a relaxation.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gpualloc.engines.decomposition.tables import Ints32, Tables
from gpualloc.vectors import Floats

TRIED_SETUPS = 4
LARGEST_TABLE = 4_000_000
"""Steps of one table of a block above which average prices take its place, a relaxation."""


@njit(cache=True, nogil=True)
def price_blocks(
    first: int, last: int, r: Floats, tables: Tables, value: Floats, hub: Ints32, shards: Ints32
) -> None:
    """Price blocks `first` to `last`: least reduced cost, hub (-1: none) and shards per offer.

    Reduced costs of `on` columns are left to the caller. An impossible block has value `inf`.
    """
    for block in range(first, last):
        _price_block(block, r, tables, value, hub, shards)


@njit(cache=True, nogil=True)
def _price_block(
    block: int, r: Floats, tables: Tables, value: Floats, hub: Ints32, shards: Ints32
) -> None:
    o0, o1 = tables.offer_start[block], tables.offer_start[block + 1]
    value[block] = np.inf
    hub[block] = -1
    shards[o0:o1] = 0
    u0, u1 = tables.setup_start[block], tables.setup_start[block + 1]
    tried = np.empty(TRIED_SETUPS, np.int64)
    count = _dearest_setups(r, tables.setup[u0:u1], tried)
    for closed in range(1 << count):
        usd, bits = 0.0, np.int64(0)
        for at in range(count):
            if closed >> at & 1:
                bits |= np.int64(1) << tried[at]
            else:
                usd += r[tables.setup[u0 + tried[at]]]
        _price_open(block, r, tables, bits, usd, value, hub, shards)


@njit(cache=True, nogil=True)
def _dearest_setups(r: Floats, setups: Ints32, tried: Ints32) -> int:
    """The dearest set-ups with a positive price, by their positions; returns how many."""
    count = 0
    taken = np.zeros(len(setups), np.bool_)
    while count < TRIED_SETUPS:
        best = -1
        for at in range(len(setups)):
            if r[setups[at]] > 0 and not taken[at]:
                if best < 0 or r[setups[at]] > r[setups[best]]:
                    best = at
        if best < 0:
            break
        taken[best] = True
        tried[count] = best
        count += 1
    return count


@njit(cache=True, nogil=True)
def _price_open(
    block: int,
    r: Floats,
    tables: Tables,
    closed: int,
    usd: float,
    value: Floats,
    hub: Ints32,
    shards: Ints32,
) -> None:
    """Price a block with some set-ups closed; keep what is better than `value`."""
    o0, o1 = tables.offer_start[block], tables.offer_start[block + 1]
    s0, s1 = tables.site_start[block], tables.site_start[block + 1]
    total, sites = tables.total[block], s1 - s0
    table = np.full((sites, total + 1), np.inf)
    size = np.zeros(sites, np.int64)
    order = np.full((sites, 2 * (o1 - o0)), -1, np.int64)
    room = _fill_tables(o0, o1, s0, sites, total, r, tables, closed, table, size, order)
    if room < total:
        return
    steps = 0
    for site in range(sites):
        steps += size[site] * (total + 1)
    most_sites = min(tables.most_sites[block], sites)
    counted = most_sites < sites and most_sites < total
    layers = most_sites + 1 if counted else 1
    taken = np.zeros(sites, np.int64)
    before = value[block] - usd
    found, found_hub = before, -1
    if steps * layers > LARGEST_TABLE:
        found = _fill_by_average(table, size, total, before, taken)
    elif tables.hub[s0] < 0:
        found = _place_free(table, size, total, layers, before, taken)
    else:
        pairs = tables.pair_start[block]
        found, found_hub = _place_hubs(
            s0, sites, pairs, r, tables, table, size, total, layers, before, taken
        )
    if found < before:
        value[block], hub[block] = found + usd, found_hub
        shards[o0:o1] = 0
        for site in range(sites):
            _spread(taken[site], order[site], o0, r, tables, shards)


@njit(cache=True, nogil=True)
def _fill_tables(
    o0: int,
    o1: int,
    s0: int,
    sites: int,
    total: int,
    r: Floats,
    tables: Tables,
    closed: int,
    table: Floats,
    size: Ints32,
    order: Ints32,
) -> int:
    """`table[d, k]`: what k shards cost in data center d; returns the room of all of them.

    `order[d]` lists the segments of d's offers from the cheapest on: 2 * offer for the shards held
    already, 2 * offer + 1 for those that move there.
    """
    price = np.empty(2 * (o1 - o0))
    room = 0
    for site in range(sites):
        count = 0
        for offer in range(o0, o1):
            if tables.site_at[offer] == site and not tables.setup_bits[offer] & closed:
                for moves in range(2):
                    if _segment(offer, moves, tables, r) > 0:
                        usd = r[tables.shards[offer]]
                        if moves and tables.moved[offer] >= 0:
                            usd += max(0.0, r[tables.moved[offer]])
                        at = count
                        while at > 0 and price[at - 1] > usd:
                            price[at] = price[at - 1]
                            order[site, at] = order[site, at - 1]
                            at -= 1
                        price[at], order[site, at] = usd, 2 * (offer - o0) + moves
                        count += 1
        table[site, 0] = 0.0
        usd, filled = r[tables.used[s0 + site]], 0
        for at in range(count):
            segment = order[site, at]
            left = _segment(o0 + segment // 2, segment % 2, tables, r)
            while left > 0 and filled < total:
                usd += price[at]
                filled += 1
                left -= 1
                table[site, filled] = usd
        size[site] = filled
        room += filled
    return room


@njit(cache=True, nogil=True)
def _segment(offer: int, moves: int, tables: Tables, r: Floats) -> int:
    """Shards of an offer that are held already, or that move there."""
    most, moved = tables.most[offer], tables.moved[offer]
    if moved < 0:
        return most if moves == 0 else 0
    held = min(most, tables.held[offer])
    return held if moves == 0 else most - held


@njit(cache=True, nogil=True)
def _spread(taken: int, order: Ints32, o0: int, r: Floats, tables: Tables, shards: Ints32) -> None:
    """Put the shards of a data center on its offers, from the cheapest on."""
    at = 0
    while taken > 0:
        segment = order[at]
        here = min(taken, _segment(o0 + segment // 2, segment % 2, tables, r))
        shards[o0 + segment // 2] += here
        taken -= here
        at += 1


@njit(cache=True, nogil=True)
def _average(table: Floats, size: int, usd: float) -> float:
    """The least price of a shard over all numbers of them, with `usd` on top of each number."""
    best = np.inf
    for k in range(1, size + 1):
        best = min(best, (table[k] + usd) / k)
    return best


@njit(cache=True, nogil=True)
def _fill_by_average(table: Floats, size: Ints32, total: int, most: float, taken: Ints32) -> float:
    """Fill from the least average price on; a lower bound, and a placement."""
    sites = len(size)
    average = np.empty(sites)
    for site in range(sites):
        average[site] = _average(table[site], size[site], 0.0)
    usd, left = 0.0, total
    fill = np.zeros(sites, np.int64)
    for site in np.argsort(average):
        here = min(left, size[site])
        if here > 0:
            usd += here * average[site]
            fill[site] = here
            left -= here
    if usd < most:
        taken[:] = fill
    return usd


@njit(cache=True, nogil=True)
def _add_site(
    old: Floats, new: Floats, choice: Ints32, table: Floats, size: int, usd: float, must: bool
) -> None:
    """One more data center: `new[c, s]` from `old`, with the shards taken there in `choice`."""
    layers, width = old.shape
    for layer in range(layers):
        below = layer - 1 if layers > 1 else 0
        for s in range(width):
            best, taken = (np.inf if must else old[layer, s]), 0
            if below >= 0:
                for k in range(1, min(size, s) + 1):
                    here = old[below, s - k] + table[k] + usd
                    if here < best:
                        best, taken = here, k
            new[layer, s], choice[layer, s] = best, taken


@njit(cache=True, nogil=True)
def _trace(
    choice: Ints32, sequence: Ints32, stages: int, layer: int, s: int, taken: Ints32
) -> None:
    """Read the shards of each data center back from the choices."""
    taken[:] = 0
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


@njit(cache=True, nogil=True)
def _place_free(
    table: Floats, size: Ints32, total: int, layers: int, most: float, taken: Ints32
) -> float:
    """The cheapest placement without a hub."""
    sites = len(size)
    choice = np.zeros((sites, layers, total + 1), np.int32)
    sequence = np.arange(sites)
    f = np.full((layers, total + 1), np.inf)
    g = np.empty((layers, total + 1))
    f[0, 0] = 0.0
    for site in range(sites):
        _add_site(f, g, choice[site], table[site], size[site], 0.0, False)
        f, g = g, f
    layer = _best_layer(f)
    if f[layer, total] < most:
        _trace(choice, sequence, sites, layer, total, taken)
    return f[layer, total]


@njit(cache=True, nogil=True)
def _place_hubs(
    s0: int,
    sites: int,
    pairs: int,
    r: Floats,
    tables: Tables,
    table: Floats,
    size: Ints32,
    total: int,
    layers: int,
    most: float,
    taken: Ints32,
) -> tuple[float, int]:
    """The cheapest placement over all hubs."""
    average = np.empty(sites)
    for site in range(sites):
        average[site] = _average(table[site], size[site], 0.0)
    bound = np.full(sites, np.inf)
    for h in range(sites):
        if size[h] > 0:
            bound[h] = _bound_hub(h, s0, sites, pairs, r, tables, average, size, total)
    best, best_hub = most, -1
    for h in np.argsort(bound):
        if bound[h] >= best:
            break
        found = _place_hub(h, s0, sites, pairs, r, tables, table, size, total, layers, best, taken)
        if found < best:
            best, best_hub = found, h
    return best, best_hub


@njit(cache=True, nogil=True)
def _bound_hub(
    h: int,
    s0: int,
    sites: int,
    pairs: int,
    r: Floats,
    tables: Tables,
    average: Floats,
    size: Ints32,
    total: int,
) -> float:
    """A lower bound with hub h: each data center at its average price, its spoke spread thin."""
    price = np.full(sites, np.inf)
    price[h] = average[h]
    for a in range(sites):
        spoke = tables.spoke[pairs + a * sites + h]
        if a != h and spoke >= 0 and size[a] > 0:
            usd = r[spoke]
            price[a] = average[a] + (usd / size[a] if usd > 0 else usd)
    usd, left = r[tables.hub[s0 + h]], total
    for a in np.argsort(price):
        if left <= 0 or price[a] == np.inf:
            break
        here = min(left, size[a])
        usd += here * price[a]
        left -= here
    return usd if left <= 0 else np.inf


@njit(cache=True, nogil=True)
def _place_hub(
    h: int,
    s0: int,
    sites: int,
    pairs: int,
    r: Floats,
    tables: Tables,
    table: Floats,
    size: Ints32,
    total: int,
    layers: int,
    most: float,
    taken: Ints32,
) -> float:
    """The cheapest placement with hub h, if it is below `most`."""
    sequence = np.empty(sites, np.int64)
    stalled = np.full(sites, np.inf)
    for a in range(sites):
        if a != h and tables.spoke[pairs + a * sites + h] >= 0 and size[a] > 0:
            stalled[a] = tables.stalled[pairs + a * sites + h]
    stages, sequence[0] = 1, h
    for a in np.argsort(stalled):
        if stalled[a] < np.inf:
            sequence[stages] = a
            stages += 1
    stall = tables.stall[s0 + h]
    worth = max(0.0, r[stall]) if stall >= 0 else 0.0
    choice = np.zeros((stages, layers, total + 1), np.int32)
    f = np.full((layers, total + 1), np.inf)
    g = np.empty((layers, total + 1))
    f[0, 0] = 0.0
    best = most
    for stage in range(stages):
        a = sequence[stage]
        usd = r[tables.hub[s0 + h]] if a == h else r[tables.spoke[pairs + a * sites + h]]
        _add_site(f, g, choice[stage], table[a], size[a], usd, a == h)
        f, g = g, f
        layer = _best_layer(f)
        cost = f[layer, total] + (0.0 if a == h else worth * stalled[a])
        if cost < best:
            best = cost
            _trace(choice, sequence, stage + 1, layer, total, taken)
    return best
