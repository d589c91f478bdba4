"""Batches: many instances, solved side by side in processes of their own, surviving anything."""

from __future__ import annotations

from gpualloc.batches.results import LABELS, Result
from gpualloc.batches.running import batch
from gpualloc.batches.schedule import Event
from gpualloc.instance.scenarios import Change, Scenario, grid

__all__ = ["LABELS", "Change", "Event", "Result", "Scenario", "batch", "grid"]
