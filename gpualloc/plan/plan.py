"""The result of a solve: the plan, what it costs, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gpualloc.errors import Fault, InternalError, NoPlanError, PlanFileError
from gpualloc.instance.files import canonical_sha256
from gpualloc.instance.instance import Instance
from gpualloc.layout import FlowShare, Hub, Layout, Placement
from gpualloc.plan import document
from gpualloc.plan.order import ordered
from gpualloc.plan.records import Status as Status
from gpualloc.plan.records import StoppedBy as StoppedBy
from gpualloc.plan.usage import Usage
from gpualloc.plan.use_rows import (
    LinkUse,
    OfferUse,
    PlacedGpus,
    PowerUse,
    TransferUse,
    UplinkUse,
)
from gpualloc.version import __version__

if TYPE_CHECKING:
    import pandas as pd

    from gpualloc.plan.verdict import Verdict

OPTIMAL_GAP = 1e-6
"""A plan is optimal when its proven gap is at most this."""


@dataclass(frozen=True)
class Plan:
    """What a solve found and proved; true if it holds a plan.

    A figure that the result does not have is None, never a stand-in number; asking a result
    without a plan for its placements raises `NoPlanError`.

    Parameters
    ----------
    status : {"optimal", "feasible", "infeasible", "unknown"}
        `optimal`: a valid plan with a proven gap of at most 1e-6. `feasible`: a valid plan with a
        larger gap. `infeasible`: proven that no plan is valid. `unknown`: no plan and no proof.
    stopped_by : {"proof", "gap", "time", "interrupt"}
        Why the solve ended; `gap` is the gap that was asked for.
    objective_usd : float or None
        The checker's cost of the plan.
    bound_usd : float or None
        A proven lower bound on the cost of every valid plan.
    seconds : float
        Time that the solve took.
    engine : str
        The engine, with its solvers and their versions.
    seed : int
        Seed of all random choices.
    instance_name, instance_sha256 : str
        The instance that the plan is for, and the hash of its canonical form.
    costs : mapping of str to float, or None
        USD by cost line; the lines sum to the objective.
    gpualloc : str
        Version of gpualloc that made the plan.
    remarks : tuple of str
        What the checker remarks on a valid plan. Plan files do not hold them.
    decisions : Layout or None
        What the plan decides. Read it through `layout`, which raises where there is none.
    instance : Instance or None
        The instance itself, where it is at hand; see `bind`.
    """

    status: Status
    stopped_by: StoppedBy
    objective_usd: float | None
    bound_usd: float | None
    seconds: float
    engine: str
    seed: int
    instance_name: str
    instance_sha256: str
    costs: Mapping[str, float] | None
    gpualloc: str = __version__
    remarks: tuple[str, ...] = field(default=(), compare=False)
    decisions: Layout | None = field(default=None, repr=False)
    instance: Instance | None = field(default=None, compare=False, repr=False)

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan."""
        return self.decisions is not None

    def __bool__(self) -> bool:
        return self.has_plan

    @property
    def gap(self) -> float | None:
        """``(objective - bound) / max(1, |objective|)``; None while either is missing."""
        return relative_gap(self.objective_usd, self.bound_usd)

    @property
    def layout(self) -> Layout:
        """What the plan decides, as tuples of rows.

        Raises
        ------
        NoPlanError
            There is no plan.
        """
        if self.decisions is None:
            raise NoPlanError(f'"{self.instance_name}" has no plan: its status is {self.status}')
        return self.decisions

    def bind(self, instance: Instance) -> Plan:
        """Return this plan joined to its instance, which figures of use and summaries need.

        Raises
        ------
        PlanFileError
            The plan was made for another instance.
        """
        found = canonical_sha256(instance)
        if found != self.instance_sha256:
            message = (
                f'the plan was made for "{self.instance_name}" ({self.instance_sha256[:12]}), '
                f'this is "{instance.name}" ({found[:12]})'
            )
            raise PlanFileError("plan", [Fault("instance_sha256", message)])
        return replace(self, instance=instance)

    @property
    def placements(self) -> pd.DataFrame:
        """Placed shards: `job`, `period`, `option` (0-based), `offer`, `shards`.

        A plan bound to its instance adds `gpus`, `gpu_type`, `data_center`, `provider`, and `usd`
        for compute and energy.
        """
        if self.instance is None:
            return _frame(Placement, self.layout.placements)
        return _frame(PlacedGpus, self.usage.placed)

    @property
    def hubs(self) -> pd.DataFrame:
        """Hubs of jobs that spread: `job`, `period`, `data_center`."""
        return _frame(Hub, self.layout.hubs)

    @property
    def flows(self) -> pd.DataFrame:
        """Where flows run: `a`, `b`, `period`, `from`, `to`, `fraction`."""
        shares = _frame(FlowShare, self.layout.flows)
        return shares.rename(columns={"origin": "from", "target": "to"})

    @property
    def costs_frame(self) -> pd.DataFrame:
        """The cost lines: `line`, `usd`."""
        import pandas as pd

        lines = {} if self.costs is None else self.costs
        _ = self.layout
        return pd.DataFrame({"line": list(lines), "usd": list(lines.values())})

    @property
    def offer_use(self) -> pd.DataFrame:
        """GPUs used on every offer and period, with the limit and the share of it."""
        return _frame(OfferUse, self.usage.offers)

    @property
    def power_use(self) -> pd.DataFrame:
        """MW drawn at every data center and period; without a limit `limit_mw` is missing."""
        return _frame(PowerUse, self.usage.power)

    @property
    def link_use(self) -> pd.DataFrame:
        """Gbit/s on every link that carries something, by period."""
        return _frame(LinkUse, self.usage.links)

    @property
    def uplink_use(self) -> pd.DataFrame:
        """Gbit/s over the uplink of every data center that sends or receives, by period."""
        return _frame(UplinkUse, self.usage.uplinks)

    @property
    def transfer_use(self) -> pd.DataFrame:
        """TB moved to and from every data center that sends or receives, by period."""
        return _frame(TransferUse, self.usage.transfer)

    @cached_property
    def usage(self) -> Usage:
        """What the plan uses, as tuples of rows.

        Raises
        ------
        NoPlanError
            There is no plan, or it is not bound to its instance.
        """
        layout = self.layout
        if self.instance is None:
            raise NoPlanError(
                "this figure needs the instance: use plan.bind(instance) or "
                "read_plan(path, instance)"
            )
        return Usage(self.instance, layout)

    def write(self, path: str | Path) -> None:
        """Write the plan to a file or folder by its ending, replacing one that is there.

        The new one appears at once and whole; until then an old one stays as it is.

        Parameters
        ----------
        path : str or path
            A `.json` or `.json.gz` file, which `read_plan` reads back; an `.xlsx` workbook; a
            folder of Parquet files, whose name ends in `.parquet`; a folder of CSV files, whose
            name has no ending. A folder is replaced only if it holds nothing but such files.

        Raises
        ------
        UsageError
            It cannot be written there, or has another ending.
        """
        from gpualloc.plan.writing import write

        write(self, Path(path))

    def to_json(self, *, ascii_only: bool = False) -> str:
        """The text of the plan's file; `ascii_only` escapes all other characters."""
        return document.encode(self, ascii_only=ascii_only)

    def summary(self, *, full: bool = False) -> str:
        """The plan told to people in 100 columns: cost, certainty, who gets what, contracts.

        Parameters
        ----------
        full : bool
            Whether to tell all: every data center, the jobs over several of them, remarks. Else it
            fits a screen of 40 lines.
        """
        from gpualloc.plan.summary import plain_text

        return plain_text(self, full=full)

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        from gpualloc.plan.html import to_html

        return to_html(self)


