"""The arguments and options that several commands take, each stated once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli import completion
from gpualloc.cli.outputs import PLAN_KINDS

ENGINE_HELP = "auto, exact or decomposition; auto picks by size."
SOLVER_HELP = "highs (default), cbc, scip, cp-sat or pulp:NAME; see gpualloc solvers."

InstanceFile = Annotated[
    Path,
    typer.Argument(
        metavar="INSTANCE",
        help="The instance: .json, .json.gz, .xlsx or a folder.",
        autocompletion=completion.instances,
    ),
]
PlanFile = Annotated[
    Path,
    typer.Argument(
        metavar="PLAN",
        help="The plan: a .json or .json.gz file.",
        autocompletion=completion.plans,
    ),
]
PlanOutput = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PLAN", help=f"Write the plan here: {PLAN_KINDS}."),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Stop after this time, of all solves together, with what is found and proven then.",
    ),
]
Gap = Annotated[
    float,
    typer.Option(metavar="FRACTION", help="Stop when plan and bound are this close: 0.01 is 1 %."),
]
Engine = Annotated[
    str, typer.Option(metavar="NAME", help=ENGINE_HELP, autocompletion=completion.engines)
]
Solver = Annotated[
    str | None, typer.Option(metavar="NAME", help=SOLVER_HELP, autocompletion=completion.solvers)
]
Seed = Annotated[int, typer.Option(metavar="N", help="Seed of all random choices.")]
Threads = Annotated[
    int | None, typer.Option(metavar="N", help="Processor threads; default: as the solver likes.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON instead of text.")]
Full = Annotated[
    bool, typer.Option("--full", help="Tell all, not only what fits a screen of 40 lines.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on standard error but errors.")]
