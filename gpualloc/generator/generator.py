"""Random instances that have a valid plan: one is built first, then every limit around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpualloc.generator.capacity import draw_capacity
from gpualloc.generator.contracts import write_contracts
from gpualloc.generator.demand import draw_demand
from gpualloc.generator.flows import FlowDraft, draw_flows
from gpualloc.generator.hidden import choose_hubs, write_layout
from gpualloc.generator.jobs import JobDraft, draw_drafts, write_jobs
from gpualloc.generator.network import (
    Wires,
    draw_site_limits,
    draw_wires,
    list_traffic,
    spokes_of,
)
from gpualloc.generator.offers import write_offers, write_sites
from gpualloc.generator.placement import count_used, place_jobs
from gpualloc.generator.pledges import Pledges, draw_pledges
from gpualloc.generator.settings import Row, Settings, parse_contracts
from gpualloc.generator.supply import Supply, draw_supply
from gpualloc.instance import Instance
from gpualloc.layout import Layout
from gpualloc.vectors import Floats


def generate(
    *,
    gpus: int = 100_000,
    data_centers: int = 12,
    jobs: int = 20,
    periods: int = 1,
    contracts: str | Sequence[str] = "all",
    seed: int = 0,
    flows: bool = True,
    movable: float = 0.2,
    slack: float = 0.25,
    name: str | None = None,
) -> Instance:
    """Draw a realistic random instance that has at least one valid plan.

    Prices, power, PUE, places and bandwidths come from public figures, rounded; the rest is drawn.
    Equal arguments give equal instances.

    Parameters
    ----------
    gpus : int
        GPUs that all jobs together ask for in the busiest period, within a few percent; at
        least 8 a job.
    data_centers, jobs : int
        How many; at least 3 of each. A few jobs are too large for any one data center.
    periods : int
        One month, or that many quarters, in which capacity and power arrive in steps.
    contracts : str or sequence of str
        ``"all"``, ``"none"``, or contract types, as a list or separated by commas.
    seed : int
        From 0 on.
    flows : bool
        Whether some pairs of jobs exchange traffic.
    movable : float
        Share of the jobs that may move between periods, 0 to 1.
    slack : float
        GPUs for sale in the busiest period over those asked for, less 1. Power limits, GPU types
        and contracts leave less than that to use.
    name : str or None
        The instance's name; None for one made of its sizes.

    Raises
    ------
    UsageError
        If an argument is not possible.
    """
    return generate_with_plan(
        gpus=gpus,
        data_centers=data_centers,
        jobs=jobs,
        periods=periods,
        contracts=contracts,
        seed=seed,
        flows=flows,
        movable=movable,
        slack=slack,
        name=name,
    )[0]


def generate_with_plan(
    *,
    gpus: int = 100_000,
    data_centers: int = 12,
    jobs: int = 20,
    periods: int = 1,
    contracts: str | Sequence[str] = "all",
    seed: int = 0,
    flows: bool = True,
    movable: float = 0.2,
    slack: float = 0.25,
    name: str | None = None,
) -> tuple[Instance, Layout]:
    """Draw an instance as `generate` does, with the valid plan that it was built around.

    Returns
    -------
    tuple of Instance and Layout
        The plan is no good one: it serves every job where there happened to be room.
    """
    settings = Settings(
        gpus=gpus,
        data_centers=data_centers,
        jobs=jobs,
        periods=periods,
        contracts=parse_contracts(contracts),
        seed=seed,
        flows=flows,
        movable=movable,
        slack=slack,
    )
    tables, layout = _draw_tables(settings)
    head = {"format": 1, "name": name or _make_name(settings), "description": _describe(settings)}
    return Instance.from_dict(head | tables), layout


def _draw_tables(settings: Settings) -> tuple[Row, Layout]:
    supply = draw_supply(settings)
    needs = draw_demand(settings)
    pledges = draw_pledges(settings, supply, needs)
    berths = place_jobs(settings, supply, needs, pledges)
    drafts = draw_drafts(settings, supply, berths)
    flows = draw_flows(settings, berths)
    hubs = choose_hubs(supply, drafts)
    wires = draw_wires(settings, supply, drafts, hubs, flows)
    tables = _write_supply(settings, supply, drafts, pledges)
    limits = draw_site_limits(settings, supply, list(list_traffic(drafts, hubs, flows, wires)))
    for row, more in zip(tables["data_centers"], limits, strict=True):
        row.update(more)
    tables["network"] = wires.row
    tables |= _write_demand(settings, supply, drafts, pledges, hubs, flows, wires)
    tables["contracts"] = write_contracts(
        settings, supply, berths, pledges, _price_table(tables["offers"], settings.periods)
    )
    return tables, write_layout(supply, drafts, hubs, flows)


def _write_supply(
    settings: Settings, supply: Supply, drafts: tuple[JobDraft, ...], pledges: Pledges
) -> Row:
    gpus = draw_capacity(settings, supply, drafts, pledges)
    used = count_used(supply, tuple(draft.berth for draft in drafts))
    return {
        "periods": [
            {"name": name, "hours": hours}
            for name, hours in zip(supply.period_names, supply.hours, strict=True)
        ],
        "gpu_types": [{"name": gpu.name, "kw": gpu.kw} for gpu in supply.gpu_kinds],
        "providers": [{"name": operator.name} for operator in supply.operators],
        "data_centers": write_sites(settings, supply, gpus, used),
        "offers": write_offers(settings, supply, gpus),
    }


def _write_demand(
    settings: Settings,
    supply: Supply,
    drafts: tuple[JobDraft, ...],
    pledges: Pledges,
    hubs: dict[int, int],
    flows: tuple[FlowDraft, ...],
    wires: Wires,
) -> Row:
    worst_rtt_ms = {
        draft.need.rank: max(float(wires.rtt_ms[pair]) for pair in spokes_of(draft, hubs))
        for draft in drafts
        if draft.need.rank in hubs
    }
    jobs = write_jobs(settings, supply, drafts, pledges, worst_rtt_ms)
    return {
        "jobs": sorted(jobs, key=lambda row: str(row["name"])),
        "flows": [
            {
                "a": flow.a.need.name,
                "b": flow.b.need.name,
                "gbps": flow.gbps,
                "usd_per_ms_hour": flow.usd_per_ms_hour,
            }
            for flow in flows
        ],
    }


def _price_table(offers: list[Row], periods: int) -> Floats:
    """(P, T) USD per GPU-hour."""
    table = np.empty((len(offers), periods))
    for at, offer in enumerate(offers):
        table[at] = offer["usd_per_gpu_hour"]
    return table


def _make_name(settings: Settings) -> str:
    return f"random-{settings.data_centers}x{settings.jobs}x{settings.periods}-{settings.seed}"


def _describe(settings: Settings) -> str:
    return (
        f"A random instance: {settings.gpus:,} GPUs asked for, {settings.data_centers} data "
        f"centers, {settings.jobs} jobs, {settings.periods} periods, seed {settings.seed}. "
        "Providers are invented; figures are rounded from public ones or assumed."
    )
