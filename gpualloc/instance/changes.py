"""Changes to the tables of an instance, by paths such as ``offers[east H100].gpus``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from gpualloc.errors import UsageError
from gpualloc.instance.records import Head, Network
from gpualloc.instance.validation import KEYS, TABLES
from gpualloc.instance.wording import printable, quoted, suggestion

STEP = re.compile(r"(?P<column>[a-z_0-9]+)(?:\[(?P<row>[^\]]*)\])?(?:\.|\Z)")

OPTION = re.compile(r"(?P<path>(?:[^=\[\]]|\[[^\]]*\])*)=(?P<values>.*)", re.DOTALL)


class Step(NamedTuple):
    """A column, and the name of the one row meant where it holds rows."""

    column: str
    row: str | None


class FigurePath(NamedTuple):
    """The way to figures of an instance."""

    text: str
    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str) -> FigurePath:
        """Read a path.

        Raises
        ------
        UsageError
            It cannot be read, or no instance has such a column.
        """
        steps, at = [], 0
        while at < len(text):
            found = STEP.match(text, at)
            if found is None:
                raise UsageError(f"{quoted(text)} is not a path such as offers.gpus")
            steps.append(Step(found["column"], found["row"]))
            at = found.end()
        if not steps or text.endswith("."):
            raise UsageError(f"{quoted(text)} is not a path such as offers.gpus")
        path = cls(text, tuple(steps))
        path._check()
        return path

    def _check(self) -> None:
        table = self.steps[0].column
        self._expect(table, KEYS, "neither a table nor a figure of an instance")
        is_figure = table in Head.model_fields
        if is_figure != (len(self.steps) == 1) or (is_figure and self.steps[0].row is not None):
            raise UsageError(f"{printable(self.text)}: a column is needed, such as offers.gpus")
        if table == "network" or (table in TABLES and table != "contracts"):
            record = Network if table == "network" else TABLES[table]
            self._expect(self.steps[1].column, record.model_fields, f"a column of {table}")

    def _expect(self, name: str, known: Any, what: str) -> None:
        if name not in known:
            word = "is" if what.startswith("neither") else "is not"
            raise UsageError(
                f"{printable(self.text)}: {quoted(name)} {word} {what}{suggestion(name, known)}"
            )

    def figures(self, tables: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield each row that has the figure, with the figure's column."""
        rows = [tables]
        for step in self.steps[:-1]:
            rows = [row for parent in rows for row in _below(parent, step)]
        last = self.steps[-1]
        if last.row is not None:
            raise UsageError(f"{printable(self.text)}: a column is needed after the row")
        for row in rows:
            if last.column in row:
                yield row, last.column


def split_option(text: str) -> tuple[str, str]:
    """The path and the values of ``PATH=VALUES``; a row's name may hold ``=``."""
    found = OPTION.fullmatch(text)
    return ("", "") if found is None else (found["path"], found["values"])


def apply_set(tables: dict[str, Any], path: FigurePath, value: Any) -> None:
    """Set figures to a value."""
    _change(tables, path, lambda _: value)


def apply_scale(tables: dict[str, Any], path: FigurePath, factor: str) -> None:
    """Multiply figures by a factor; whole ones are rounded down, null stays null."""
    _change(tables, path, lambda figure: _scaled(path, figure, Fraction(factor)))


def drop_contract(tables: dict[str, Any], name: str) -> None:
    """Take a contract out."""
    kept = [contract for contract in tables["contracts"] if contract["name"] != name]
    if len(kept) == len(tables["contracts"]):
        raise UsageError(f"there is no contract {quoted(name)} to drop")
    tables["contracts"] = kept


def lose_site(tables: dict[str, Any], name: str) -> None:
    """Take all GPUs of a data center away."""
    for offer in _offers_at(tables, name):
        offer["gpus"] = 0


def delay_site(tables: dict[str, Any], name: str, periods: int) -> None:
    """Let GPUs and power of a data center come later; what is there at first stays."""
    rows = _offers_at(tables, name)
    for offer in rows:
        offer["gpus"] = _delayed(offer["gpus"], periods)
    for site in tables["data_centers"]:
        if site["name"] == name:
            site["power_mw"] = _delayed(site["power_mw"], periods)


def _offers_at(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    if name not in (site["name"] for site in tables["data_centers"]):
        known = [site["name"] for site in tables["data_centers"]]
        raise UsageError(f"there is no data center {quoted(name)}{suggestion(name, known)}")
    return [offer for offer in tables["offers"] if offer["data_center"] == name]


def _delayed(figure: Any, periods: int) -> Any:
    """A figure per period, later; one for all periods stays."""
    if not isinstance(figure, list | tuple):
        return figure
    return [*[figure[0]] * min(periods, len(figure)), *figure[: max(0, len(figure) - periods)]]


def _change(tables: dict[str, Any], path: FigurePath, new: Callable[[Any], Any]) -> None:
    found = list(path.figures(tables))
    if not found:
        raise UsageError(f"{printable(path.text)}: the instance has no such figure")
    for row, column in found:
        row[column] = new(row[column])


def _below(parent: dict[str, Any], step: Step) -> list[dict[str, Any]]:
    """The rows that a step leads to; none where the column is null."""
    value = parent.get(step.column)
    rows = value if isinstance(value, list | tuple) else [value]
    return [
        row
        for row in rows
        if isinstance(row, dict) and (step.row is None or row.get("name") == step.row)
    ]


def _scaled(path: FigurePath, figure: Any, factor: Fraction) -> Any:
    if figure is None:
        return None
    if isinstance(figure, list | tuple):
        return [_scaled(path, part, factor) for part in figure]
    if isinstance(figure, int) and not isinstance(figure, bool):
        return int(figure * factor)
    if isinstance(figure, float):
        return float(Fraction(figure) * factor)
    raise UsageError(f"{printable(path.text)}: {quoted(str(figure))} cannot be scaled")
