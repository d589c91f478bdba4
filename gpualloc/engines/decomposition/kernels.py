"""Compiled pricing: the cheapest placement of each block at given reduced costs.

A block places S shards. In a data center k shards cost what its offers cost, filled from the
cheapest on (a convex sum), plus what using it costs at all; `spreading` finds the best numbers.

Set-ups with a positive price are tried open and closed, the dearest few of them; any more count as
free, which is a relaxation.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gpualloc.engines.decomposition.spreading import spread
from gpualloc.engines.decomposition.tables import Ints32, Tables
from gpualloc.vectors import Floats, Ints

TRIED_SETUPS = 4


@njit(cache=True, nogil=True)
def price_blocks(
    first: int, last: int, r: Floats, tables: Tables, value: Floats, hub: Ints32, shards: Ints32
) -> None:
    """Price blocks `first` to `last`: least reduced cost, hub (-1: none) and shards per offer.

    Reduced costs of `on` columns are left to the caller. An impossible block has value `inf`.
    """
    for block in range(first, last):
        sites = tables.site_start[block + 1] - tables.site_start[block]
        has_hub = sites > 0 and tables.hub[tables.site_start[block]] >= 0
        rows = sites if has_hub else 1
        usd, wait = np.zeros((rows, sites)), np.zeros((rows, sites))
        if has_hub:
            _price_spokes(block, r, tables, usd, wait)
        value[block], hub[block] = np.inf, -1
        for offer in range(tables.offer_start[block], tables.offer_start[block + 1]):
            shards[offer] = 0
        setup = tables.setup[tables.setup_start[block] : tables.setup_start[block + 1]]
        tried = np.empty(TRIED_SETUPS, np.int64)
        count = _dearest_setups(r, setup, tried)
        for closed in range(1 << count):
            open_usd, bits = 0.0, np.int64(0)
            for at in range(count):
                if closed >> at & 1:
                    bits |= np.int64(1) << tried[at]
                else:
                    open_usd += r[setup[tried[at]]]
            _price_open(
                block, r, tables, has_hub, usd, wait, int(bits), open_usd, value, hub, shards
            )


@njit(cache=True, nogil=True)
def _price_spokes(block: int, r: Floats, tables: Tables, usd: Floats, wait: Floats) -> None:
    """What each data center costs with each hub: itself as one, its spoke, waiting for it."""
    first, sites = tables.site_start[block], len(usd)
    for hub in range(sites):
        stall = tables.stall[first + hub]
        worth = max(0.0, r[stall]) if stall >= 0 else 0.0
        for a in range(sites):
            pair = tables.pair_start[block] + a * sites + hub
            spoke = tables.spoke[pair]
            usd[hub, a] = r[spoke] if spoke >= 0 else np.inf
            wait[hub, a] = worth * tables.stalled[pair]
        usd[hub, hub] = r[tables.hub[first + hub]]


@njit(cache=True, nogil=True)
def _dearest_setups(r: Floats, setups: Ints32, tried: Ints) -> int:
    """The dearest set-ups with a positive price, by their positions; returns how many."""
    count = 0
    taken = np.zeros(len(setups), np.bool_)
    while count < TRIED_SETUPS:
        best = -1
        for at in range(len(setups)):
            usd = r[setups[at]]
            if usd > 0 and not taken[at] and (best < 0 or usd > r[setups[best]]):
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
    has_hub: bool,
    usd: Floats,
    wait: Floats,
    closed: int,
    open_usd: float,
    value: Floats,
    hub: Ints32,
    shards: Ints32,
) -> None:
    """Price a block with some set-ups closed; keep what is better than `value`."""
    first, last = tables.offer_start[block], tables.offer_start[block + 1]
    total, sites = tables.total[block], usd.shape[1]
    table = np.full((sites, total + 1), np.inf)
    size, taken = np.zeros(sites, np.int64), np.zeros(sites, np.int64)
    order = np.full((sites, 2 * (last - first)), -1, np.int64)
    if _fill_tables(block, r, tables, closed, table, size, order) < total:
        return
    before = value[block] - open_usd
    most_sites = min(tables.most_sites[block], sites)
    found, found_hub = spread(has_hub, usd, wait, table, size, most_sites, before, taken)
    if found < before:
        value[block], hub[block] = found + open_usd, found_hub
        for offer in range(first, last):
            shards[offer] = 0
        for site in range(sites):
            _place(taken[site], order[site], first, tables, shards)


@njit(cache=True, nogil=True)
def _fill_tables(
    block: int, r: Floats, tables: Tables, closed: int, table: Floats, size: Ints, order: Ints
) -> int:
    """`table[d, k]`: what k shards cost in data center d; returns the room of all of them.

    `order[d]` lists the segments of d's offers from the cheapest on: 2 * offer for the shards held
    already, 2 * offer + 1 for those that move there.
    """
    first, last = tables.offer_start[block], tables.offer_start[block + 1]
    sites, width = table.shape
    price = np.empty(2 * (last - first))
    room = 0
    for site in range(sites):
        count = 0
        for offer in range(first, last):
            if tables.site_at[offer] == site and not tables.setup_bits[offer] & closed:
                for moves in range(2):
                    if _segment(offer, moves, tables) > 0:
                        usd = r[tables.shards[offer]]
                        if moves and tables.moved[offer] >= 0:
                            usd += max(0.0, r[tables.moved[offer]])
                        at = count
                        while at > 0 and price[at - 1] > usd:
                            price[at] = price[at - 1]
                            order[site, at] = order[site, at - 1]
                            at -= 1
                        price[at], order[site, at] = usd, 2 * (offer - first) + moves
                        count += 1
        table[site, 0] = 0.0
        usd, filled = r[tables.used[tables.site_start[block] + site]], 0
        for at in range(count):
            segment = order[site, at]
            left = _segment(first + segment // 2, segment % 2, tables)
            while left > 0 and filled < width - 1:
                usd += price[at]
                filled += 1
                left -= 1
                table[site, filled] = usd
        size[site] = filled
        room += filled
    return room


@njit(cache=True, nogil=True)
def _segment(offer: int, moves: int, tables: Tables) -> int:
    """Shards of an offer that are held already, or that move there."""
    most = int(tables.most[offer])
    if tables.moved[offer] < 0:
        return most if moves == 0 else 0
    held = min(most, int(tables.held[offer]))
    return held if moves == 0 else most - held


@njit(cache=True, nogil=True)
def _place(taken: int, order: Ints, first: int, tables: Tables, shards: Ints32) -> None:
    """Put the shards of a data center on its offers, from the cheapest on."""
    at = 0
    while taken > 0:
        offer = first + order[at] // 2
        here = min(taken, _segment(offer, order[at] % 2, tables))
        shards[offer] += here
        taken -= here
        at += 1