def relative_gap(objective_usd: float | None, bound_usd: float | None) -> float | None:
    """``(objective - bound) / max(1, |objective|)``; None while either is missing."""
    if objective_usd is None or bound_usd is None:
        return None
    return (objective_usd - bound_usd) / max(1.0, abs(objective_usd))


def make_plan(
    instance: Instance,
    layout: Layout,
    verdict: Verdict,
    *,
    bound_usd: float | None,
    stopped_by: StoppedBy,
    seconds: float,
    engine: str,
    seed: int,
) -> Plan:
    """Make the result of a solve that found a plan.

    The objective and the costs are the checker's. A bound above the objective by no more than
    rounding (1e-6 relative) is lowered to it.

    Raises
    ------
    InternalError
        The checker refused the plan, or the bound is above its cost.
    """
    if not verdict:
        raise InternalError(f"the checker refused a plan of the engine {engine}:\n{verdict}")
    bound_usd = _bound_below(verdict.objective_usd, bound_usd, engine)
    gap = relative_gap(verdict.objective_usd, bound_usd)
    return Plan(
        status="optimal" if gap is not None and gap <= OPTIMAL_GAP else "feasible",
        stopped_by=stopped_by,
        objective_usd=verdict.objective_usd,
        bound_usd=bound_usd,
        seconds=seconds,
        engine=engine,
        seed=seed,
        instance_name=instance.name,
        instance_sha256=canonical_sha256(instance),
        costs=dict(verdict.costs),
        remarks=tuple(verdict.remarks),
        decisions=ordered(layout, instance),
        instance=instance,
    )


def make_no_plan(
    instance: Instance,
    *,
    status: Literal["infeasible", "unknown"],
    bound_usd: float | None,
    stopped_by: StoppedBy,
    seconds: float,
    engine: str,
    seed: int,
) -> Plan:
    """Make the result of a solve that found no plan; a proven bound is kept."""
    return Plan(
        status=status,
        stopped_by=stopped_by,
        objective_usd=None,
        bound_usd=_proven(bound_usd),
        seconds=seconds,
        engine=engine,
        seed=seed,
        instance_name=instance.name,
        instance_sha256=canonical_sha256(instance),
        costs=None,
        instance=instance,
    )


def _bound_below(objective_usd: float, bound_usd: float | None, engine: str) -> float | None:
    bound_usd = _proven(bound_usd)
    gap = relative_gap(objective_usd, bound_usd)
    if gap is None or gap >= 0:
        return bound_usd
    if gap < -OPTIMAL_GAP:
        raise InternalError(
            f"the engine {engine} proved a bound of {bound_usd!r} USD, "
            f"but a valid plan costs {objective_usd!r} USD"
        )
    return objective_usd


def _proven(bound_usd: float | None) -> float | None:
    """The bound as a figure; an engine's minus infinity proves nothing."""
    if bound_usd is None or bound_usd == -math.inf:
        return None
    if not math.isfinite(bound_usd):
        raise InternalError(f"an engine gave {bound_usd!r} as its bound")
    return float(bound_usd)


def _frame(row: type[NamedTuple], rows: Iterable[Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(row._fields))
