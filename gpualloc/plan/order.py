"""The order of a plan's rows: that of the instance, whatever engine made them."""

from __future__ import annotations

from gpualloc.instance.instance import Instance
from gpualloc.layout import Layout


def ordered(layout: Layout, instance: Instance) -> Layout:
    """Return the same rows in the order of the instance's tables.

    Every name must be one of the instance, as the checker has seen to.
    """
    job = {row.name: at for at, row in enumerate(instance.jobs)}
    period = {row.name: at for at, row in enumerate(instance.periods)}
    offer = {row.name: at for at, row in enumerate(instance.offers)}
    site = {row.name: at for at, row in enumerate(instance.data_centers)}
    contract = {row.name: at for at, row in enumerate(instance.contracts)}
    flow = {(row.a, row.b): at for at, row in enumerate(instance.flows)}
    return Layout(
        placements=tuple(
            sorted(
                layout.placements,
                key=lambda row: (job[row.job], period[row.period], offer[row.offer]),
            )
        ),
        hubs=tuple(sorted(layout.hubs, key=lambda row: (job[row.job], period[row.period]))),
        flows=tuple(
            sorted(
                layout.flows,
                key=lambda row: (
                    flow[row.a, row.b],
                    period[row.period],
                    site[row.origin],
                    site[row.target],
                ),
            )
        ),
        buyouts=tuple(sorted(layout.buyouts, key=contract.__getitem__)),
        unserved=tuple(sorted(layout.unserved, key=job.__getitem__)),
    )
