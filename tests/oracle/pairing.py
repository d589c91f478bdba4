"""Rule 6 by linear programming: the cheapest pairing of the flows of a placed plan."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]

from .capacity import Key, limits, loads
from .costs import lines_by_job, lines_of_flows
from .figures import Figures, Number, Row
from .plans import Pairing, Plan
from .traffic import TOLERANCE, live_flows, shares

Pairings = dict[tuple[str, str, int], Pairing]

SHARED = ("links", "uplinks", "transfer")
"""Capacities that flows share with spokes."""


class Piece(NamedTuple):
    """A whole flow run between one pair of data centers: its loads and its cost."""

    flow: Row
    pair: tuple[str, str]
    loads: dict[Key, Number]
    usd: float


class Pairer:
    """Finds cheapest pairings period by period, and remembers what it has solved."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.limits = {key: limit / (1 + TOLERANCE) for key, limit in limits(figures).items()}
        self.solved: dict[object, Pairings | None] = {}

    def pairings(self, plan: Plan) -> Pairings | None:
        """The cheapest valid pairings of all flows in all periods, or None without any."""
        found: Pairings = {}
        for t in sorted({t for _, t in live_flows(plan)}):
            part = self._in_period(plan, t)
            if part is None:
                return None
            found.update(part)
        return found

    def _in_period(self, plan: Plan, t: int) -> Pairings | None:
        """Remembered by all that the answer depends on: shares, and what the spokes load."""
        flows = [flow for flow, when in live_flows(plan) if when == t]
        ends = [(shares(plan, flow.a, t), shares(plan, flow.b, t)) for flow in flows]
        spokes = {
            key: load for key, load in loads(plan).items() if key[0] in SHARED and key[1] == t
        }
        rows = [(flow.a, flow.b, *map(_frozen, end)) for flow, end in zip(flows, ends, strict=True)]
        question = (t, tuple(rows), _frozen(spokes))
        if question not in self.solved:
            self.solved[question] = self._solve(flows, ends, t, spokes)
        return self.solved[question]

    def _solve(
        self,
        flows: list[Row],
        ends: list[tuple[dict[str, Fraction], dict[str, Fraction]]],
        t: int,
        spokes: dict[Key, Number],
    ) -> Pairings | None:
        """Minimize the flows' cost over f >= 0 with the shares as sums, below the limits."""
        pieces = [
            self._piece(flow, t, (x, y))
            for flow, (from_a, to_b) in zip(flows, ends, strict=True)
            for x in from_a
            for y in to_b
            if self.figures.talk(x, y)
        ]
        if not pieces:
            return None
        sums, totals = self._sums(flows, ends, pieces)
        rows, spare = self._capacities(pieces, spokes)
        answer = linprog(
            [piece.usd for piece in pieces],
            A_ub=rows or None,
            b_ub=spare or None,
            A_eq=sums,
            b_eq=totals,
            method="highs",
        )
        if answer.status == 2:
            return None
        if answer.status != 0:
            raise ArithmeticError(answer.message)
        return _as_pairings(pieces, t, answer.x)

    def _piece(self, flow: Row, t: int, pair: tuple[str, str]) -> Piece:
        alone: Pairings = {(flow.a, flow.b, t): {pair: Fraction(1)}}
        plan = Plan(self.figures, (), options={flow.a: 0, flow.b: 0}, pairings=alone)
        usd = lines_by_job(plan)["egress"] + lines_of_flows(plan)["latency"]
        return Piece(flow, pair, loads(plan), float(usd))

    def _sums(
        self,
        flows: list[Row],
        ends: list[tuple[dict[str, Fraction], dict[str, Fraction]]],
        pieces: list[Piece],
    ) -> tuple[list[list[float]], list[float]]:
        rows, totals = [], []
        for flow, end in zip(flows, ends, strict=True):
            for side in (0, 1):
                for center, share in end[side].items():
                    rows.append([float(p.flow is flow and p.pair[side] == center) for p in pieces])
                    totals.append(float(share))
        return rows, totals

    def _capacities(
        self, pieces: list[Piece], spokes: dict[Key, Number]
    ) -> tuple[list[list[float]], list[float]]:
        touched = {key for piece in pieces for key in piece.loads if key in self.limits}
        keys = sorted(touched)
        rows = [[float(piece.loads.get(key, 0)) for piece in pieces] for key in keys]
        return rows, [max(0.0, float(self.limits[key] - spokes.get(key, 0))) for key in keys]


def _as_pairings(pieces: list[Piece], t: int, fractions: np.ndarray) -> Pairings:
    found: Pairings = {(piece.flow.a, piece.flow.b, t): {} for piece in pieces}
    for piece, fraction in zip(pieces, fractions, strict=True):
        if fraction > 1e-9:
            found[piece.flow.a, piece.flow.b, t][piece.pair] = float(fraction)
    return found


def _frozen(table: dict[str, Fraction] | dict[Key, Number]) -> object:
    return frozenset(table.items())
