"""`gpualloc show`."""

from __future__ import annotations

from gpualloc.cli.console import show as print_result
from gpualloc.cli.options import Full, InstanceFile, PlanFile


def show(instance: InstanceFile, plan: PlanFile, full: Full = False) -> None:
    """Tell a plan that was made before: cost, proof, who gets what, what is full, contracts."""
    import gpualloc
    from gpualloc.plan.summary import summary

    print_result(summary(gpualloc.read_plan(plan, gpualloc.read(instance)), full=full))
