"""What changed between two plans: costs, jobs, sites, contracts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from gpualloc.answers.comparison_moves import Move, find_moves
from gpualloc.answers.result import Answer
from gpualloc.errors import NoPlanError, UsageError
from gpualloc.instance.instance import Instance
from gpualloc.instance.wording import printable
from gpualloc.plan.checker import check_layout
from gpualloc.plan.plan import Plan
from gpualloc.plan.sections import Column, Digest, Section, listing, section
from gpualloc.plan.text import count, gap_text, usd, usd_column
from gpualloc.plan.verdict import Verdict
from gpualloc.rules import COST_LINES


class CostChange(NamedTuple):
    """A line of the costs, before and after, in USD."""

    line: str
    before_usd: float
    after_usd: float
    change_usd: float

    @classmethod
    def of(cls, line: str, before_usd: float, after_usd: float) -> CostChange:
        """A line by its two amounts."""
        return cls(line, before_usd, after_usd, after_usd - before_usd)


@dataclass(frozen=True)
class Comparison(Answer):
    """What changed from one plan to another.

    Parameters
    ----------
    before, after : Plan
        Bound to their instances.
    verdicts : tuple of Verdict
        The checker's, on each; the costs are its own.
    """

    row: ClassVar[type[NamedTuple]] = CostChange
    before: Plan
    after: Plan
    verdicts: tuple[Verdict, Verdict]

    @property
    def rows(self) -> tuple[CostChange, ...]:
        """The cost lines that are not zero in both plans, and their sum."""
        before, after = (verdict.costs for verdict in self.verdicts)
        lines = [line for line in COST_LINES if before[line] or after[line]]
        changes = [CostChange.of(line, before[line], after[line]) for line in lines]
        total = (verdict.objective_usd for verdict in self.verdicts)
        return (*changes, CostChange.of("all costs", *total))

    @property
    def moves(self) -> tuple[Move, ...]:
        """Jobs whose GPUs are elsewhere, or that are placed in one plan alone."""
        return find_moves(self.before, self.after)

    @property
    def change_usd(self) -> float:
        """What the second plan costs more than the first."""
        return self.verdicts[1].objective_usd - self.verdicts[0].objective_usd

    @property
    def opened_sites(self) -> tuple[str, ...]:
        """Data centers that only the second plan uses."""
        return _only_in(_sites(self.after), _sites(self.before))

    @property
    def closed_sites(self) -> tuple[str, ...]:
        """Data centers that only the first plan uses."""
        return _only_in(_sites(self.before), _sites(self.after))

    @property
    def bought_out(self) -> tuple[str, ...]:
        """Contracts that only the second plan buys out."""
        return _only_in(self.after.layout.buyouts, self.before.layout.buyouts)

    @property
    def kept_again(self) -> tuple[str, ...]:
        """Contracts that only the first plan buys out."""
        return _only_in(self.before.layout.buyouts, self.after.layout.buyouts)

    @property
    def dropped_jobs(self) -> tuple[str, ...]:
        """Jobs that only the second plan leaves unserved."""
        return _only_in(self.after.layout.unserved, self.before.layout.unserved)

    @property
    def taken_jobs(self) -> tuple[str, ...]:
        """Jobs that only the first plan leaves unserved."""
        return _only_in(self.before.layout.unserved, self.after.layout.unserved)

    @property
    def sure(self) -> str:
        broken = [
            f"the {name} plan is not valid: {printable(str(verdict.breaches[0]))}"
            for name, verdict in zip(("first", "second"), self.verdicts, strict=True)
            if not verdict
        ]
        return "; ".join(broken) or "exact: the checker has counted both plans, and both are valid"

    def document(self) -> dict[str, Any]:
        """The answer as a JSON object, with jobs, sites and contracts that changed."""
        return {
            **super().document(),
            "moves": [move._asdict() for move in self.moves],
            "opened_sites": list(self.opened_sites),
            "closed_sites": list(self.closed_sites),
            "bought_out": list(self.bought_out),
            "kept_again": list(self.kept_again),
            "dropped_jobs": list(self.dropped_jobs),
            "taken_jobs": list(self.taken_jobs),
        }

    def digest(self) -> Digest:
        return Digest(self._headline(), tuple(self._lines()), tuple(self._sections()))

    def _headline(self) -> str:
        change = self.change_usd
        word = "more" if change > 0 else "less"
        said = "the same cost" if not change else f"{usd(abs(change))} USD {word}"
        return f"from {_name(self.before)} to {_name(self.after)}: {said}"

    def _lines(self) -> Iterator[str]:
        before, after = self.rows[-1].before_usd, self.rows[-1].after_usd
        yield f"from {usd(before)} USD to {usd(after)} USD"
        jobs = len({move.job for move in self.moves})
        yield f"{jobs or 'no'} {'jobs are' if jobs > 1 else 'job is'} placed differently"
        yield self.sure
        for name, plan in (("first", self.before), ("second", self.after)):
            if plan.gap is not None and plan.gap > 1e-6:
                yield f"the {name} plan may cost up to {gap_text(plan.gap)} more than it has to"

    def _sections(self) -> Iterator[Section]:
        yield self._cost_section()
        if self.moves:
            yield _move_section(self.moves)
        named = {
            "Data centers opened": self.opened_sites,
            "Data centers left": self.closed_sites,
            "Contracts bought out": self.bought_out,
            "Contracts no longer bought out": self.kept_again,
            "Jobs no longer served": self.dropped_jobs,
            "Jobs served now": self.taken_jobs,
        }
        for title, names in named.items():
            if names:
                yield listing(f"{title}: {len(names):,}", map(printable, names))

    def _cost_section(self) -> Section:
        rows = self.rows
        cells = zip(
            (row.line for row in rows),
            usd_column(row.before_usd for row in rows),
            usd_column(row.after_usd for row in rows),
            usd_column(row.change_usd for row in rows),
            strict=True,
        )
        columns = [
            Column("line"),
            Column("before, USD", True),
            Column("after, USD", True),
            Column("change, USD", True),
        ]
        return section("Costs", columns, cells, longest=len(rows))


def compare(before: Plan, after: Plan) -> Comparison:
    """Set two plans side by side: costs line by line, jobs, sites, contracts.

    Parameters
    ----------
    before, after : Plan
        Each bound to its instance (`Plan.bind`); the two instances may differ.

    Returns
    -------
    Comparison

    Raises
    ------
    NoPlanError
        One of them holds no plan.
    UsageError
        One of them is not bound to its instance.
    """
    return Comparison(before, after, (_check(before), _check(after)))


def _check(plan: Plan) -> Verdict:
    return check_layout(instance_of(plan), plan.layout)


def instance_of(plan: Plan) -> Instance:
    """The instance of a plan that is bound to it.

    Raises
    ------
    UsageError
        The plan is not bound.
    """
    if plan.instance is None:
        raise UsageError("the plan's instance is needed: use plan.bind(instance)")
    return plan.instance


def _sites(plan: Plan) -> tuple[str, ...]:
    site_of = {offer.name: offer.data_center for offer in instance_of(plan).offers}
    return tuple(dict.fromkeys(site_of[row.offer] for row in plan.layout.placements))


def _only_in(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in others)


def _name(plan: Plan) -> str:
    if not plan:
        raise NoPlanError(f'"{plan.instance_name}" has no plan: its status is {plan.status}')
    return printable(plan.instance_name)


def _move_section(moves: tuple[Move, ...]) -> Section:
    rows = [
        (printable(move.job), printable(move.when), count(move.gpus), printable(move.where))
        for move in sorted(moves, key=lambda move: -move.gpus)
    ]
    columns = [Column("job"), Column("when"), Column("GPUs", True), Column("from and to")]
    return section(f"Jobs placed differently: {len({move.job for move in moves}):,}", columns, rows)
