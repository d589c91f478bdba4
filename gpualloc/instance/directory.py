"""Which names exist in an instance, for checks that look beyond one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LINKS = "network.links"
NAMED_TABLES = (
    "periods",
    "gpu_types",
    "providers",
    "data_centers",
    "offers",
    "jobs",
    "contracts",
)

NOUNS = {
    "periods": "a period",
    "gpu_types": "a GPU type",
    "providers": "a provider",
    "data_centers": "a data center",
    "offers": "an offer",
    "jobs": "a job",
    "contracts": "a contract",
    "regions": "the region of a data center",
    "tags": "the tag of a job",
}
"""What a row of each table is called in messages."""

HOMES = {"regions": "data_centers", "tags": "jobs"}
"""The tables that regions and tags are a column of."""


class Directory:
    """The names of an instance, by table; with `regions`, linked pairs and flows.

    A name counts as known even where its row has faults, so that one fault is told once.

    Attributes
    ----------
    names : dict
        By table, and for regions and tags: each name with the position of the first row that
        has it.
    pairs : dict
        Each pair of data centers with the position of its first link.
    flows : dict
        The jobs `(a, b)` of each flow with the position of the first.
    period_count : int
        The number of periods, also of those without a sound name.
    """

    def __init__(self) -> None:
        self.names: dict[str, dict[str, int]] = {table: {} for table in NOUNS}
        self.pairs: dict[frozenset[str], int] = {}
        self.flows: dict[tuple[str, str], int] = {}
        self.period_count = 0

    def note(self, table: str, at: int, row: object) -> None:
        """Take in the names of a row, a mapping or a record, with or without faults."""
        if table in NAMED_TABLES:
            self._note_name(table, at, value_of(row, "name"))
        if table == "periods":
            self.period_count = at + 1
        if table == "data_centers":
            self._note_name("regions", at, value_of(row, "region"))
        tags = value_of(row, "tags") if table == "jobs" else None
        for tag in tags if isinstance(tags, list | tuple) else ():
            self._note_name("tags", at, tag)
        pair = pair_of(row) if table == LINKS else None
        if pair:
            self.pairs.setdefault(pair, at)
        if table == "flows":
            self.flows.setdefault((str(value_of(row, "a")), str(value_of(row, "b"))), at)

    def _note_name(self, table: str, at: int, name: object) -> None:
        if isinstance(name, str):
            self.names[table].setdefault(name, at)

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods in planning order."""
        return tuple(self.names["periods"])

    def allows(self, table: str, name: str) -> bool:
        """Whether a table has this name. One without rows, a fault of its own, allows any."""
        return name in self.names[table] or not self.names[HOMES.get(table, table)]

    def window(self, start: object, end: object) -> tuple[int, int] | None:
        """First and last period by position; None where a name is unknown."""
        places = self.names["periods"]
        first = 0 if start is None else places.get(start) if isinstance(start, str) else None
        last = len(places) - 1 if end is None else places.get(end) if isinstance(end, str) else None
        return None if first is None or last is None else (first, last)


def pair_of(link: object) -> frozenset[str] | None:
    """The two data centers that a link joins, without a direction; None if it has none."""
    a, b = value_of(link, "a"), value_of(link, "b")
    return frozenset((a, b)) if isinstance(a, str) and isinstance(b, str) else None


def directory_of(tables: Mapping[str, Sequence[object]]) -> Directory:
    """Collect the names of all tables."""
    directory = Directory()
    for table, rows in tables.items():
        for at, row in enumerate(rows):
            directory.note(table, at, row)
    return directory


def value_of(row: object, column: str) -> object:
    """A column of a row that is a mapping or a record; None where it has none."""
    return row.get(column) if isinstance(row, Mapping) else getattr(row, column, None)
