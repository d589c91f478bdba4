"""Contracts that name places: any of providers, regions and data centers, taken together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from gpualloc.errors import Fault
from gpualloc.instance.records import (
    DataCenter,
    DataCenterName,
    Listed,
    ProviderName,
    RegionName,
)
from gpualloc.rules.contract import ContractRule

if TYPE_CHECKING:
    from gpualloc.instance.directory import Directory


class PlacesRule(ContractRule):
    """A contract about the union of some providers' and some regions' and further data centers."""

    providers: Annotated[
        Listed[ProviderName] | None, Field(description="Providers whose data centers count.")
    ] = None
    regions: Annotated[
        Listed[RegionName] | None, Field(description="Regions whose data centers count.")
    ] = None
    data_centers: Annotated[
        Listed[DataCenterName] | None, Field(description="Further data centers that count.")
    ] = None

    def names_place(self, site: DataCenter) -> bool:
        """Whether a data center is in the union."""
        return (
            site.provider in (self.providers or ())
            or site.region in (self.regions or ())
            or site.name in (self.data_centers or ())
        )

    def faults(self, directory: Directory) -> Iterator[Fault]:
        """A contract about places names at least one."""
        yield from super().faults(directory)
        if not (self.providers or self.regions or self.data_centers):
            columns = "providers, regions and data_centers"
            yield Fault("", f"names no place; at least one in any of {columns} is needed")
