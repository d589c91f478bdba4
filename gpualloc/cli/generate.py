"""`gpualloc generate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpualloc.cli.console import safe
from gpualloc.cli.outputs import INSTANCE_KINDS, expect_instance

if TYPE_CHECKING:
    from gpualloc.instance import Instance


def generate(
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help=f"Write the instance here: {INSTANCE_KINDS}; default: standard output.",
        ),
    ] = None,
    gpus: Annotated[
        int, typer.Option(metavar="N", help="GPUs that all jobs ask for in the busiest period.")
    ] = 100_000,
    data_centers: Annotated[int, typer.Option(metavar="N", help="Data centers, 3 or more.")] = 12,
    jobs: Annotated[int, typer.Option(metavar="N", help="Jobs, 3 or more.")] = 20,
    periods: Annotated[int, typer.Option(metavar="N", help="Planning periods.")] = 1,
    contracts: Annotated[
        str, typer.Option(metavar="TYPES", help="Contract types: all, none, or a comma list.")
    ] = "all",
    seed: Annotated[
        int, typer.Option(metavar="N", help="Equal options and seeds give equal instances.")
    ] = 0,
    flows: Annotated[
        bool, typer.Option("--flows/--no-flows", help="Whether some jobs exchange traffic.")
    ] = True,
    movable: Annotated[
        float, typer.Option(metavar="SHARE", help="Jobs that may move between periods, 0 to 1.")
    ] = 0.2,
) -> None:
    """Make a realistic random instance that has a plan."""
    import gpualloc

    expect_instance(out)
    instance = gpualloc.generate(
        gpus=gpus,
        data_centers=data_centers,
        jobs=jobs,
        periods=periods,
        contracts=contracts,
        seed=seed,
        flows=flows,
        movable=movable,
    )
    if out is None:
        _print(instance)
    else:
        instance.write(out)
        typer.echo(safe(f"{out}: {instance!r}"), err=True)


def _print(instance: Instance) -> None:
    from gpualloc.instance.json_text import readable_json

    typer.echo(readable_json(instance.to_dict()), nl=False)
