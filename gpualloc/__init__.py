"""gpualloc plans which part of which training run goes to which provider and data center.

::

    import gpualloc

    instance = gpualloc.read("instances/openai-2024-2026.json")
    plan = gpualloc.solve(instance, time_limit=60)
    print(plan)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gpualloc.version import __version__

if TYPE_CHECKING:
    from gpualloc.answers.comparison import Comparison, compare
    from gpualloc.answers.explanation import Explanation, explain
    from gpualloc.answers.frontiers import Frontier, frontier
    from gpualloc.answers.replanning import Replan, replan
    from gpualloc.answers.sensitivity_report import Sensitivity, sensitivity
    from gpualloc.answers.stress_report import Stress
    from gpualloc.answers.stress_tests import stress
    from gpualloc.answers.worth_of_contracts import Worth, worth
    from gpualloc.batches import batch
    from gpualloc.errors import (
        Fault,
        GpuallocError,
        InputError,
        InstanceError,
        InternalError,
        MissingExtraError,
        NoPlanError,
        PlanFileError,
        SolverError,
        UsageError,
    )
    from gpualloc.generator import generate
    from gpualloc.instance import Instance, InstanceBuilder, read, schema
    from gpualloc.instance.scenarios import Scenario
    from gpualloc.plan.checker import Verdict, check
    from gpualloc.plan.files import read_plan
    from gpualloc.plan.plan import Plan
    from gpualloc.progress import Progress
    from gpualloc.rules.contract import ContractRule as Contract
    from gpualloc.solving import solve

_HOMES = {
    "Comparison": ("gpualloc.answers.comparison", "Comparison"),
    "Contract": ("gpualloc.rules.contract", "ContractRule"),
    "Explanation": ("gpualloc.answers.explanation", "Explanation"),
    "Fault": ("gpualloc.errors", "Fault"),
    "Frontier": ("gpualloc.answers.frontiers", "Frontier"),
    "GpuallocError": ("gpualloc.errors", "GpuallocError"),
    "InputError": ("gpualloc.errors", "InputError"),
    "Instance": ("gpualloc.instance", "Instance"),
    "InstanceBuilder": ("gpualloc.instance", "InstanceBuilder"),
    "InstanceError": ("gpualloc.errors", "InstanceError"),
    "InternalError": ("gpualloc.errors", "InternalError"),
    "MissingExtraError": ("gpualloc.errors", "MissingExtraError"),
    "NoPlanError": ("gpualloc.errors", "NoPlanError"),
    "Plan": ("gpualloc.plan.plan", "Plan"),
    "PlanFileError": ("gpualloc.errors", "PlanFileError"),
    "Progress": ("gpualloc.progress", "Progress"),
    "Replan": ("gpualloc.answers.replanning", "Replan"),
    "Sensitivity": ("gpualloc.answers.sensitivity_report", "Sensitivity"),
    "Scenario": ("gpualloc.instance.scenarios", "Scenario"),
    "SolverError": ("gpualloc.errors", "SolverError"),
    "Stress": ("gpualloc.answers.stress_report", "Stress"),
    "UsageError": ("gpualloc.errors", "UsageError"),
    "Verdict": ("gpualloc.plan.checker", "Verdict"),
    "Worth": ("gpualloc.answers.worth_of_contracts", "Worth"),
    "batch": ("gpualloc.batches", "batch"),
    "check": ("gpualloc.plan.checker", "check"),
    "compare": ("gpualloc.answers.comparison", "compare"),
    "explain": ("gpualloc.answers.explanation", "explain"),
    "frontier": ("gpualloc.answers.frontiers", "frontier"),
    "generate": ("gpualloc.generator", "generate"),
    "read": ("gpualloc.instance", "read"),
    "read_plan": ("gpualloc.plan.files", "read_plan"),
    "replan": ("gpualloc.answers.replanning", "replan"),
    "schema": ("gpualloc.instance", "schema"),
    "sensitivity": ("gpualloc.answers.sensitivity_report", "sensitivity"),
    "solve": ("gpualloc.solving", "solve"),
    "stress": ("gpualloc.answers.stress_tests", "stress"),
    "worth": ("gpualloc.answers.worth_of_contracts", "worth"),
}
"""Where the public names live; they are loaded when they are first asked for."""

__all__ = [
    "Comparison",
    "Contract",
    "Explanation",
    "Fault",
    "Frontier",
    "GpuallocError",
    "InputError",
    "Instance",
    "InstanceBuilder",
    "InstanceError",
    "InternalError",
    "MissingExtraError",
    "NoPlanError",
    "Plan",
    "PlanFileError",
    "Progress",
    "Replan",
    "Scenario",
    "Sensitivity",
    "SolverError",
    "Stress",
    "UsageError",
    "Verdict",
    "Worth",
    "__version__",
    "batch",
    "check",
    "compare",
    "explain",
    "frontier",
    "generate",
    "read",
    "read_plan",
    "replan",
    "schema",
    "sensitivity",
    "solve",
    "stress",
    "worth",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gpualloc' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    found = getattr(import_module(module), attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
