"""Finding all faults of an instance in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from gpualloc.errors import Fault, InstanceError
from gpualloc.instance.contracts import Contract, contract_types
from gpualloc.instance.couplings import check_flow, check_link, check_name, check_window
from gpualloc.instance.directory import LINKS, Directory, directory_of, value_of
from gpualloc.instance.faults import Findings, faults_of
from gpualloc.instance.probes import probe_row
from gpualloc.instance.records import (
    DataCenter,
    Flow,
    GpuType,
    Head,
    Job,
    Link,
    Network,
    Offer,
    Period,
    Provider,
    Record,
)
from gpualloc.instance.wording import joined, shown, suggestion

TABLES: dict[str, type[Record]] = {
    "periods": Period,
    "gpu_types": GpuType,
    "providers": Provider,
    "data_centers": DataCenter,
    "offers": Offer,
    "jobs": Job,
    "flows": Flow,
    "contracts": Contract,
}
DEFAULT_PERIODS = (Period(name="horizon", hours=730),)
DEFAULT_ROWS: dict[str, tuple[Record, ...]] = {
    "periods": DEFAULT_PERIODS,
    "flows": (),
    "contracts": (),
}
MAY_BE_EMPTY = ("flows", "contracts")
KEYS = (*Head.model_fields, *TABLES, "network")

Kind = TypeVar("Kind", bound=Record)


def checked_tables(data: object, source: str) -> dict[str, Any]:
    """Turn the tables of an instance into validated records.

    Parameters
    ----------
    data : mapping
        The head's figures and the tables; rows are mappings or records.
    source : str
        What messages call the data.

    Raises
    ------
    InstanceError
        With every fault that was found.
    """
    if not isinstance(data, Mapping):
        fault = Fault("", f"{shown(data)} is not an instance; an object with tables is")
        raise InstanceError(source, [fault])
    findings = Findings()
    tables = _check_all(data, findings)
    findings.raise_if_any(source)
    return tables


def faults_in(data: Mapping[str, Any]) -> list[Fault]:
    """Every fault in the tables of an instance, as `checked_tables` finds them."""
    findings = Findings()
    _check_all(data, findings)
    return findings.faults


class RowChecker:
    """Checks rows by themselves and against the names of the instance that they are part of.

    Parameters
    ----------
    directory : Directory
        The names in the instance.
    jobs : sequence
        The rows of the table `jobs`, as given.
    findings : Findings
        Takes what is found.
    """

    def __init__(self, directory: Directory, jobs: Sequence[object], findings: Findings) -> None:
        self.directory = directory
        self.jobs = jobs
        self.findings = findings

    def check(self, table: str, at: int, row: object) -> Record | None:
        """Check a row, given as mapping or record, and return its record if it is one."""
        place = joined(table, at)
        kind, row = self._kind(table, row, place)
        record = self.check_record(kind, row, place)
        self._check_couplings(table, at, row)
        for fault in record.faults(self.directory) if record else ():
            self.findings.add(place + (f".{fault.place}" if fault.place else ""), fault.message)
        return record

    def check_record(self, kind: type[Kind], row: object, place: str) -> Kind | None:
        """Check the columns of a row, each by itself."""
        record = validated(kind, row, place, self.findings)
        probe_row(kind, row, place, self.directory, self.findings)
        return record

    def _check_couplings(self, table: str, at: int, row: object) -> None:
        check_name(table, at, row, self.directory, self.findings)
        check_window(table, at, row, self.directory, self.findings)
        if table == LINKS:
            check_link(at, row, self.directory, self.findings)
        if table == "flows":
            check_flow(at, row, self.jobs, self.directory, self.findings)

    def _kind(self, table: str, row: object, place: str) -> tuple[type[Record], object]:
        """The class of a row; of a contract of no known type only what all contracts have."""
        if table != "contracts":
            return Link if table == LINKS else TABLES[table], row
        kind, known = value_of(row, "type"), contract_types()
        if isinstance(kind, str) and kind in known:
            return known[kind], row
        if isinstance(kind, str):
            self.findings.add_unknown(joined(place, "type"), kind, "a contract type", known)
        if isinstance(row, Mapping):
            row = {column: row[column] for column in Contract.model_fields if column in row}
        return Contract, row


def validated(kind: type[Kind], row: object, place: str, findings: Findings) -> Kind | None:
    """The record of a row, or None and what is wrong with its columns."""
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        for fault in faults_of(error, kind, place):
            findings.add(fault.place, fault.message)
        return None


def _check_all(data: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    for key in data:
        if key not in KEYS:
            hint = suggestion(str(key), KEYS)
            findings.add(joined("", str(key)), f"is neither a table nor a figure{hint}")
    given = {key: data[key] for key in Head.model_fields if key in data}
    head = validated(Head, given, "", findings)
    rows = {table: _rows(data, table, findings) for table in TABLES}
    network = data.get("network", {})
    links = value_of(network, "links")
    rows[LINKS] = links if isinstance(links, list | tuple) else ()
    checker = RowChecker(directory_of(rows), rows["jobs"], findings)
    checked: dict[str, Any] = {
        table: tuple(checker.check(table, at, row) for at, row in enumerate(rows[table]))
        for table in rows
    }
    checked["network"] = _check_network(network, checked.pop(LINKS), checker)
    return {**dict(head or ()), **checked}


def _rows(data: Mapping[str, Any], table: str, findings: Findings) -> Sequence[object]:
    """The rows of a table as given; none where the table itself is at fault."""
    if table not in data and table in DEFAULT_ROWS:
        return DEFAULT_ROWS[table]
    rows = data.get(table, ())
    if not isinstance(rows, list | tuple):
        findings.add(table, f"{shown(rows)} is not a table; a list of rows is")
        return ()
    if not rows and table not in MAY_BE_EMPTY:
        found = "is empty" if table in data else "is missing"
        findings.add(table, f"{found}; at least one row is needed")
    return rows


def _check_network(
    row: object, links: tuple[Record | None, ...], checker: RowChecker
) -> Network | None:
    """The network with links that were checked before, unless they are no list."""
    if links and isinstance(row, Mapping | Network):
        row = {column: value for column, value in dict(row).items() if column != "links"}
    network = checker.check_record(Network, row, "network")
    return network and network.model_copy(update={"links": links})
