"""Rule 6: which part of a flow runs between which data centers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpualloc.instance.records import Flow
from gpualloc.instance.wording import quoted
from gpualloc.rules.figures import TOLERANCE, show
from gpualloc.rules.rule import Breach, Rule
from gpualloc.rules.writer import FlowColumns, JobColumns, Writer
from gpualloc.vectors import Ints

if TYPE_CHECKING:
    from gpualloc.rules.ledger import Ledger
    from gpualloc.rules.stay import Stay

Shares = dict[tuple[str, str], float]


class FlowRule(Rule):
    r"""A flow between two jobs runs between their replicas, paired up as the plan chooses.

    .. math::

        \sum_b \phi_{ktab} = \frac{n_{jat}}{S_j} \quad \forall a \qquad
        \sum_a \phi_{ktab} = \frac{n_{ibt}}{S_i} \quad \forall b \qquad \phi \ge 0

    with :math:`\phi` the fraction of flow k between data center a of job j and b of job i, and
    :math:`n / S` the share of a job's shards in a data center. Pairs that cannot talk get 0. The
    fractions form a transport plan, so a flow costs what the best pairing of replicas costs. If
    either job is unserved, there is no flow.
    """

    title: ClassVar[str] = "flows"

    def read(self, ledger: Ledger) -> Iterator[Breach]:
        """Yield flows that do not pair the replicas of their jobs."""
        live: set[tuple[str, str, int]] = set()
        for flow in ledger.instance.flows:
            for stay_a, stay_b in ledger.flow_stays(flow):
                live.add((flow.a, flow.b, stay_a.t))
                for message in self._find_wrong(ledger, flow, stay_a, stay_b):
                    yield self._breach(ledger, flow.a, flow.b, stay_a.t, message)
        for a, b, t in ledger.shares:
            if (a, b, t) not in live:
                yield self._breach(ledger, a, b, t, "has fractions, and a job of it does not run")

    def _find_wrong(self, ledger: Ledger, flow: Flow, a: Stay, b: Stay) -> Iterator[str]:
        shares = ledger.flow_shares(flow, a.t)
        origins: dict[str, float] = defaultdict(float)
        targets: dict[str, float] = defaultdict(float)
        for (x, y), fraction in shares.items():
            origins[x] += fraction
            targets[y] += fraction
        yield from self._find_unpaired(a, origins)
        yield from self._find_unpaired(b, targets)
        yield from self._find_parted(ledger, shares)

    def _find_unpaired(self, stay: Stay, sums: dict[str, float]) -> Iterator[str]:
        total = stay.total_shards
        for site in sorted(sums.keys() | stay.shards_at.keys()):
            share, found = stay.shards_at.get(site, 0) / total, sums.get(site, 0.0)
            if abs(found - share) > TOLERANCE:
                has = f"{quoted(stay.job.name)} has {show(share)} of its shards"
                yield f"{has} in {quoted(site)}, and {show(found)} of the flow is there"

    def _find_parted(self, ledger: Ledger, shares: Shares) -> Iterator[str]:
        for (x, y), fraction in shares.items():
            if fraction > 0 and x != y and ledger.catalog.paths.between(x, y) is None:
                yield f"{show(fraction)} is between {quoted(x)} and {quoted(y)}, which cannot talk"

    def _breach(self, ledger: Ledger, a: str, b: str, t: int, message: str) -> Breach:
        return Breach(self.title, f"{a}, {b}, {ledger.catalog.periods[t]}", message)

    def write_flow(self, writer: Writer, flow: FlowColumns) -> None:
        periods = [writer.arrays.period_names[period] for period in flow.data.periods]
        names = (flow.a.data.name, flow.b.data.name)
        both = writer.rows("flow runs", periods, prefix=names, lower=-1)
        writer.put(both[:, None, None], flow.share, 1)
        for job in (flow.a, flow.b):
            writer.put(both[:, None], job.on, -1)
        self._write_side(writer, flow, "flow from", flow.a, flow.share)
        self._write_side(writer, flow, "flow to", flow.b, flow.share.swapaxes(1, 2))

    def _write_side(
        self, writer: Writer, flow: FlowColumns, title: str, job: JobColumns, share: Ints
    ) -> None:
        """From, or to, each data center runs at most the job's share of shards there."""
        arrays = writer.arrays
        periods = [arrays.period_names[period] for period in flow.data.periods]
        sites = [arrays.site_names[site] for site in flow.sites]
        prefix = (flow.a.data.name, flow.b.data.name)
        rows = writer.rows(title, periods, sites, prefix=prefix, upper=0)
        writer.put(rows[:, :, None], share, 1)
        for block in job.all_blocks():
            at = np.searchsorted(flow.sites, block.sites)[block.site_at]
            when = np.searchsorted(flow.data.periods, block.periods)
            writer.put(rows[np.ix_(when, at)], block.shards, -1 / block.shards_total)
