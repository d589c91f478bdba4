"""Exclusivity: covered jobs run in the named places alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.instance.arrays import Arrays, JobArrays
from gpualloc.instance.records import DataCenter, Job
from gpualloc.rules.catalog import overlap
from gpualloc.rules.places import PlacesRule
from gpualloc.rules.rule import Breach
from gpualloc.rules.scope import covers, write_barred
from gpualloc.rules.writer import JobColumns, Writer
from gpualloc.vectors import Bools

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class Exclusivity(PlacesRule):
    r"""Covered jobs run in the named places alone.

    .. math:: x_{jofp} = 0 \qquad \forall j \in J, \; f \cap N \ne \varnothing, \; d(p) \notin D

    with :math:`x` the shards of job j in phase f on offer p, :math:`J` the covered jobs, :math:`N`
    the window and :math:`D` the named data centers. A phase that touches the window is bound as a
    whole, since a job that may not move is in one place for all its periods.
    """

    kind: ClassVar[str] = "exclusivity"

    def forbids(self, ledger: Ledger, job: Job, phase: range, site: DataCenter) -> bool:
        """Whether a covered phase would be outside the named places."""
        catalog = ledger.catalog
        bound = catalog.covers(self, job) and overlap(phase, catalog.window(self))
        return bound and not self.names_place(site)

    def read_binding(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield covered shards outside the named places."""
        yield from self.read_forbidden(ledger)

    def barred_sites(self, arrays: Arrays, job: JobArrays) -> Bools:
        inside = arrays.sites_of(self.providers, self.regions, self.data_centers)
        return ~inside if covers(self, job) else np.zeros_like(inside)

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        write_barred(writer, self, job)
