"""`gpualloc batch`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpualloc.cli.console import show
from gpualloc.cli.exits import ExitCode, tell
from gpualloc.cli.options import Engine, Gap, Seed, Solver

if TYPE_CHECKING:
    from concurrent.futures import Executor

BATCH_EXIT_CODES = (
    "Exit codes: 0 every instance has a plan; 1 some have none; 2 bad input or usage, or a disk "
    "that is full; 130 interrupted."
)


def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Instances: files, folders of them, folders of CSV tables, quoted patterns.",
        ),
    ],
    runs: Annotated[
        Path, typer.Option("-o", "--output", metavar="RUNS", help="The folder for the results.")
    ],
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Solves side by side; default: one a processor."),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="For each solve.")
    ] = None,
    grace: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="How long after its time limit a solve is stopped by force if it has not ended.",
        ),
    ] = 10.0,
    memory_limit: Annotated[
        float | None,
        typer.Option(
            metavar="GB",
            help="For each solve; default: an equal share of 80 % of the machine's memory.",
        ),
    ] = None,
    gap: Gap = 1e-6,
    engine: Engine = "auto",
    solver: Solver = None,
    seed: Seed = 0,
    threads: Annotated[int, typer.Option(metavar="N", help="Processor threads of each solve.")] = 1,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUES",
            help="Set a figure; several values, with commas between, make scenarios.",
        ),
    ] = None,
    scales: Annotated[
        list[str] | None,
        typer.Option(
            "--scale",
            metavar="PATH=FACTORS",
            help="Multiply figures; several factors, with commas between, make scenarios.",
        ),
    ] = None,
    drops: Annotated[
        list[str] | None,
        typer.Option("--drop-contract", metavar="NAME", help="Leave a contract out."),
    ] = None,
    base: Annotated[
        bool, typer.Option("--base", help="Solve the instance without the changes, too.")
    ] = False,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Solve on the Dask cluster of this scheduler."),
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow a remote cluster without TLS.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on in a folder that holds results.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no summary; errors remain.")
    ] = False,
) -> None:
    """Solve many instances or scenarios, each in a process of its own.

    Whatever happens to one costs that one alone. A run that was cut off goes on with --resume.
    Ctrl-C once ends what has begun, twice stops.
    """
    from gpualloc.batches import batch as solve_batch
    from gpualloc.batches.inputs import find_instances
    from gpualloc.cli.batch_view import batch_view, summary_lines
    from gpualloc.instance.scenarios import parse_grid

    scenarios = parse_grid(sets or (), scales or (), drops or (), base)
    found = find_instances(inputs, runs)
    solved, interrupted = True, False
    with (
        _executor(cluster, insecure) as (executor, room),
        batch_view(len(found) * len(scenarios), quiet=quiet) as view,
    ):
        try:
            for result in solve_batch(
                found,
                runs,
                scenarios=scenarios,
                workers=workers if workers is not None else room,
                engine=engine,
                solver=solver,
                time_limit=time_limit,
                grace=grace,
                memory_limit_gb=memory_limit,
                gap=gap,
                seed=seed,
                threads=threads,
                resume=resume,
                executor=executor,
                on_event=view,
            ):
                solved = solved and bool(result)
        except KeyboardInterrupt:
            interrupted = True
    if not quiet:
        show(summary_lines(view, runs))
    if interrupted:
        tell("interrupted; --resume goes on")
        raise typer.Exit(ExitCode.INTERRUPTED)
    raise typer.Exit(ExitCode.DONE if solved else ExitCode.NO_PLAN)


@contextmanager
def _executor(address: str | None, insecure: bool) -> Iterator[tuple[Executor | None, int | None]]:
    """The cluster's executor and room; None for this machine."""
    if address is None:
        yield None, None
        return
    from gpualloc.batches.cluster import connect

    with connect(address, insecure=insecure) as (executor, room):
        yield executor, room
