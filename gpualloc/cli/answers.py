"""What the commands that answer questions share: their options, and how they show an answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, get_type_hints

import typer

from gpualloc.cli.console import notes, safe, show
from gpualloc.cli.options import AsJson, Engine, Gap, Quiet, Seed, Solver, Threads, TimeLimit

if TYPE_CHECKING:
    from gpualloc.answers.result import Answer

Command = Callable[..., None]


@dataclass(frozen=True)
class AnswerOptions:
    """How the solves behind an answer go, and how the answer is shown."""

    time_limit: TimeLimit = None
    gap: Gap = 1e-6
    engine: Engine = "auto"
    solver: Solver = None
    seed: Seed = 0
    threads: Threads = None
    as_json: AsJson = False
    quiet: Quiet = False

    @property
    def solves(self) -> dict[str, Any]:
        """What all functions of `gpualloc.answers` take."""
        names = ("time_limit", "gap", "engine", "solver", "seed", "threads")
        return {name: getattr(self, name) for name in names} | {"on_note": self._on_note}

    def hand_out(self, answer: Answer) -> None:
        """Print an answer, as text or as JSON."""
        hand_out(answer, self.as_json)

    @property
    def _on_note(self) -> Callable[[str], None] | None:
        """What tells on a terminal which solve runs; None where nobody watches."""
        if self.quiet or not sys.stderr.isatty():
            return None
        return lambda note: notes().print(f"  {safe(note)}", style="dim", soft_wrap=True)


def with_answer_options(**defaults: Any) -> Callable[[Command], Command]:
    """Give a command each field of its parameter ``options`` as an option of its own.

    Parameters
    ----------
    defaults
        Defaults that differ from those of `AnswerOptions`.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def call(**given: Any) -> None:
            own = {field.name: given.pop(field.name) for field in fields(AnswerOptions)}
            command(**given, options=AnswerOptions(**own))

        shown = signature(command, eval_str=True)
        kept = [row for row in shown.parameters.values() if row.name != "options"]
        call.__signature__ = shown.replace(  # type: ignore[attr-defined]
            parameters=[*kept, *_parameters(defaults)]
        )
        return call

    return decorate


def _parameters(defaults: dict[str, Any]) -> list[Parameter]:
    types = get_type_hints(AnswerOptions, include_extras=True)
    return [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=defaults.get(field.name, field.default),
            annotation=types[field.name],
        )
        for field in fields(AnswerOptions)
    ]


def hand_out(answer: Answer, as_json: bool) -> None:
    """Print an answer, as text or as JSON."""
    if as_json:
        typer.echo(answer.to_json(ascii_only=True), nl=False)
    else:
        from gpualloc.plan.summary import tell

        show(tell(answer.digest()))
