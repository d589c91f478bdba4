r"""What a spoke costs a job: the engines' view of one synchronization.

A spoke between data centers a and h reserves :math:`r = \min(B, L_{ah})` Gbit/s, with :math:`B` the
job's `sync.gbps` and :math:`L` the link. One exchange of :math:`V` GB there and back takes
:math:`16 V / r + \tau_{ah} / 1000` seconds; what overlap does not hide is *exposed*:

.. math:: e = \max(0, 16 V / r + \tau_{ah}/1000 - o), \qquad
          \text{stalled} = e / (s + e), \qquad \text{GB/h} = 2 V \cdot 3600 / (s + e)

with :math:`o` the seconds of overlap and :math:`s` those between two synchronizations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpualloc.instance.arrays import Arrays
from gpualloc.rules.writer import Block
from gpualloc.vectors import Floats


@dataclass(frozen=True)
class Exchange:
    """Figures of every spoke (a, h) of a block, each (m, m); zero where a pair cannot talk."""

    rate_gbps: Floats
    stalled: Floats
    gb_per_hour: Floats


def compute_exchange(arrays: Arrays, block: Block) -> Exchange:
    """The exchange figures of a block's pairs of data centers; its job must synchronize."""
    sync = block.job.data.sync
    assert sync is not None
    pairs = np.ix_(block.sites, block.sites)
    rate = np.where(arrays.can_talk[pairs], np.minimum(sync.gbps, arrays.link_gbps[pairs]), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = 16 * sync.gb / rate + arrays.link_rtt_ms[pairs] / 1000
        exposed = np.maximum(0.0, seconds - sync.overlap_s)
        stalled = exposed / (sync.every_s + exposed)
    talks = rate > 0
    return Exchange(
        rate_gbps=rate,
        stalled=np.where(talks, stalled, 0.0),
        gb_per_hour=np.where(talks, 7200 * sync.gb / (sync.every_s + exposed), 0.0),
    )
