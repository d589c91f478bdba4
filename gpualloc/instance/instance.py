"""The whole problem as one object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    Field,
    SerializeAsAny,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    model_validator,
)

from gpualloc.errors import InstanceError
from gpualloc.instance.columns import Filled, Listed
from gpualloc.instance.contracts import Contract
from gpualloc.instance.document import document_of
from gpualloc.instance.files import StrPath, read_json, write_json
from gpualloc.instance.formats.endings import INSTANCE_FORMATS, Format, format_of
from gpualloc.instance.formats.instances import read_sheets, write_sheets
from gpualloc.instance.frames import frames_of, tables_from
from gpualloc.instance.records import (
    DataCenter,
    Flow,
    GpuType,
    Head,
    Job,
    Network,
    Offer,
    Period,
    Provider,
)
from gpualloc.instance.tables import tables_of
from gpualloc.instance.untables import data_of
from gpualloc.instance.validation import DEFAULT_PERIODS, checked_tables
from gpualloc.instance.view import gpus_for_sale, html_table, one_line
from gpualloc.instance.wording import printable

if TYPE_CHECKING:
    import pandas as pd


class Instance(Head):
    """A planning problem: its tables as validated records. It never changes.

    However an instance is made, all its faults are found in one pass and raised as one
    `InstanceError`. Rows are given as records or as dicts.
    """

    periods: Annotated[Filled[Period], Field(description="The planning horizon, in order.")] = (
        DEFAULT_PERIODS
    )
    gpu_types: Annotated[Filled[GpuType], Field(description="Kinds of GPUs.")]
    providers: Annotated[Filled[Provider], Field(description="Who has sites.")]
    data_centers: Annotated[Filled[DataCenter], Field(description="Sites.")]
    offers: Annotated[Filled[Offer], Field(description="GPUs for sale.")]
    network: Annotated[Network, Field(description="Links between sites.")] = Network()
    jobs: Annotated[
        Filled[Job], Field(description="Work to place; some contracts go by the order.")
    ]
    flows: Annotated[Listed[Flow], Field(description="Traffic between jobs.")] = ()
    contracts: Annotated[
        Listed[SerializeAsAny[Contract]], Field(description="What else binds, costs or pays.")
    ] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _check(cls, data: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Self:
        if isinstance(data, cls):
            return data
        source = (info.context or {}).get("source", "instance")
        instance: Self = handler(checked_tables(data, source))
        return instance

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, source: str = "instance") -> Self:
        """Make an instance of a dict as a file holds it.

        Parameters
        ----------
        data : mapping
            The tables; rows are dicts or records.
        source : str
            What messages call the data: a file name.

        Raises
        ------
        InstanceError
            With every fault found, each by its place.
        """
        return cls.model_validate(data, context={"source": source})

    @classmethod
    def read(cls, path: StrPath) -> Self:
        """Read an instance from a file, or from a folder of tables.

        Parameters
        ----------
        path : str or path
            A ``.json``, ``.json.gz`` or ``.xlsx`` file, or a folder of CSV files. Tables are laid
            out as `gpualloc.instance.tables` describes.

        Raises
        ------
        InstanceError
            With every fault found, each by its place.
        UsageError
            There is no such file, or it cannot be read.
        """
        source = printable(str(path))
        kind = format_of(path, INSTANCE_FORMATS)
        if kind is Format.JSON:
            return cls.from_dict(read_json(path, InstanceError), source=source)
        sheets = read_sheets(path, kind)
        with sheets.faults_in_its_words():
            return cls.from_dict(data_of(sheets.tables, source), source=source)

    def write(self, path: StrPath) -> None:
        """Write the instance to a file or a folder, whole or not at all.

        Equal instances give equal files. JSON leaves out what has its default.

        Parameters
        ----------
        path : str or path
            A ``.json``, ``.json.gz`` or ``.xlsx`` file; a name without an ending is a folder of
            CSV files. An existing folder is replaced only if it holds nothing but such tables.

        Raises
        ------
        UsageError
            It cannot be written there.
        """
        kind = format_of(path, INSTANCE_FORMATS)
        if kind is Format.JSON:
            write_json(path, self.to_dict())
        else:
            write_sheets(self, path, kind)

    def to_dict(self) -> dict[str, Any]:
        """The instance as a file holds it; `from_dict` takes it back."""
        return document_of(self)

    @classmethod
    def from_frames(cls, frames: Mapping[str, pd.DataFrame], *, source: str = "tables") -> Self:
        """Make an instance of data frames, laid out as `gpualloc.instance.tables` describes.

        Parameters
        ----------
        frames : mapping
            Data frames by table. Tables and columns that have defaults may be left out.
        source : str
            What messages call the data.

        Raises
        ------
        InstanceError
            With every fault found, each by its place.
        """
        return cls.from_dict(data_of(tables_from(frames), source), source=source)

    def to_frames(self) -> dict[str, pd.DataFrame]:
        """The tables as data frames, laid out as `gpualloc.instance.tables` describes."""
        return frames_of(tables_of(self))

    def replace(self, **tables: Any) -> Self:
        """A copy with other tables or other figures in the head, validated like any instance.

        Parameters
        ----------
        tables
            By name: ``instance.replace(contracts=[])``.
        """
        return self.from_dict({**dict(self), **tables})

    def __repr__(self) -> str:
        return one_line(self.name, self._sizes(), gpus_for_sale(self.offers))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        gpus = gpus_for_sale(self.offers)
        return html_table(self.name, self.description, self._sizes(), gpus)

    def _sizes(self) -> dict[str, int]:
        sizes = {table: len(rows) for table, rows in self if isinstance(rows, tuple)}
        return {**sizes, "links": len(self.network.links)}


def read(path: StrPath) -> Instance:
    """Read an instance from a file or a folder of tables; see `Instance.read`."""
    return Instance.read(path)
