"""What a benchmark leaves in a folder: a table, the same as data, and a figure.

``NAME.md`` for reading, ``NAME.json`` for machines, ``NAME.html`` with the figure, which needs no
network. Each is written beside its place and moved there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import markdown


@dataclass(frozen=True)
class Results:
    """The results of a benchmark, finished or so far.

    Parameters
    ----------
    name : str
        Of the benchmark, and of its files.
    columns : tuple of str
        Heads of the table.
    rows : sequence of tuple of str
        The table, as it is read.
    records : sequence of mapping
        The same and more, as figures.
    made : mapping
        Machine, versions, seed and options.
    notes : str
        What a reader of the table has to know.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    records: Sequence[Mapping[str, Any]]
    made: Mapping[str, Any]
    notes: str

    @property
    def text(self) -> str:
        """Table and notes, as Markdown."""
        told = "; ".join(f"{key}: {value}" for key, value in self.made.items())
        return f"{markdown(self.columns, self.rows)}\n\n{self.notes}\n\nMade with {told}.\n"

    def write(self, folder: Path, figure: Any = None) -> None:
        """Put the files into a folder, which is made where it is not there.

        Parameters
        ----------
        figure : plotly figure or None
            Without one there is no ``.html``.
        """
        folder.mkdir(parents=True, exist_ok=True)
        data = {"benchmark": self.name, "made": dict(self.made), "rows": list(self.records)}
        _replace(folder / f"{self.name}.md", self.text)
        _replace(folder / f"{self.name}.json", json.dumps(data, indent=1, allow_nan=False) + "\n")
        if figure is not None:
            _replace(folder / f"{self.name}.html", figure.to_html(include_plotlyjs=True))


def shown(figure: float | None, form: str) -> str:
    """A figure in a table; nothing where there is none."""
    return "" if figure is None else form.format(figure)


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
