"""What a contract covers, by indices: the engines' view."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gpualloc.instance.arrays import Arrays, JobArrays
from gpualloc.instance.contracts import Contract
from gpualloc.rules.contract import ContractRule
from gpualloc.rules.writer import MISSING, Block, JobColumns, Writer
from gpualloc.vectors import Bools, Floats, Ints


def covers(contract: Contract, job: JobArrays) -> bool:
    """Whether a job has one of the contract's tags; a contract without tags covers all jobs."""
    return contract.jobs is None or not set(contract.jobs).isdisjoint(job.record.tags)


def window_of(contract: Contract, arrays: Arrays) -> Bools:
    """(T,) the periods in the contract's window."""
    return arrays.window(contract.start, contract.end)


def blocks_in_window(contract: Contract, arrays: Arrays, job: JobColumns) -> Iterator[Block]:
    """The blocks of a job whose phase has a period in the window."""
    window = window_of(contract, arrays)
    for block in job.all_blocks():
        if window[block.periods].any():
            yield block


def bought_out(writer: Writer, contract: Contract) -> int:
    """The column "this contract is bought out"; `MISSING` if it cannot be."""
    found = writer.shared.get(("bought", contract.name))
    return MISSING if found is None else int(found)


def hours_in_window(contract: Contract, arrays: Arrays, block: Block) -> Floats:
    """(T',) the hours of the block's periods, zero outside the window."""
    hours: Floats = arrays.hours[block.periods] * window_of(contract, arrays)[block.periods]
    return hours


def spend_per_shard(contract: Contract, arrays: Arrays, block: Block, sites: Bools) -> Floats:
    """(n,) USD of compute in the window that a shard on each offer spends at `sites` (D,)."""
    usd = arrays.offer_usd[np.ix_(block.offers, block.periods)]
    spend: Floats = block.gpus_per_shard * (usd @ hours_in_window(contract, arrays, block))
    return spend * sites[arrays.offer_site[block.offers]]


def gpu_hours_per_shard(contract: Contract, arrays: Arrays, block: Block, sites: Bools) -> Floats:
    """(n,) GPU-hours in the window that a shard on each offer uses at `sites` (D,)."""
    hours = block.gpus_per_shard * hours_in_window(contract, arrays, block).sum()
    counted: Floats = hours * sites[arrays.offer_site[block.offers]].astype(float)
    return counted


def most_gpu_hours(contract: Contract, arrays: Arrays) -> float:
    """An upper bound on the covered jobs' GPU-hours in the window."""
    hours = arrays.hours * window_of(contract, arrays)
    return float(
        sum(
            max(option.gpus for option in job.options) * hours[job.periods].sum()
            for job in arrays.jobs
            if covers(contract, job)
        )
    )


def most_spend(contract: Contract, arrays: Arrays, sites: Bools) -> float:
    """An upper bound on the covered jobs' spend at `sites` (D,) in the window."""
    window = window_of(contract, arrays)
    here = sites[arrays.offer_site]
    if not here.any():
        return 0.0
    sold = (arrays.offer_gpus * arrays.offer_usd)[here].sum(axis=0) * arrays.hours
    dearest = arrays.offer_usd[here].max(axis=0) * arrays.hours * window
    asked = sum(
        max(option.gpus for option in job.options) * dearest[job.periods].sum()
        for job in arrays.jobs
        if covers(contract, job)
    )
    return float(min(sold[window].sum(), asked))


def contracts_barring(
    arrays: Arrays, job: JobArrays, periods: Ints
) -> list[tuple[ContractRule, Bools]]:
    """The contracts that bar a phase of a job from data centers, each with those (D,)."""
    found = []
    for contract in arrays.instance.contracts:
        if isinstance(contract, ContractRule) and window_of(contract, arrays)[periods].any():
            sites = contract.barred_sites(arrays, job)
            if sites.any():
                found.append((contract, sites))
    return found


def write_barred(writer: Writer, contract: ContractRule, job: JobColumns) -> None:
    """Blocks in the window place no shard at barred data centers, unless it is bought out."""
    sites = contract.barred_sites(writer.arrays, job.data)
    for block in blocks_in_window(contract, writer.arrays, job):
        barred = sites[block.sites][block.site_at]
        if barred.any():
            prefix = (contract.name, *block.prefix)
            row = writer.rows(contract.type, prefix=prefix, upper=0)
            writer.put(row, block.shards[barred], 1)
            writer.put(row, bought_out(writer, contract), -block.shards_total)


def write_used(
    writer: Writer, contract: Contract, job: JobColumns, title: str, columns: Ints
) -> None:
    """Rows: a column (D,) of the contract is one if a phase in the window uses the data center.

    A job runs in one option, so all its options share a row, which is sharper than one for each.
    """
    arrays = writer.arrays
    window = window_of(contract, arrays)
    for phase, periods in enumerate(job.data.phases):
        if not window[periods].any():
            continue
        blocks = [phases[phase] for phases in job.blocks]
        sites = np.unique(np.concatenate([block.sites for block in blocks]))
        sites = sites[columns[sites] >= 0]
        names = [arrays.site_names[site] for site in sites]
        prefix = (contract.name, *blocks[0].prefix[::2])
        rows = writer.rows(title, names, prefix=prefix, upper=0)
        writer.put(rows, columns[sites], -1)
        row_of = np.full(len(arrays.site_names), MISSING)
        row_of[sites] = rows
        for block in blocks:
            writer.put(row_of[block.sites], block.used, 1)
