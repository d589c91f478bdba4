"""The commands of `gpualloc`, put together.

Heavy packages are imported inside the commands, so that help comes at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gpualloc.cli.batch import BATCH_EXIT_CODES, batch
from gpualloc.cli.check import check
from gpualloc.cli.compare import compare
from gpualloc.cli.console import safe
from gpualloc.cli.convert import convert
from gpualloc.cli.exits import Commands
from gpualloc.cli.explain import explain
from gpualloc.cli.export import export
from gpualloc.cli.frontier import frontier
from gpualloc.cli.generate import generate
from gpualloc.cli.replan import replan
from gpualloc.cli.report import report
from gpualloc.cli.schema import schema
from gpualloc.cli.sensitivity import sensitivity
from gpualloc.cli.show import show
from gpualloc.cli.solve import solve
from gpualloc.cli.solvers import solvers
from gpualloc.cli.stress import stress
from gpualloc.cli.template import template
from gpualloc.cli.validate import validate
from gpualloc.cli.worth import worth

EXIT_CODES = (
    "Exit codes: 0 a plan (check, report: a valid one); 1 no plan (check, report: a broken rule); "
    "2 bad input or usage, or a solver that is missing or failed; 130 interrupted without a plan; "
    "70 a fault of gpualloc itself."
)

app = typer.Typer(
    name="gpualloc",
    cls=Commands,
    help="Plan where GPU jobs run, by cost, power, network and contracts.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from gpualloc.cli.version import version_lines

        typer.echo("\n".join(map(safe, version_lines())))
        raise typer.Exit


@app.callback()
def gpualloc(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Tell the versions of gpualloc, Python and each solver, and what is missing.",
        ),
    ] = False,
) -> None:
    """Plan where GPU jobs run, by cost, power, network and contracts."""


app.command(epilog="Example: gpualloc solve fleet.json -o plan.json --time-limit 60")(solve)
app.command(epilog="Example: gpualloc show fleet.json plan.json --full")(show)
app.command(epilog="Example: gpualloc check fleet.json plan.json")(check)
app.command(
    epilog=f"{BATCH_EXIT_CODES} Example: gpualloc batch fleets/ -o runs --time-limit 600 --resume"
)(batch)
app.command(
    epilog="Example: gpualloc generate -o fleet.json --gpus 200000 --data-centers 20 --jobs 40"
)(generate)
app.command(epilog="Example: gpualloc validate fleet.xlsx other.json")(validate)
app.command(epilog="Example: gpualloc convert fleet.json fleet.xlsx")(convert)
app.command(epilog="Example: gpualloc template --xlsx fleet.xlsx")(template)
app.command(epilog="Example: gpualloc export fleet.json -o fleet.lp")(export)
app.command(epilog="Example: gpualloc report fleet.json plan.json -o report.html")(report)
app.command(epilog="Example: gpualloc explain fleet.json --time-limit 60")(explain)
app.command(epilog="Example: gpualloc worth fleet.json --time-limit 300")(worth)
app.command(epilog="Example: gpualloc sensitivity fleet.json --step 'power_mw[memphis]=+10'")(
    sensitivity
)
app.command(
    epilog="Example: gpualloc frontier fleet.json --against energy --points 5 --time-limit 300"
)(frontier)
app.command(epilog="Example: gpualloc compare fleet.json before.json after.json")(compare)
app.command(
    epilog="Example: gpualloc replan fleet.json --today plan.json --change 'delay abilene=1' "
    "-o new.json"
)(replan)
app.command(
    epilog="Example: gpualloc stress fleet.json --scenario 'abilene lost: lose abilene' "
    "--choices worst"
)(stress)
app.command(epilog="Example: gpualloc schema > instance.schema.json")(schema)
app.command(epilog="Example: gpualloc solvers")(solvers)


def run() -> None:
    """Run the command line on the arguments of the process."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="gpualloc")
