"""The table of a solve's progress: a new line as the plan or the bound gets better."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from gpualloc.cli.console import safe
from gpualloc.plan.text import gap_text, usd
from gpualloc.progress import Progress

SECONDS_BETWEEN_LINES = 1.0

HEADER = f"{'seconds':>9}  {'plan, USD':>20}  {'bound, USD':>20}  {'gap':>10}"


class ProgressTable:
    """Prints what changed, at most about once a second; call it with each event.

    Parameters
    ----------
    console : Console
        Where to print.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: Progress | None = None
        self._waiting: Progress | None = None

    def __call__(self, event: Progress) -> None:
        """Show an event, or keep it until a second has passed since the last line."""
        if self._shown is not None and not _differs(event, self._shown):
            return
        self._waiting = event
        if self._shown is None or event.seconds >= self._shown.seconds + SECONDS_BETWEEN_LINES:
            self.finish()

    def finish(self) -> None:
        """Show the last event if it is still waiting."""
        if self._waiting is None:
            return
        if self._shown is None:
            self._console.print(Text(HEADER, style="bold"))
        self._console.print(_line(self._waiting), no_wrap=True, overflow="ellipsis", crop=True)
        self._shown, self._waiting = self._waiting, None


def _differs(event: Progress, shown: Progress) -> bool:
    return _cells(event) != _cells(shown)


def _line(event: Progress) -> Text:
    incumbent, bound, gap, note = _cells(event)
    figures = f"{event.seconds:>9.1f}  {incumbent:>20}  {bound:>20}  {gap:>10}"
    return Text(f"{figures}  {note}".rstrip())


def _cells(event: Progress) -> tuple[str, str, str, str]:
    return (
        _money(event.incumbent_usd),
        _money(event.bound_usd),
        "-" if event.gap is None else gap_text(event.gap),
        safe(event.note),
    )


def _money(amount: float | None) -> str:
    return "-" if amount is None else usd(amount)
