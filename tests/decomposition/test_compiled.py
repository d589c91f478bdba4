"""Whether the compiled pricing is at hand, as the progress display tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpualloc.engines.decomposed import COMPILING, is_compiled
from gpualloc.instance import Instance
from gpualloc.progress import Progress
from gpualloc.solving import solve
from tests.oracle.by_hand import two_sites


def notes_of_a_solve() -> list[str]:
    """What a solve by decomposition, in a process of its own, tells beside figures."""
    shown: list[Progress] = []
    solve(Instance.from_dict(two_sites()), engine="decomposition", on_progress=shown.append)
    return [step.note for step in shown if step.note]


def test_a_cold_compile_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an empty cache the compilation is told of, and with what it left there no more."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not is_compiled()
    assert any(COMPILING in note for note in notes_of_a_solve())
    assert is_compiled()
    assert not any(COMPILING in note for note in notes_of_a_solve())
