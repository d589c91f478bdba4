"""All blocks of an instance laid end to end, as the compiled pricing reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpualloc.engines.decomposition.shape import BlockShape
from gpualloc.vectors import Floats

MOST_SETUPS = 62
"""Set-ups of a block that fit into the bits of an integer; the others are left out."""

Ints32 = NDArray[np.int32]
Bits = NDArray[np.int64]


class Tables(NamedTuple):
    """Blocks end to end; columns are positions in the vector of reduced costs, -1 for none.

    Attributes
    ----------
    total, most_sites : (B,)
        Shards to place, and data centers that may be used.
    offer_start, site_start, pair_start, setup_start : (B + 1,)
        Where each block's offers, data centers, pairs of them, and set-ups begin.
    shards, most, site_at, moved, held : by offer
    setup_bits : by offer
        Bit i is set if the offer needs the block's set-up i.
    used, hub, stall : by data center
    spoke, stalled : by pair (a, hub)
    setup : by set-up
    """

    total: Ints32
    most_sites: Ints32
    offer_start: Ints32
    site_start: Ints32
    pair_start: NDArray[np.int64]
    setup_start: Ints32
    shards: Ints32
    most: Ints32
    site_at: Ints32
    moved: Ints32
    held: Ints32
    setup_bits: Bits
    used: Ints32
    hub: Ints32
    stall: Ints32
    spoke: Ints32
    stalled: Floats
    setup: Ints32


def build_tables(shapes: Sequence[tuple[int, BlockShape]]) -> Tables:
    """Lay blocks end to end.

    Parameters
    ----------
    shapes : sequence of (offset, BlockShape)
        Each block with the position of its group's first column.
    """

    def column(name: str) -> Ints32:
        chunks = [_moved(getattr(shape, name).ravel(), offset) for offset, shape in shapes]
        return _joined(chunks, np.int32)

    def figure(name: str, dtype: type) -> np.ndarray:
        return _joined([getattr(shape, name).ravel() for _, shape in shapes], dtype)

    setups = [shape.setups[:MOST_SETUPS] for _, shape in shapes]
    return Tables(
        total=np.array([shape.total for _, shape in shapes], dtype=np.int32),
        most_sites=np.array([shape.most_sites for _, shape in shapes], dtype=np.int32),
        offer_start=_starts([len(shape.shards) for _, shape in shapes]).astype(np.int32),
        site_start=_starts([len(shape.used) for _, shape in shapes]).astype(np.int32),
        pair_start=_starts([shape.spoke.size for _, shape in shapes]),
        setup_start=_starts([len(own) for own in setups]).astype(np.int32),
        shards=column("shards"),
        most=figure("most", np.int32),
        site_at=figure("site_at", np.int32),
        moved=column("moved"),
        held=figure("held", np.int32),
        setup_bits=_joined([_bits(shape) for _, shape in shapes], np.int64),
        used=column("used"),
        hub=column("hub"),
        stall=column("stall"),
        spoke=column("spoke"),
        stalled=figure("stalled", float),
        setup=_joined(
            [
                np.array([column + offset for column, _ in own], dtype=np.int32)
                for (offset, _), own in zip(shapes, setups, strict=True)
            ],
            np.int32,
        ),
    )


def _moved(columns: np.ndarray, offset: int) -> Ints32:
    return np.where(columns >= 0, columns + offset, -1).astype(np.int32)


def _bits(shape: BlockShape) -> Bits:
    bits = np.zeros(len(shape.shards), dtype=np.int64)
    for at, (_, members) in enumerate(shape.setups[:MOST_SETUPS]):
        bits[members] |= np.int64(1) << np.int64(at)
    return bits


def _starts(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _joined(chunks: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(chunks).astype(dtype) if chunks else np.empty(0, dtype=dtype)
