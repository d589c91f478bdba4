"""Re-planning: the plan for an instance that has changed, and why each move pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from gpualloc.answers.amended import Amended, solve_amended, tell_sure
from gpualloc.answers.frontier_measures import Cost
from gpualloc.answers.replanning_moves import Moves, Today, today_of
from gpualloc.answers.result import Answer, Interval
from gpualloc.answers.solves import Solves
from gpualloc.errors import NoPlanError, UsageError
from gpualloc.formulation.amendment import Amendment
from gpualloc.instance.instance import Instance
from gpualloc.instance.wording import printable
from gpualloc.plan.plan import Plan
from gpualloc.plan.sections import Column, Digest, Section, cost_section, listing, section
from gpualloc.plan.text import count, usd
from gpualloc.rules.ledger import Ledger
from gpualloc.rules.measure import Limit, Measure, WeightedSum

MOST_REASONS = 10
"""Jobs whose move is explained, those with the most shards first; each takes a solve."""


class MovedJob(NamedTuple):
    """A job that moves, and why.

    Attributes
    ----------
    job : str
    shards : int
        How many shards move.
    where : str
        From which offers to which, in the first phase that moves.
    must : bool or None
        Whether no plan is valid in which the job stays; None where that was not looked into.
    staying : Interval
        How much more the cheapest plan costs in which the job stays where it is, and all else may
        change within the same limit; moves at the price that was given.
    """

    job: str
    shards: int
    where: str
    must: bool | None
    staying: Interval


@dataclass(frozen=True)
class Replan(Answer):
    """A new plan, and what moves.

    Parameters
    ----------
    plan : Plan
    moved : tuple of MovedJob
    dropped : tuple of str
        Jobs that run today and are not served any more; that is no move.
    moves : int
        Shards that move.
    usd_per_move : float
        The price of a move that the plan was weighed with, beside what the instance charges.
    max_moves : int or None
    least : Interval
        What any plan within the limit costs at least, moves at their price.
    nothing_moves : Interval or None
        The cost of the cheapest plan that moves nothing; None where there is none.
    gaps : tuple of float or None
    """

    row: ClassVar[type[NamedTuple]] = MovedJob
    plan: Plan
    moved: tuple[MovedJob, ...]
    dropped: tuple[str, ...]
    moves: int
    usd_per_move: float
    max_moves: int | None
    least: Interval
    nothing_moves: Interval | None
    gaps: tuple[float | None, ...]

    @property
    def rows(self) -> tuple[MovedJob, ...]:
        return self.moved

    @property
    def sure(self) -> str:
        return tell_sure(self.gaps)

    def document(self) -> dict[str, Any]:
        """The answer as a JSON object, with what the plan costs and drops."""
        return {
            "objective_usd": self.plan.objective_usd,
            "moves": self.moves,
            "dropped": list(self.dropped),
            **super().document(),
        }

    def digest(self) -> Digest:
        assert self.plan.objective_usd is not None
        jobs = f"{len(self.moved):,} job{'' if len(self.moved) == 1 else 's'}"
        shards = f"{self.moves:,} shard{'' if self.moves == 1 else 's'}"
        verb = "moves" if self.moves == 1 else "move"
        what = f"{shards} of {jobs} {verb}" if self.moves else "nothing moves"
        name, cost = printable(self.plan.instance_name), usd(self.plan.objective_usd)
        sections = [cost_section(self.plan.costs or {})]
        if self.moved:
            sections.insert(0, self._section())
        if self.dropped:
            title = f"Jobs no longer served: {len(self.dropped):,}"
            sections.append(listing(title, map(printable, self.dropped)))
        return Digest(f"{name}: {cost} USD, {what}", tuple(self._lines()), tuple(sections))

    def _lines(self) -> Iterator[str]:
        if self.max_moves is not None:
            yield f"at most {self.max_moves:,} shards may move"
        if self.usd_per_move:
            price = usd(self.usd_per_move * self.moves)
            yield f"at {usd(self.usd_per_move)} USD a shard, these moves are worth {price} USD more"
        if self.moves:
            yield self._worth()
        yield self.sure

    def _worth(self) -> str:
        if self.nothing_moves is None:
            return "something has to move: no valid plan leaves everything where it is"
        saved = self.nothing_moves - self.least
        return f"leaving everything where it is would cost {saved.text} more"

    def _section(self) -> Section:
        rows = [
            (printable(row.job), count(row.shards), printable(row.where), _reason(row))
            for row in self.moved
        ]
        columns = [
            Column("job"),
            Column("shards", True),
            Column("from and to"),
            Column("if it stayed"),
        ]
        return section("What moves, and why", columns, rows)


def _priced(moves: Moves, usd_per_move: float) -> Measure:
    """The cost of a plan, with its moves at a price."""
    return WeightedSum("cost with moves, USD", [(1.0, Cost()), (usd_per_move, moves)])


def _reason(row: MovedJob) -> str:
    if row.must is None:
        return "not looked into"
    return "no plan is valid" if row.must else f"{row.staying.text} more"


def replan(
    instance: Instance,
    today: Plan | None = None,
    *,
    max_moves: int | None = None,
    usd_per_move: float = 0.0,
    engine: str = "auto",
    solver: str | None = None,
    time_limit: float | None = None,
    gap: float = 1e-6,
    seed: int = 0,
    threads: int | None = None,
    isolate: bool = True,
    on_note: Callable[[str], None] | None = None,
) -> Replan:
    """Plan an instance that has changed, from where everything is today.

    A shard moves if it is not on the offer where it is today, in each phase of its job: once for a
    job that stays where it begins, once a period for a job that may move. New jobs move nothing.

    Parameters
    ----------
    instance : Instance
        As it is now: a site is late, a price has risen, a job is new.
    today : Plan or None
        The plan that is in force, of this instance or of an earlier state of it; None for the
        jobs' `current`.
    max_moves : int or None
        How many shards may move; None for any number.
    usd_per_move : float
        What each shard that moves counts, in USD, beside what the instance charges. It decides what
        moves, and is no part of the plan's cost.
    engine, solver, gap, seed, threads, isolate
        As for `gpualloc.solve`.
    time_limit : float or None
        Seconds for all solves together.
    on_note : callable or None
        Called with a line about each solve as it begins.

    Returns
    -------
    Replan

    Raises
    ------
    NoPlanError
        No plan is valid within the limit, or none was found in time.
    UsageError
        An argument is not possible.
    """
    if max_moves is not None and max_moves < 0:
        raise UsageError(f"max_moves: {max_moves} is not a whole number from 0")
    if not 0 <= usd_per_move <= 1e12:
        raise UsageError(f"usd_per_move: {usd_per_move} is not an amount in USD")
    solves = Solves(
        engine=engine,
        solver=solver,
        time_limit=time_limit,
        gap=gap,
        seed=seed,
        threads=threads,
        isolate=isolate,
        on_note=on_note,
    )
    where = today_of(instance, today)
    return Replanning(solves, instance, where, max_moves, usd_per_move).run(today)


class Replanning:
    """The solves behind one new plan.

    Parameters
    ----------
    solves : Solves
    instance : Instance
    today : Today
    max_moves : int or None
    usd_per_move : float
    """

    def __init__(
        self,
        solves: Solves,
        instance: Instance,
        today: Today,
        max_moves: int | None,
        usd_per_move: float,
    ) -> None:
        self._solves = solves
        self._instance = instance
        self._today = today
        self._moves = Moves(today)
        self._max_moves = max_moves
        self._usd_per_move = usd_per_move
        self._limits = () if max_moves is None else (Limit(self._moves, max_moves),)
        self._goal = _priced(self._moves, usd_per_move) if usd_per_move else None
        self._gaps: list[float | None] = []

    def run(self, start: Plan | None) -> Replan:
        """Find the new plan, then what each of its moves is good for."""
        stayed = self._solve((Limit(self._moves, 0),), "if nothing moves", start, to_come=3)
        found = self._solve(self._limits, "the new plan", stayed.plan or start, to_come=2)
        if found.plan is None:
            raise NoPlanError(f"{printable(self._instance.name)}: {self._why_none(found)}")
        self._gaps.append(found.gap)
        plan = self._move_least(found)
        ledger = Ledger(self._instance, plan.layout)
        by_job = self._moves.by_job(ledger)
        return Replan(
            plan=plan,
            moved=tuple(self._explain(found, by_job, ledger, stayed)),
            dropped=tuple(job for job in plan.layout.unserved if job in self._today.by_job),
            moves=sum(by_job.values()),
            usd_per_move=self._usd_per_move,
            max_moves=self._max_moves,
            least=found.least,
            nothing_moves=None if stayed.is_infeasible else stayed.least,
            gaps=tuple(self._gaps),
        )

    def _move_least(self, found: Amended) -> Plan:
        """Of the plans that cost as little, one that moves as little as can be."""
        plan, value = found.plan, found.least.best
        assert plan is not None
        assert value is not None
        cost = Limit(self._goal or Cost(), value)
        fewest = solve_amended(
            self._solves,
            self._instance,
            Amendment((*self._limits, cost), self._moves),
            note="as few moves as that cost allows",
            warm_start=plan,
            to_come=1,
        )
        return fewest.plan or plan

    def _explain(
        self, found: Amended, by_job: dict[str, int], ledger: Ledger, stayed: Amended
    ) -> Iterator[MovedJob]:
        ranked = sorted(by_job, key=lambda job: -by_job[job])
        for at, job in enumerate(ranked):
            where = self._moves.where(ledger, job)
            if at >= MOST_REASONS:
                yield MovedJob(job, by_job[job], where, None, Interval(None, None, None))
                continue
            limits = (*self._limits, Limit(Moves(self._today, (job,)), 0))
            to_come = min(len(ranked), MOST_REASONS) - at - 1
            kept = self._solve(limits, f"if {job} stays", stayed.plan or found.plan, to_come)
            more = kept.least - found.least
            yield MovedJob(job, by_job[job], where, kept.is_infeasible, more)

    def _solve(
        self, limits: tuple[Limit, ...], note: str, start: Plan | None, to_come: int
    ) -> Amended:
        return solve_amended(
            self._solves,
            self._instance,
            Amendment(limits, self._goal),
            note=note,
            warm_start=start,
            to_come=to_come,
        )

    def _why_none(self, found: Amended) -> str:
        if not found.is_infeasible:
            return "no plan was found in time"
        if self._max_moves is None:
            return "no plan is valid"
        return f"no plan is valid with at most {self._max_moves:,} shards moved"
