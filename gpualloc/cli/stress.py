"""`gpualloc stress`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from gpualloc.cli import completion
from gpualloc.cli.answers import AnswerOptions, with_answer_options
from gpualloc.cli.exits import ExitCode
from gpualloc.cli.options import InstanceFile
from gpualloc.cli.plan_folders import PlanFolder, expect_plan_folder, write_plans
from gpualloc.errors import UsageError


@with_answer_options()
def stress(
    file: InstanceFile,
    scenarios: Annotated[
        list[str],
        typer.Option(
            "--scenario",
            metavar="NAME: CHANGES",
            help=(
                "Changes with semicolons between: set PATH=VALUE, scale PATH=FACTOR, "
                "drop CONTRACT, lose DATA_CENTER, delay DATA_CENTER=PERIODS."
            ),
        ),
    ],
    probabilities: Annotated[
        list[str] | None,
        typer.Option(
            "--probability",
            metavar="NAME=P",
            help='A scenario\'s chance; "as planned" is one. The others share the rest.',
        ),
    ] = None,
    choices: Annotated[
        str,
        typer.Option(
            metavar="HOW",
            help=(
                "How contracts to buy out and offers with a fee are decided: fixed (as in today's "
                "plan), free (in each scenario), expected or worst (once, for the least of it)."
            ),
        ),
    ] = "fixed",
    today: Annotated[
        Path | None,
        typer.Option(
            metavar="PLAN",
            help="Today's plan, for fixed; default: the cheapest one.",
            autocompletion=completion.plans,
        ),
    ] = None,
    plans: PlanFolder = None,
    *,
    options: AnswerOptions,
) -> None:
    """Plan anew in each of several scenarios: the worst case, and the expected cost."""
    import gpualloc

    expect_plan_folder(plans)
    instance = gpualloc.read(file)
    answer = gpualloc.stress(
        instance,
        _named(scenarios),
        choices=choices,
        plan=None if today is None else gpualloc.read_plan(today),
        probabilities=_chances(probabilities or ()),
        **options.solves,
    )
    write_plans(plans, (answer.plans.get(row.scenario) for row in answer.rows))
    options.hand_out(answer)
    raise typer.Exit(ExitCode.NO_PLAN if answer.failing else ExitCode.DONE)


def _named(texts: Iterable[str]) -> dict[str, str]:
    """Scenarios by name: ``abilene lost: lose abilene``."""
    found: dict[str, str] = {}
    for text in texts:
        name, colon, changes = text.partition(":")
        if not colon or not name.strip() or not changes.strip():
            raise UsageError(f'--scenario "{text}": NAME: CHANGES is needed')
        if name.strip() in found:
            raise UsageError(f'--scenario "{text}": this name is given twice')
        found[name.strip()] = changes
    return found


def _chances(texts: Iterable[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in texts:
        name, _, chance = text.rpartition("=")
        try:
            found[name.strip()] = float(chance)
        except ValueError:
            raise UsageError(f'--probability "{text}": NAME=P is needed') from None
    return found
