"""Checks that tie a row to other rows of the same table, or two columns to the periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gpualloc.instance.directory import LINKS, NAMED_TABLES, Directory, pair_of, value_of
from gpualloc.instance.faults import Findings
from gpualloc.instance.wording import joined, quoted, shown

WINDOWED_TABLES = ("jobs", "contracts")


def check_name(table: str, at: int, row: object, directory: Directory, findings: Findings) -> None:
    """A name stands for one row of its table."""
    name = value_of(row, "name")
    if table not in NAMED_TABLES or not isinstance(name, str):
        return
    first = directory.names[table].get(name, at)
    if first != at:
        place = joined(table, at, "name")
        findings.add(place, f"{quoted(name)} is used twice; {table}[{first}] has it too")


def check_window(
    table: str, at: int, row: object, directory: Directory, findings: Findings
) -> None:
    """The last period is not before the first."""
    if table not in WINDOWED_TABLES:
        return
    start, end = value_of(row, "start"), value_of(row, "end")
    window = directory.window(start, end)
    if directory.periods and window and window[0] > window[1]:
        place = joined(table, at, "end")
        findings.add(place, f"{shown(end)} is before the start {shown(start)}")


def check_link(at: int, row: object, directory: Directory, findings: Findings) -> None:
    """A pair of data centers has one link; it has no direction."""
    pair = pair_of(row)
    first = directory.pairs.get(pair, at) if pair else at
    if first != at:
        found = f"joins {shown(value_of(row, 'a'))} and {shown(value_of(row, 'b'))}"
        found += f", as {joined(LINKS, first)} does"
        findings.add(joined(LINKS, at), f"{found}; a pair has one link")


def check_flow(
    at: int, row: object, jobs: Sequence[object], directory: Directory, findings: Findings
) -> None:
    """The two jobs of a flow run in the same periods, and it is listed once."""
    first = directory.flows.get((str(value_of(row, "a")), str(value_of(row, "b"))), at)
    if first != at:
        found = f"joins {shown(value_of(row, 'a'))} and {shown(value_of(row, 'b'))}"
        findings.add(joined("flows", at), f"{found}, as flows[{first}] does; add up their gbps")
    a, b = (_job(value_of(row, end), jobs, directory) for end in ("a", "b"))
    if a is None or b is None:
        return
    windows = [directory.window(value_of(job, "start"), value_of(job, "end")) for job in (a, b)]
    if directory.periods and None not in windows and windows[0] != windows[1]:
        spans = " and ".join(_span(job, directory) for job in (a, b))
        findings.add(joined("flows", at), f"joins {spans}; the periods must be the same")


def _job(name: object, jobs: Sequence[object], directory: Directory) -> object | None:
    places: Mapping[str, int] = directory.names["jobs"]
    return jobs[places[name]] if isinstance(name, str) and name in places else None


def _span(job: object, directory: Directory) -> str:
    """A job and its periods: ``"chat" ("2025Q1" to "2025Q3")``."""
    periods = directory.periods
    start, end = value_of(job, "start") or periods[0], value_of(job, "end") or periods[-1]
    return f"{shown(value_of(job, 'name'))} ({shown(start)} to {shown(end)})"
