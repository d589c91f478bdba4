"""An independent oracle for tiny instances, written from the specification alone.

It imports nothing of gpualloc, so that it shares none of its mistakes: `enumerate_plans` proves
the optimum by trying every plan, `evaluate` checks and prices any given plan.
"""

from __future__ import annotations

from .enumeration import Outcome, enumerate_plans
from .evaluation import best_layout, evaluate, optimum, refusal_remarks

__all__ = ["Outcome", "best_layout", "enumerate_plans", "evaluate", "optimum", "refusal_remarks"]
