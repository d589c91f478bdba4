"""Building an instance row by row in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from gpualloc.instance.contracts import Contract
from gpualloc.instance.directory import LINKS, directory_of
from gpualloc.instance.faults import Findings
from gpualloc.instance.instance import Instance
from gpualloc.instance.records import (
    DataCenter,
    Flow,
    GpuType,
    Job,
    Link,
    Network,
    Offer,
    Option,
    PairLink,
    Period,
    Provider,
    Record,
    Sync,
)
from gpualloc.instance.validation import DEFAULT_PERIODS, TABLES, RowChecker, validated

Figures = float | Sequence[float]
Counts = int | Sequence[int]
OptionLike = Option | Mapping[str, Any] | tuple[str | GpuType, int, int]
Kind = TypeVar("Kind", bound=Record)


class InstanceBuilder:
    """Collects the rows of an instance and returns each as the record that it became.

    A row is checked at once: its own columns, and that what it refers to was added before.
    Wherever a row refers to another one, the record or its name may be given. Periods come first:
    rows with one figure a period are checked against those added so far, and without any there is
    the one period ``horizon`` of 730 hours. Jobs come before the contracts that cover them by tag.

    Parameters
    ----------
    name : str
        Name of the instance.
    description : str
        Its story, sources and assumptions.
    sync_weight : float
        Weight of stall and latency in the cost of a plan.

    Examples
    --------
    >>> build = InstanceBuilder("two sites")
    >>> h100 = build.add_gpu_type("H100", kw=1.3)
    >>> azure = build.add_provider("Azure")
    >>> atlanta = build.add_data_center("atlanta", azure, "us-south", 33.4, -84.5, power_mw=300)
    >>> offer = build.add_offer("atlanta H100", atlanta, h100, gpus=200_000, usd_per_gpu_hour=2.5)
    >>> job = build.add_job("pretraining", [(h100, 16, 4096)], tags=["training"])
    >>> instance = build.build()

    Raises
    ------
    InstanceError
        By each method, with every fault of the row; the row is then not added.
    """

    def __init__(self, name: str, *, description: str = "", sync_weight: float = 1.0) -> None:
        self._head = {"name": name, "description": description, "sync_weight": sync_weight}
        self._rows: dict[str, list[Record]] = {table: [] for table in (*TABLES, LINKS)}
        self._network = Network()
        self._directory = directory_of({"periods": DEFAULT_PERIODS})

    def add_period(self, name: str, hours: float) -> Period:
        """Add a period after those added so far, with its length in hours."""
        return self._add("periods", Period, name=name, hours=hours)

    def add_gpu_type(self, name: str, kw: float) -> GpuType:
        """Add a GPU type with its all-in IT power in kW."""
        return self._add("gpu_types", GpuType, name=name, kw=kw)

    def add_provider(self, name: str) -> Provider:
        """Add a provider."""
        return self._add("providers", Provider, name=name)

    def add_data_center(
        self,
        name: str,
        provider: Provider | str,
        region: str,
        latitude: float,
        longitude: float,
        *,
        power_mw: Figures | None = None,
        pue: float = 1.0,
        usd_per_mwh: Figures = 0.0,
        uplink_gbps: float | None = None,
        transfer_tb: float | None = None,
    ) -> DataCenter:
        """Add a data center; the columns are those of `DataCenter`."""
        return self._add("data_centers", DataCenter, **_given(locals()))

    def add_offer(
        self,
        name: str,
        data_center: DataCenter | str,
        gpu_type: GpuType | str,
        gpus: Counts,
        usd_per_gpu_hour: Figures,
        *,
        fixed_usd: float = 0.0,
    ) -> Offer:
        """Add an offer; the columns are those of `Offer`."""
        return self._add("offers", Offer, **_given(locals()))

    def set_network(
        self,
        *,
        same_provider: PairLink | Mapping[str, float] | None = None,
        cross_provider: PairLink | Mapping[str, float] | None = None,
    ) -> Network:
        """Set what pairs of data centers without a link of their own have."""
        pairs = _given(locals())
        findings = Findings()
        network = validated(Network, pairs, "network", findings)
        findings.raise_if_any("instance")
        assert network is not None
        self._network = network
        return network

    def add_link(
        self,
        a: DataCenter | str,
        b: DataCenter | str,
        gbps: float,
        *,
        rtt_ms: float | None = None,
        usd_per_gb: float = 0.0,
    ) -> Link:
        """Add a link between two data centers; the columns are those of `Link`."""
        return self._add(LINKS, Link, **_given(locals()))

    def add_job(
        self,
        name: str,
        options: Sequence[OptionLike],
        *,
        tags: Sequence[str] = (),
        start: Period | str | None = None,
        end: Period | str | None = None,
        sync: Sync | Mapping[str, float] | None = None,
        providers: Sequence[Provider | str] | None = None,
        regions: Sequence[str] | None = None,
        data_centers: Sequence[DataCenter | str] | None = None,
        max_data_centers: int | None = None,
        max_rtt_ms: float | None = None,
        unserved_usd: float | None = None,
        current: Mapping[Offer | str, int] | None = None,
        move_usd_per_shard: float | None = None,
        staging_usd: Mapping[DataCenter | str, float] | None = None,
    ) -> Job:
        """Add a job; the columns are those of `Job`.

        An option is an `Option`, a dict of its columns or a tuple of GPU type, shards and GPUs
        per shard.
        """
        row = _given(locals())
        row["options"] = [_option(option) for option in row["options"]]
        return self._add("jobs", Job, **row)

    def add_flow(
        self, a: Job | str, b: Job | str, gbps: float, *, usd_per_ms_hour: float = 0.0
    ) -> Flow:
        """Add traffic between two jobs; the columns are those of `Flow`."""
        return self._add("flows", Flow, **_given(locals()))

    def add_contract(
        self,
        type: str,  # noqa: A002  (as the column is called)
        name: str,
        **columns: Any,
    ) -> Contract:
        """Add a contract of a type, with the columns that all contracts and this type have."""
        return self._add("contracts", Contract, name=name, type=type, **_given(columns))

    def build(self) -> Instance:
        """The instance of all rows added so far.

        Raises
        ------
        InstanceError
            With every fault, also of rows that became wrong by what was added after them.
        """
        tables: dict[str, Any] = {table: self._rows[table] for table in TABLES}
        tables["periods"] = tables["periods"] or DEFAULT_PERIODS
        network = self._network.model_copy(update={"links": tuple(self._rows[LINKS])})
        return Instance.from_dict({**self._head, **tables, "network": network})

    def _add(self, table: str, kind: type[Kind], **row: Any) -> Kind:
        rows = self._rows[table]
        findings = Findings()
        checker = RowChecker(self._directory, self._rows["jobs"], findings)
        record = checker.check(table, len(rows), row)
        findings.raise_if_any("instance")
        if table == "periods" and not rows:
            self._directory.names[table].clear()
        assert isinstance(record, kind)
        self._directory.note(table, len(rows), record)
        rows.append(record)
        return record


def _given(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row from a method's arguments, with names in place of records."""
    return {column: _named(value) for column, value in columns.items() if column != "self"}


def _named(value: Any) -> Any:
    """A value with the names of the records in it, and lists for arrays."""
    if isinstance(value, Record):
        return getattr(value, "name", value)
    if isinstance(value, Mapping):
        return {_named(name): _named(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _option(option: Any) -> Any:
    """An option given as GPU type, shards and GPUs per shard, by its columns."""
    if isinstance(option, list) and len(option) == len(Option.model_fields):
        return dict(zip(Option.model_fields, option, strict=True))
    return option
