"""The warden: what it loads before it forks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpualloc.batches.crew import ONE_THREAD
from tests.batches.support import ROOT

CODE = """
import os, sys
from pathlib import Path
from gpualloc.batches import warden
warden.warm_up(Path(sys.argv[1]))
print(len(os.listdir("/proc/self/task")), "highspy" in sys.modules, os.listdir(sys.argv[1]))
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_it_has_one_thread_when_it_forks(tmp_path: Path) -> None:
    """All that a solve needs is loaded, the solver too, and no second thread was started."""
    found = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)],
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines()[-1] == "1 True []"
