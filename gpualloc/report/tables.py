"""The tables of a plan's report, from what the plan uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gpualloc.plan.digest_places import Total, find_full, totals_of
from gpualloc.report.cells import Table, make_table
from gpualloc.report.contracts import contract_table

if TYPE_CHECKING:
    from gpualloc.instance.records import Job
    from gpualloc.plan.plan import Plan
    from gpualloc.plan.usage import Usage


def bottleneck_table(usage: Usage) -> Table:
    """What is full, the fullest of each kind first."""
    headings = [("what", "text"), ("where", "text"), ("used", "count"), ("limit", "count")]
    headings += [("unit", "text"), ("share", "share"), ("periods", "text")]
    rows = [
        (full.kind, full.place, full.used, full.limit, full.unit, full.share, _names(full.periods))
        for kind in find_full(usage)
        for full in kind
    ]
    note = "Offers, power and network at 95 % of their limit or more, in their fullest period."
    return make_table("bottlenecks", "Bottlenecks", headings, rows, note)


def detail_tables(plan: Plan) -> list[Table]:
    """Contracts, places, jobs, and every placement."""
    usage = plan.usage
    tables = [
        contract_table(usage),
        _site_table(usage),
        _job_table(usage),
        _placement_table(usage),
        _offer_table(usage),
        _link_table(usage),
        _flow_table(usage),
    ]
    return [table for table in tables if table.rows]


def cost_table(plan: Plan) -> Table:
    """All cost lines, those of zero too."""
    lines = plan.costs or {}
    total = sum(lines.values())
    rows = [(line, amount, amount / total if total else None) for line, amount in lines.items()]
    headings = [("line", "text"), ("USD", "usd"), ("share", "share")]
    return make_table("costs", "Cost lines", headings, rows)


def _names(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"


def _site_table(usage: Usage) -> Table:
    peak_mw: dict[str, float] = defaultdict(float)
    limit_mw: dict[str, float | None] = {}
    for row in usage.power:
        if row.used_mw >= peak_mw[row.data_center]:
            peak_mw[row.data_center] = row.used_mw
            limit_mw[row.data_center] = row.limit_mw
    totals = totals_of(usage, "data_center")
    rows = []
    for site in usage.instance.data_centers:
        total = totals[site.name]
        mean = total.usd / total.gpu_hours if total.gpu_hours else None
        cells = (total.most_gpus, total.gpu_hours, total.usd, mean)
        power = (peak_mw[site.name], limit_mw[site.name])
        rows.append((site.name, site.provider, site.region, *cells, *power))
    headings = [("data center", "text"), ("provider", "text"), ("region", "text")]
    headings += [("GPUs at peak", "count"), ("GPU-hours", "count"), ("USD", "usd")]
    headings += [("USD/GPU-h", "figure"), ("MW at peak", "figure"), ("MW limit", "figure")]
    note = "USD for GPUs, fees and energy. No limit of MW: none is given."
    return make_table("sites", "Data centers", headings, rows, note)


def _job_table(usage: Usage) -> Table:
    headings = [("job", "text"), ("tags", "text"), ("served", "text"), ("option", "text")]
    headings += [("GPUs at peak", "count"), ("GPU-hours", "count"), ("USD", "usd")]
    headings += [("data centers", "text"), ("hubs", "text"), ("stalled", "share")]
    totals = _job_totals(usage)
    rows = []
    for job in usage.instance.jobs:
        head, tail = _job_cells(usage, job)
        total = totals[job.name]
        rows.append((*head, total.most_gpus, total.gpu_hours, total.usd, *tail))
    note = "USD for GPUs and energy. Stalled: the part of time that all GPUs wait, at worst."
    return make_table("jobs", "Jobs", headings, rows, note)


def _job_totals(usage: Usage) -> dict[str, Total]:
    hours = {period.name: period.hours for period in usage.instance.periods}
    totals: dict[str, Total] = defaultdict(Total)
    for row in usage.placed:
        total = totals[row.job]
        total.gpus[row.period] += row.gpus
        total.gpu_hours += row.gpus * hours[row.period]
        total.usd += row.usd
    return totals


def _job_cells(usage: Usage, job: Job) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What stands before and after the totals of a job."""
    ledger = usage.ledger
    stays = ledger.stays(job, ledger.catalog.window(job))
    options = sorted({option for stay in stays for option in stay.options})
    sites = sorted({site for stay in stays for site in stay.shards_at})
    hubs = sorted({spoke.hub for stay in stays for spoke in ledger.spokes(stay)})
    stalled = [spoke.stalled for stay in stays for spoke in ledger.spokes(stay)]
    head = (job.name, ", ".join(job.tags), "yes" if stays else "no", _options(job, options))
    return head, (", ".join(sites), ", ".join(hubs), max(stalled, default=None))


def _options(job: Job, options: list[int]) -> str:
    chosen = [job.options[at] for at in options]
    return "; ".join(f"{one.shards:,} x {one.gpus_per_shard:,} {one.gpu_type}" for one in chosen)


def _placement_table(usage: Usage) -> Table:
    headings = [("job", "text"), ("period", "text"), ("offer", "text"), ("data center", "text")]
    headings += [("provider", "text"), ("GPU type", "text"), ("shards", "count")]
    headings += [("GPUs", "count"), ("USD", "usd")]
    rows = [
        (
            *(row.job, row.period, row.offer, row.data_center, row.provider, row.gpu_type),
            *(row.shards, row.gpus, row.usd),
        )
        for row in usage.placed
    ]
    return make_table("placements", "Placements", headings, rows, "USD for GPUs and energy.")


def _offer_table(usage: Usage) -> Table:
    headings = [("offer", "text"), ("period", "text"), ("data center", "text")]
    headings += [("provider", "text"), ("GPU type", "text"), ("GPUs used", "count")]
    headings += [("GPUs for sale", "count"), ("share", "share")]
    return make_table("offers", "Offers", headings, usage.offers)


def _link_table(usage: Usage) -> Table:
    headings = [("from", "text"), ("to", "text"), ("period", "text"), ("Gbit/s used", "figure")]
    headings += [("Gbit/s limit", "figure"), ("share", "share")]
    return make_table("links", "Links that carry something", headings, usage.links)


def _flow_table(usage: Usage) -> Table:
    headings = [("job a", "text"), ("job b", "text"), ("period", "text"), ("from", "text")]
    headings += [("to", "text"), ("fraction", "share"), ("Gbit/s", "figure")]
    return make_table("flows", "Flows between data centers", headings, _flow_rows(usage))


def _flow_rows(usage: Usage) -> Iterator[tuple[Any, ...]]:
    for sent in usage.ledger.flow_traffic:
        period = usage.ledger.catalog.periods[sent.t]
        ends = (sent.origin, sent.target)
        yield (sent.flow.a, sent.flow.b, period, *ends, sent.fraction, sent.gbps)
