"""Dedication: the named data centers are for the covered jobs alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from gpualloc.instance.arrays import Arrays, JobArrays
from gpualloc.instance.records import DataCenter, DataCenterName, Job, Listed
from gpualloc.rules.catalog import overlap
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.rule import Breach
from gpualloc.rules.scope import covers, write_barred
from gpualloc.rules.writer import JobColumns, Writer
from gpualloc.vectors import Bools

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class Dedicated(ContractRule):
    r"""The named data centers are for the covered jobs alone.

    .. math:: x_{jofp} = 0 \qquad \forall j \notin J, \; f \cap N \ne \varnothing, \; d(p) \in D

    with :math:`x` the shards of job j in phase f on offer p, :math:`J` the covered jobs, :math:`N`
    the window and :math:`D` the named data centers. Covered jobs may run elsewhere too.
    """

    kind: ClassVar[str] = "dedicated"

    data_centers: Annotated[
        Listed[DataCenterName],
        Field(min_length=1, description="Data centers that the covered jobs have to themselves."),
    ]

    def forbids(self, ledger: Ledger, job: Job, phase: range, site: DataCenter) -> bool:
        """Whether a phase that is not covered would be in a dedicated data center."""
        catalog = ledger.catalog
        bound = not catalog.covers(self, job) and overlap(phase, catalog.window(self))
        return bound and site.name in self.data_centers

    def read_binding(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield shards in the dedicated data centers that are not covered."""
        yield from self.read_forbidden(ledger)

    def barred_sites(self, arrays: Arrays, job: JobArrays) -> Bools:
        inside = arrays.sites_of(data_centers=self.data_centers)
        return np.zeros_like(inside) if covers(self, job) else inside

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        write_barred(writer, self, job)
