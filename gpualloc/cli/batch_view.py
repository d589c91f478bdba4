"""What a batch shows while it runs: a live table on a terminal, else a line for each result."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gpualloc.batches.results import LABELS, Result
from gpualloc.batches.schedule import Event
from gpualloc.cli.console import notes, safe
from gpualloc.plan.text import duration, gap_text, usd
from gpualloc.progress import Progress

MOST_RUNNING, MOST_FAILED = 12, 6
REFRESHES_PER_SECOND = 4


@dataclass
class Running:
    """A solve that is on its way."""

    title: str
    began: float
    progress: Progress | None = None


@dataclass
class BatchView:
    """Keeps what a batch has told; call it with each event.

    Attributes
    ----------
    total : int
        Instances times scenarios.
    """

    total: int
    began: float = field(default_factory=time.monotonic)
    labels: Counter[str] = field(default_factory=Counter)
    running: dict[str, Running] = field(default_factory=dict)
    failed: list[Result] = field(default_factory=list)
    fresh: int = 0
    draining: bool = False

    def __call__(self, event: Event) -> None:
        """Take an event in."""
        if event.kind == "draining":
            self.draining = True
        elif event.kind == "started":
            self.running[event.key] = Running(title(event.name, event.scenario), time.monotonic())
        elif event.kind == "progress" and event.key in self.running:
            self.running[event.key].progress = event.progress
        elif event.kind == "lost":
            self.running.pop(event.key, None)
        elif event.result is not None:
            self._finish(event.key, event.result)

    def _finish(self, key: str, result: Result) -> None:
        self.running.pop(key, None)
        self.labels[result.label] += 1
        self.fresh += not result.reused
        if not result:
            self.failed.append(result)

    @property
    def done(self) -> int:
        """Results so far."""
        return self.labels.total()

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the results of this run; None before there is one."""
        if not self.fresh:
            return None
        pace = (time.monotonic() - self.began) / self.fresh
        return pace * (self.total - self.done)

    def headline(self) -> str:
        """Where the batch is, in a line."""
        left = self.seconds_left
        parts = [f"{self.done:,} of {self.total:,} done", *label_counts(self.labels)]
        if self.draining:
            parts.append("ending what has begun; Ctrl-C again stops")
        elif left is not None and self.done < self.total:
            parts.append(f"about {duration(left)} left")
        return " · ".join(parts)


class LiveView(BatchView):
    """A table that is drawn again and again on a terminal."""

    def __rich__(self) -> RenderableType:
        return Group(Text(self.headline(), style="bold"), self._table(), *self._failures())

    def _table(self) -> Table:
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("running", overflow="ellipsis", no_wrap=True, max_width=40)
        for heading in ("time", "plan, USD", "gap"):
            table.add_column(heading, justify="right", no_wrap=True)
        for solve in list(self.running.values())[:MOST_RUNNING]:
            table.add_row(*map(Text, _running_cells(solve)))
        return table

    def _failures(self) -> Iterator[Text]:
        for result in self.failed[-MOST_FAILED:]:
            line = f"{result.label}: {title(result.name, result.scenario)}"
            yield Text(line, style="red", no_wrap=True, overflow="ellipsis")


class PlainView(BatchView):
    """A line for each result, where nobody can see a table change."""

    def __call__(self, event: Event) -> None:
        """Take an event in, and print what is worth a line."""
        super().__call__(event)
        line = self._line(event)
        if line:
            notes().print(Text(line), soft_wrap=True)

    def _line(self, event: Event) -> str:
        if event.kind == "draining":
            return self.headline()
        if event.kind == "lost":
            name = title(event.name, event.scenario)
            return f"lost with its worker, will be tried again: {name}"
        if event.result is None:
            return ""
        return f"[{self.done}/{self.total}] {result_line(event.result)}"


@contextmanager
def batch_view(total: int, *, quiet: bool) -> Iterator[BatchView]:
    """The view that fits standard error."""
    if quiet:
        yield BatchView(total)
    elif sys.stderr.isatty():
        view = LiveView(total)
        with Live(view, console=notes(), refresh_per_second=REFRESHES_PER_SECOND, transient=True):
            yield view
    else:
        yield PlainView(total)


def summary_lines(view: BatchView, runs: Path) -> RenderableType:
    """The end of a batch: counts by label, what has no plan and why, where the results are."""
    lines = [f"{view.done:,} of {view.total:,}: {', '.join(label_counts(view.labels)) or 'none'}"]
    lines += [f"  {result_line(result)}" for result in view.failed]
    lines.append(f"results: {safe(str(runs / 'summary.csv'))}")
    return Text("\n".join(lines))


def result_line(result: Result) -> str:
    """A result in a line: label, name, and cost or reason."""
    head = f"{result.label:<11} {title(result.name, result.scenario)}"
    again = " (committed before)" if result.reused else ""
    outcome = result.outcome
    if outcome.objective_usd is None:
        return f"{head}: {safe(result.message)}{again}"
    gap = "-" if outcome.gap is None else gap_text(outcome.gap)
    cost = usd(outcome.objective_usd)
    return f"{head}: {cost} USD, gap {gap}, {duration(outcome.seconds)}{again}"


def title(name: str, scenario: str) -> str:
    """An instance and its scenario, safe to print."""
    return safe(f"{name} ({scenario})" if scenario else name)


def label_counts(labels: Counter[str]) -> list[str]:
    """How many results have each label: ``12 optimal``."""
    return [f"{labels[label]:,} {label}" for label in LABELS if labels[label]]


def _running_cells(solve: Running) -> tuple[str, str, str, str]:
    progress = solve.progress
    plan = gap = "-"
    if progress is not None and progress.incumbent_usd is not None:
        plan = usd(progress.incumbent_usd)
    if progress is not None and progress.gap is not None:
        gap = gap_text(progress.gap)
    return solve.title, duration(time.monotonic() - solve.began), plan, gap
