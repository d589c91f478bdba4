"""Each kind of search gets its share of the effort, and no round makes a plan worse."""

from __future__ import annotations

import numpy as np
import pytest

import gpualloc
from gpualloc.engines.decomposition.assignment import Assignment
from gpualloc.engines.decomposition.generation import Center
from gpualloc.engines.decomposition.guide import guide_by
from gpualloc.engines.decomposition.rounds import SHARES, Way
from tests.decomposition.cases import dived


def test_rounds_share_the_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ways take turns by effort: none is behind its share by more than its dearest try."""
    decomposer = dived(gpualloc.generate(gpus=30_000, data_centers=8, jobs=24, seed=0))
    relaxed = decomposer.generation.solve_master()
    guide = guide_by(decomposer.master.pool, relaxed, len(decomposer.pricer))
    decomposer.rounds.guides.append(guide)
    best, rounds, search = decomposer.best, decomposer.rounds, decomposer.search
    assert best is not None
    spent: dict[Way, list[float]] = {kind: [] for kind in SHARES}
    whole = rounds._try

    def watched(kind: Way, best: Assignment, center: Center) -> Assignment:
        before = search.effort
        found = whole(kind, best, center)
        spent[kind].append(search.effort - before)
        return found

    monkeypatch.setattr(rounds, "_try", watched)
    for _ in range(6):
        after = rounds.improve(best, decomposer.root, 1.0)
        assert after.is_valid
        assert after.cost_usd <= best.cost_usd * (1 + 1e-12)
        best = after
    total = sum(sum(efforts) for efforts in spent.values())
    dearest = max(max(efforts) for efforts in spent.values())
    for kind, share in SHARES.items():
        assert abs(sum(spent[kind]) - share * total) <= 3 * dearest + 0.05 * total
    assert np.isfinite(total)
