"""The progress table: what changed, at most about once a second."""

from __future__ import annotations

import io

from rich.console import Console

from gpualloc.cli.progress import ProgressTable
from gpualloc.progress import Progress


def shown(*events: Progress) -> list[str]:
    """The lines that a table of 100 columns prints for these events, without its header."""
    target = io.StringIO()
    table = ProgressTable(Console(file=target, width=100, markup=False))
    for event in events:
        table(event)
    table.finish()
    return [line.rstrip() for line in target.getvalue().splitlines()[1:]]


def at(seconds: float, plan: float | None, bound: float | None, note: str = "") -> Progress:
    """An event with its gap."""
    gap = None if plan is None or bound is None else (plan - bound) / plan
    return Progress(seconds, plan, bound, gap, note)


def test_columns_stand_below_each_other() -> None:
    """Figures are aligned on the right, and what is missing is a dash."""
    lines = shown(at(0.5, None, None, "reading"), at(2, 1_234_567, 1_200_000))
    # (1,234,567 - 1,200,000) / 1,234,567 = 2.80 %
    assert lines == [
        "      0.5                     -                     -           -  reading",
        "      2.0             1,234,567             1,200,000      2.80 %",
    ]


def test_at_most_a_line_a_second() -> None:
    """Of events within a second of the last line only the latest is shown."""
    events = [at(0.1 * step, 1000.0 - step, 10) for step in range(35)]
    # Lines at 0.0, then at 1.0, 2.0 and 3.0 s, and the last event at 3.4 s at the end.
    assert [line.split()[0] for line in shown(*events)] == ["0.0", "1.0", "2.0", "3.0", "3.4"]


def test_nothing_new_is_not_shown() -> None:
    """An event that changes no figure prints no line."""
    assert len(shown(at(0, 100, 50), at(5, 100, 50), at(10, 100, 50))) == 1


def test_notes_cannot_steer_the_terminal() -> None:
    """Notes are shown as they are, control characters as escapes, on one line."""
    (line,) = shown(at(0, None, None, "[bold]a\x1b[2J" + "b" * 200))
    assert "[bold]a\\u001b[2J" in line
    assert len(line) <= 100
