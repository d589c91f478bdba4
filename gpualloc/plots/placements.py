"""Where each job runs over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from gpualloc.plan.text import count, percent
from gpualloc.plots.style import axis, full_label, label, looks_of, make_figure, pattern

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan
    from gpualloc.plan.usage import Usage

MOST_JOBS = 60
ROW_PX = 22
THICK = 0.84


class Piece(NamedTuple):
    """A part of a job in a period: what one provider runs of it."""

    job: str
    provider: str
    t: int
    lower: float
    upper: float
    told: str


def draw_placements(plan: Plan, most: int = MOST_JOBS) -> go.Figure:
    """Draw a bar over time for each job, divided between its providers as its GPUs are.

    Parameters
    ----------
    plan : Plan
        Bound to its instance.
    most : int
        Jobs to show, those with the most GPU-hours first; the others are counted below the title.

    Raises
    ------
    NoPlanError
        There is no plan, or it is not bound to its instance.
    """
    usage = plan.usage
    jobs = _largest_jobs(usage)
    shown = jobs[:most]
    more = f"{len(jobs) - most:,} smaller ones are not shown" if len(jobs) > most else ""
    figure = make_figure("Where each job runs", 150 + ROW_PX * len(shown), more)
    row = {job: at for at, job in enumerate(shown)}
    pieces: dict[str, list[Piece]] = defaultdict(list)
    for piece in _pieces(usage, set(shown)):
        pieces[piece.provider].append(piece)
    starts, hours = _clock(usage)
    for provider, look in looks_of(usage.instance).items():
        own = pieces.get(provider, [])
        trace = go.Bar(
            orientation="h",
            y=[row[piece.job] - THICK / 2 + (piece.lower + piece.upper) / 2 for piece in own],
            width=[piece.upper - piece.lower for piece in own],
            base=[starts[piece.t] for piece in own],
            x=[hours[piece.t] for piece in own],
            name=label(provider),
            marker={
                "color": look.color,
                "line": {"color": "white", "width": 0.5},
                "pattern": pattern(look.pattern),
            },
            hoverinfo="text",
            hovertext=[piece.told for piece in own],
        )
        if own:
            figure.add_trace(trace)
    figure.update_layout(
        barmode="overlay",
        showlegend=True,
        xaxis=_time_axis(usage, starts, hours),
        yaxis=axis(
            "job",
            tickvals=list(range(len(shown))),
            ticktext=[label(job, 22) for job in shown],
            range=[len(shown) - 0.5, -0.5],
            showgrid=False,
            zeroline=False,
        ),
    )
    return figure


def _clock(usage: Usage) -> tuple[list[float], list[float]]:
    """When each period begins, in hours since the first, and how long it is."""
    hours = [period.hours for period in usage.instance.periods]
    return [sum(hours[:t]) for t in range(len(hours))], hours


def _largest_jobs(usage: Usage) -> list[str]:
    _, hours = _clock(usage)
    gpu_hours: dict[str, float] = defaultdict(float)
    for row in usage.placed:
        t = usage.ledger.catalog.period_at[row.period]
        gpu_hours[row.job] += row.gpus * hours[t]
    return sorted(gpu_hours, key=lambda job: -gpu_hours[job])


def _pieces(usage: Usage, jobs: set[str]) -> list[Piece]:
    """The pieces of each job and period, one below the other, as high as their part of the GPUs."""
    gpus: dict[tuple[str, int], dict[str, Counter[str]]] = defaultdict(dict)
    for row in usage.placed:
        if row.job in jobs:
            t = usage.ledger.catalog.period_at[row.period]
            own = gpus[row.job, t].setdefault(row.provider, Counter())
            own[row.data_center] += row.gpus
    pieces = []
    for (job, t), by_provider in gpus.items():
        total = sum(sites.total() for sites in by_provider.values())
        lower = 0.0
        for provider, sites in by_provider.items():
            upper = lower + THICK * sites.total() / total
            told = _told(usage, job, t, provider, sites, total)
            pieces.append(Piece(job, provider, t, lower, upper, told))
            lower = upper
    return pieces


def _told(usage: Usage, job: str, t: int, provider: str, sites: Counter[str], total: int) -> str:
    share = percent(sites.total() / total)
    lines = [f"<b>{full_label(job)}</b>, {full_label(usage.ledger.catalog.periods[t])}"]
    lines += [f"{full_label(provider)}: {count(sites.total())} GPUs ({share})"]
    lines += [f"{full_label(site)}: {count(gpus)} GPUs" for site, gpus in sites.most_common()]
    return "<br>".join(lines)


def _time_axis(usage: Usage, starts: list[float], hours: list[float]) -> dict[str, object]:
    """Hours since the start, told by the names of the periods where they are."""
    names = [label(period.name, 14) for period in usage.instance.periods]
    middles = [start + length / 2 for start, length in zip(starts, hours, strict=True)]
    total = starts[-1] + hours[-1]
    title = f"period ({total:,.0f} h in all, to scale)"
    return axis(title, tickvals=middles, ticktext=names, range=[0, total], showgrid=False)
