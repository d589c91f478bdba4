"""The base of every contract type: a record of an instance and a rule of the problem at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gpualloc.instance.arrays import Arrays, JobArrays
from gpualloc.instance.contracts import Contract
from gpualloc.instance.records import DataCenter, Job
from gpualloc.instance.wording import quoted
from gpualloc.rules.rule import Breach, Charge, Rule
from gpualloc.vectors import Bools

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger


class ContractRule(Contract, Rule):
    """A contract type: its own columns as fields, and what it binds and pays as methods.

    A subclass gives `kind`, its name in an instance file, and states what holds while the contract
    is not bought out in `read_binding` and `charge_binding`. A contract that is bought out binds
    nowhere and pays nothing but its `buyout_usd`.
    """

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.title = cls.kind

    def barred_sites(self, arrays: Arrays, job: JobArrays) -> Bools:
        """(D,) data centers where it allows the job no shard, in phases in its window."""
        return np.zeros(len(arrays.site_names), dtype=bool)

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield what a plan breaks of this contract, unless it is bought out."""
        if not ledger.is_bought_out(self):
            yield from self.read_binding(ledger)

    def charge(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield what a plan pays by this contract, unless it is bought out."""
        if not ledger.is_bought_out(self):
            yield from self.charge_binding(ledger)

    def read_binding(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield what a plan breaks of this contract."""
        yield from ()

    def charge_binding(self, ledger: Ledger) -> Iterator[Charge]:
        """Yield what a plan pays by this contract."""
        yield from ()

    def remark(self, ledger: Ledger) -> Iterator[str]:
        """Yield what a reader of the plan should know that breaks nothing."""
        yield from ()

    def forbids(self, ledger: Ledger, job: Job, phase: range, site: DataCenter) -> bool:
        """Whether a phase of a job may have no shard in a data center, while the contract binds."""
        return False

    def read_forbidden(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield shards where the contract forbids them."""
        for job in ledger.instance.jobs:
            for phase in ledger.catalog.phases(job):
                for stay in ledger.stays(job, phase):
                    for site, shards in stay.shards_at.items():
                        if self.forbids(ledger, job, phase, ledger.catalog.sites[site]):
                            message = f"{shards:,} shards are in {quoted(site)}; none may be there"
                            period = ledger.catalog.periods[stay.t]
                            yield self.breach(
                                job.name, period, message=message, figure=shards, limit=0
                            )

    def breach(
        self, *place: str, message: str, figure: float | None = None, limit: float | None = None
    ) -> Breach:
        """A breach of this contract; its place starts with the contract's name."""
        return Breach(self.title, ", ".join((self.name, *place)), message, figure, limit)
