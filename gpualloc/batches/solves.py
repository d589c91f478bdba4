"""One solve of one instance, in the process that was made for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from traceback import format_exc
from typing import Any

from gpualloc.batches.cases import Case
from gpualloc.batches.results import Label, Outcome
from gpualloc.batches.settings import Settings
from gpualloc.errors import (
    FaultyInputError,
    GpuallocError,
    InputError,
    InternalError,
    UsageError,
)
from gpualloc.instance.instance import Instance
from gpualloc.plan.plan import Plan
from gpualloc.progress import Progress
from gpualloc.solving import solve

__all__ = ["Job", "RefusedSettingsError", "solve_job"]


@dataclass(frozen=True)
class Job:
    """What a worker is asked to do.

    Attributes
    ----------
    case : Case
    settings : Settings
    """

    case: Case
    settings: Settings


class RefusedSettingsError(UsageError):
    """The engines refuse the settings, whatever the instance."""


def solve_job(job: Job, scratch: Path, tell: Callable[[Progress], None]) -> Outcome:
    """Read, change and solve an instance.

    Parameters
    ----------
    job : Job
    scratch : path
        A folder for this solve alone.
    tell : callable
        Called with the progress of the solve.

    Raises
    ------
    RefusedSettingsError
        An engine or solver does not exist here, or a figure is not possible.
    """
    try:
        instance = read_case(job.case, scratch)
    except FaultyInputError as error:
        return Outcome("invalid", faults=error.faults)
    except InputError as error:
        return Outcome("invalid", str(error))
    settings = job.settings
    try:
        plan = solve(
            instance,
            engine=settings.engine,
            solver=settings.solver,
            time_limit=settings.time_limit,
            gap=settings.gap,
            seed=settings.seed,
            threads=settings.threads,
            on_progress=tell,
            isolate=False,
        )
    except UsageError as error:
        raise RefusedSettingsError(str(error)) from error
    except InternalError:
        return Outcome("failed", format_exc())
    except GpuallocError as error:
        return Outcome("failed", str(error))
    label, message = _verdict(plan)
    return Outcome(
        label,
        message,
        plan=plan.to_json(),
        objective_usd=plan.objective_usd,
        bound_usd=plan.bound_usd,
        gap=plan.gap,
    )


def read_case(case: Case, scratch: Path) -> Instance:
    """Read an instance from its bytes and make the scenario's changes.

    Raises
    ------
    InputError
        It has faults, or it cannot be read.
    """
    if case.content.fault:
        raise UsageError(case.content.fault)
    path = scratch / "instance"
    if case.content.folder:
        path.mkdir()
    for name, data in case.content.files.items():
        if not case.content.folder:
            path = path.with_name(f"instance{name}")
        (path / name if case.content.folder else path).write_bytes(data)
    try:
        instance = Instance.read(path)
    except FaultyInputError:
        raise
    except InputError as error:
        raise UsageError(str(error).replace(str(path), case.name)) from None
    return case.scenario.apply(instance, source=case.name)


def _verdict(plan: Plan) -> tuple[Label, str]:
    """The label of a result, and why there is no plan."""
    if plan.status == "infeasible":
        return "infeasible", "proven: no plan is valid"
    if plan.status == "unknown":
        late = plan.stopped_by == "time"
        return ("timeout", "no plan within the time limit") if late else ("unknown", "no plan")
    return plan.status, ""


def encode(kind: str, value: Any) -> bytes:
    """A message as one line of JSON."""
    if isinstance(value, Outcome):
        value = value.document()
    plain = asdict(value) if isinstance(value, Progress) else value
    return json.dumps({kind: plain}).encode() + b"\n"
