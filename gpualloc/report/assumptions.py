"""What a plan takes for granted: the defaults and the figures that are not in question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gpualloc.plan.text import count
from gpualloc.rules.paths import FIBER_KM_PER_MS, ROUND_TRIP_ROUTE

if TYPE_CHECKING:
    from gpualloc.instance.instance import Instance
    from gpualloc.instance.records import PairLink


def assumptions(instance: Instance) -> list[str]:
    """Sentences, each about one assumption of the instance."""
    return [*_time(instance), *_sites(instance), *_network(instance), *_jobs(instance)]


def _time(instance: Instance) -> Iterator[str]:
    hours = [period.hours for period in instance.periods]
    lengths = "period of" if len(hours) == 1 else "periods with together"
    total = count(round(sum(hours), 2))
    yield f"{len(hours):,} {lengths} {total} hours; within one nothing changes."
    yield f"Stall and latency count with weight {instance.sync_weight:g} in the cost."


def _sites(instance: Instance) -> Iterator[str]:
    sites = instance.data_centers
    no_limit = sum(site.power_mw is None for site in sites)
    no_price = sum(not _largest(site.usd_per_mwh) for site in sites)
    pue = sorted({site.pue for site in sites})
    if no_limit:
        yield f"Power is without limit at {no_limit:,} of {len(sites):,} data centers."
    if no_price:
        yield (
            f"Energy costs nothing on top at {no_price:,} of {len(sites):,} data centers: "
            "it is in the price of a GPU-hour."
        )
    if pue:
        yield f"Power usage effectiveness (PUE) is from {pue[0]:g} to {pue[-1]:g}."
    unmetered = sum(site.transfer_tb is None for site in sites)
    no_uplink = sum(site.uplink_gbps is None for site in sites)
    yield (
        f"Transfer is unmetered at {unmetered:,} and the uplink without limit at {no_uplink:,} "
        f"of {len(sites):,} data centers."
    )
    kw = ", ".join(f"{gpu_type.name} {gpu_type.kw:g} kW" for gpu_type in instance.gpu_types)
    yield f"All-in IT power of a GPU: {kw}."


def _network(instance: Instance) -> Iterator[str]:
    network = instance.network
    yield f"Pairs of one provider without their own link {_pair(network.same_provider)}."
    yield f"Pairs of two providers without their own link {_pair(network.cross_provider)}."
    measured = sum(link.rtt_ms is not None for link in network.links)
    yield (
        f"{len(network.links):,} links are listed, {measured:,} with a round trip of their own; "
        f"all others take 1 ms + {ROUND_TRIP_ROUTE} x km / {FIBER_KM_PER_MS}, "
        "over the great circle."
    )


def _pair(link: PairLink | None) -> str:
    if link is None or not link.gbps:
        return "cannot talk"
    return f"have {count(link.gbps)} Gbit/s at {link.usd_per_gb:g} USD per GB"


def _jobs(instance: Instance) -> Iterator[str]:
    jobs = instance.jobs
    must = sum(job.unserved_usd is None for job in jobs)
    move = sum(job.move_usd_per_shard is not None for job in jobs)
    current = sum(job.current is not None for job in jobs)
    yield f"{must:,} of {len(jobs):,} jobs must be served; the others have a price of leaving them."
    yield f"{move:,} of {len(jobs):,} jobs may move between periods; {current:,} run already."


def _largest(figure: float | Sequence[float]) -> float:
    return max(figure) if isinstance(figure, Sequence) else figure
