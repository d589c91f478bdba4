"""Effort: seconds of work, estimated from what was done and not read from a clock.

Two threads that meet after equal efforts keep each other company about as long on any machine, and
what they find does not depend on its speed. The rates are those of one core of 2.5 GHz.
"""

from __future__ import annotations

SECONDS_PER_ITERATION, SECONDS_PER_ITERATION_AND_LINE = 2e-5, 2.2e-8
"""Of a simplex iteration, and more for every row and column."""

SECONDS_PER_GROUP = 2.5e-4
"""Of pricing a group and making its columns."""

SECONDS_PER_TRY, SECONDS_PER_TRY_AND_GROUP = 2e-3, 4e-6
"""Of a ruin and recreate, and more for every group."""

SECONDS_PER_PROGRAM, SECONDS_PER_ENTRY, SECONDS_PER_ITERATION_WITHIN = 0.03, 2e-6, 1.4e-4
"""Of a small program, more for every coefficient, and for every simplex iteration: presolved, it is
much smaller than it was, so its rows and columns tell little."""


def of_simplex(iterations: int, lines: int) -> float:
    """Effort of simplex iterations on a program with so many rows and columns."""
    return iterations * (SECONDS_PER_ITERATION + SECONDS_PER_ITERATION_AND_LINE * lines)


def of_pricing(groups: int) -> float:
    """Effort of pricing some groups once."""
    return SECONDS_PER_GROUP * groups


def of_tries(tries: int, groups: int) -> float:
    """Effort of ruining and recreating an assignment of some groups."""
    return tries * (SECONDS_PER_TRY + SECONDS_PER_TRY_AND_GROUP * groups)


def of_program(entries: int, iterations: int) -> float:
    """Effort of a small integer program with so many coefficients and iterations."""
    built = SECONDS_PER_PROGRAM + SECONDS_PER_ENTRY * entries
    return built + SECONDS_PER_ITERATION_WITHIN * iterations
