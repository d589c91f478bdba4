"""What tests of several folders share."""

from __future__ import annotations

import pytest

from gpualloc.instance import Instance
from gpualloc.solving import solve
from tests.tiny import tiny_instance


@pytest.fixture(scope="session")
def compiled() -> None:
    """Pricing, compiled: for the first time that takes longer than many a test's time limit."""
    instance = Instance.from_dict(tiny_instance(1, "spokes"))
    solve(instance, engine="decomposition", isolate=False, time_limit=0.1)
