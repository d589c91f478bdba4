"""`gpualloc check`."""

from __future__ import annotations

import json

import typer

from gpualloc.cli.console import show
from gpualloc.cli.exits import ExitCode
from gpualloc.cli.options import AsJson, InstanceFile, PlanFile


def check(
    instance: InstanceFile,
    plan: PlanFile,
    as_json: AsJson = False,
) -> None:
    """Check a plan against every rule of its instance, and its costs line by line."""
    import gpualloc
    from gpualloc.cli.verdicts import verdict_digest, verdict_document
    from gpualloc.plan.summary import tell

    verdict = gpualloc.check(gpualloc.read(instance), gpualloc.read_plan(plan))
    if as_json:
        typer.echo(json.dumps(verdict_document(verdict), indent=1))
    else:
        show(tell(verdict_digest(verdict)))
    raise typer.Exit(ExitCode.DONE if verdict else ExitCode.NO_PLAN)
