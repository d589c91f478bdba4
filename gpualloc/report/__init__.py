"""The report of a plan: one page that needs no network (the extra `report`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpualloc.errors import UsageError
from gpualloc.instance.files import write_bytes
from gpualloc.instance.formats.extras import need
from gpualloc.instance.wording import printable
from gpualloc.plan.checker import Verdict, check

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan
    from gpualloc.progress import Progress

__all__ = ["render_report", "write_report"]

SUFFIXES = (".html", ".htm")


def write_report(plan: Plan, path: str | Path, *, events: Sequence[Progress] = ()) -> Verdict:
    """Write the report of a plan to an HTML file, replacing one that is there.

    Parameters
    ----------
    plan : Plan
        Bound to its instance.
    path : str or path
        A `.html` file. The new one appears at once and whole.
    events : sequence of Progress
        What `solve` told on its way, for the figure of the search; none: without that figure.

    Returns
    -------
    Verdict
        The checker's verdict, which is in the report.

    Raises
    ------
    MissingExtraError
        The packages of the extra `report` are not installed.
    NoPlanError
        There is no plan, or it is not bound to its instance.
    UsageError
        It cannot be written there, or has another ending.
    """
    if not str(path).endswith(SUFFIXES):
        raise UsageError(f"{printable(str(path))}: the file's name must end with .html")
    page, verdict = _rendered(plan, events)
    write_bytes(path, page.encode())
    return verdict


def render_report(plan: Plan, *, events: Sequence[Progress] = ()) -> str:
    """The report of a plan as the text of a page; see `write_report`."""
    return _rendered(plan, events)[0]


def _rendered(plan: Plan, events: Sequence[Progress]) -> tuple[str, Verdict]:
    need("report")
    from gpualloc.report.page import render

    verdict = check(plan.usage.instance, plan)
    return render(plan, verdict, events), verdict
