"""Steps: figures of an instance raised or lowered, as ``power_mw[memphis]=+10``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from gpualloc.answers.relaxations import Edits, shared_link
from gpualloc.errors import UsageError
from gpualloc.instance.instance import Instance
from gpualloc.instance.validation import TABLES
from gpualloc.instance.wording import quoted, suggestion
from gpualloc.rules.paths import pair_of
from gpualloc.units import exact

GRAMMAR = re.compile(r"(?P<column>[a-z_]+)\[(?P<inside>.+)\]=(?P<sign>[+-])(?P<by>[0-9.eE_]+)\Z")
EXAMPLE = "power_mw[memphis]=+10 or gpus[abilene GB200, 2025Q4]=-1000"

PURE_LIMITS = ("power_mw", "gpus", "uplink_gbps", "transfer_tb")
"""Columns that only limit: more of them forbids nothing, but for what a first refusal asks."""


class Target(NamedTuple):
    """The figure that a step changes: of a row, of a period where `t` is given, or of a link."""

    table: str
    name: str
    figure: Any
    t: int | None = None
    pair: tuple[str, str] | None = None


@dataclass(frozen=True)
class Step:
    """A figure raised or lowered.

    Attributes
    ----------
    text : str
        As it was given.
    column : str
    inside : str
        What stands in the brackets: a row's name, a row's name and a period, or the two ends of a
        link.
    by : Fraction
    """

    text: str
    column: str
    inside: str
    by: Fraction

    @classmethod
    def parse(cls, text: str) -> Step:
        """Read a step.

        Raises
        ------
        UsageError
            It cannot be read.
        """
        found = GRAMMAR.match(text)
        try:
            by = None if found is None else exact(float(found["by"]))
        except (ValueError, OverflowError):
            by = None
        if found is None or by is None:
            raise UsageError(f"{quoted(text)} is not a step such as {EXAMPLE}")
        sign = -1 if found["sign"] == "-" else 1
        return cls(text, found["column"], found["inside"], sign * by)

    def apply(self, instance: Instance) -> Instance:
        """The instance with the step made.

        Raises
        ------
        UsageError
            The instance has no such figure, or the step takes it below zero.
        InstanceError
            The instance has faults after the step.
        """
        target = next(self._targets(instance), None)
        if target is None:
            raise UsageError(self._not_found(instance))
        if target.figure is None:
            raise UsageError(f"{quoted(self.text)}: there is no limit, so no step from it")
        edits = Edits(instance)
        new = self._changed(target.figure)
        if target.pair is not None:
            edits.set_link(*target.pair, new)
        elif target.t is not None:
            edits.set_in_period(target.table, target.name, self.column, target.t, new)
        else:
            edits.set(target.table, target.name, self.column, new)
        return Instance.from_dict(edits.made().to_dict(), source=f"step {self.text}")

    def can_only_save(self, instance: Instance) -> bool:
        """Whether every plan stays valid, at the same cost, with the step made."""
        refusal = any(contract.type == "first_refusal" for contract in instance.contracts)
        return self.by >= 0 and self.column in PURE_LIMITS and not refusal

    def _targets(self, instance: Instance) -> Iterator[Target]:
        """What the brackets can mean, the likeliest first."""
        for table in TABLES:
            for row in getattr(instance, table):
                if getattr(row, "name", None) == self.inside and self._is_figure(row):
                    yield Target(table, row.name, getattr(row, self.column))
        if self.column == "gbps":
            yield from self._links(instance)
        else:
            yield from self._periods(instance)

    def _periods(self, instance: Instance) -> Iterator[Target]:
        for t, period in enumerate(instance.periods):
            name = self.inside.removesuffix(f", {period.name}")
            for table in TABLES if name != self.inside else ():
                for row in getattr(instance, table):
                    if getattr(row, "name", None) == name and self._is_figure(row):
                        figure = getattr(row, self.column)
                        at_t = figure[t] if isinstance(figure, tuple) else figure
                        yield Target(table, name, at_t, t)

    def _links(self, instance: Instance) -> Iterator[Target]:
        provider = {site.name: site.provider for site in instance.data_centers}
        own = {pair_of(link.a, link.b): link for link in instance.network.links}
        for comma in re.finditer(", ", self.inside):
            a, b = self.inside[: comma.start()], self.inside[comma.end() :]
            if a in provider and b in provider and a != b:
                shared = shared_link(instance, provider[a] == provider[b])
                link = own.get(pair_of(a, b)) or shared
                gbps = 0.0 if link is None else link.gbps
                yield Target("links", self.inside, gbps, pair=pair_of(a, b))

    def _is_figure(self, row: Any) -> bool:
        """Whether the row has the column, and a figure or no limit in it."""
        if self.column not in type(row).model_fields:
            return False
        figure = getattr(row, self.column)
        first = figure[0] if isinstance(figure, tuple) and figure else figure
        return first is None or (isinstance(first, int | float) and not isinstance(first, bool))

    def _changed(self, figure: Any) -> Any:
        """A figure, or one a period, with the step made."""
        if isinstance(figure, tuple):
            return [self._changed(part) for part in figure]
        new = exact(figure) + self.by
        if new < 0:
            raise UsageError(f"{quoted(self.text)}: the figure is {figure}, less than the step")
        if isinstance(figure, int) and new.denominator == 1:
            return int(new)
        if isinstance(figure, int) and self.column == "gpus":
            raise UsageError(f"{quoted(self.text)}: GPUs are whole")
        return float(new)

    def _not_found(self, instance: Instance) -> str:
        tables = [table for table in TABLES if self.column in _columns(instance, table)]
        if not tables and self.column != "gbps":
            known = {column for table in TABLES for column in _columns(instance, table)}
            return f"{quoted(self.text)}: no table has a column {quoted(self.column)}" + suggestion(
                self.column, known
            )
        names = [row.name for table in tables for row in getattr(instance, table)]
        return (
            f"{quoted(self.text)}: no row {quoted(self.inside)} has a figure {self.column}"
            f"{suggestion(self.inside, names)}"
        )


def _columns(instance: Instance, table: str) -> set[str]:
    return {
        column
        for row in getattr(instance, table)
        if hasattr(row, "name")
        for column in type(row).model_fields
    }
