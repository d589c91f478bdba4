"""Effort: seconds of work, estimated from what was done and not read from a clock.

Two threads that meet after equal efforts keep each other company about as long on any machine, and
what they find does not depend on its speed. The rates are those of one core of 2.5 GHz.
"""

from __future__ import annotations

SECONDS_PER_ITERATION, SECONDS_PER_ITERATION_AND_LINE = 2e-5, 2.2e-8
"""Of a simplex iteration, and more for every row and column."""

SHARE_IN_PROGRAMS = 0.6
"""The same within small programs, as a part of it."""

SECONDS_PER_GROUP = 2.5e-4
"""Of pricing a group and making its columns."""

SECONDS_PER_TRY, SECONDS_PER_TRY_AND_GROUP = 2e-3, 4e-6
"""Of a ruin and recreate, and more for every group."""

SECONDS_PER_PROGRAM, SECONDS_PER_ENTRY = 0.06, 1e-6
"""Of building and presolving a small program, and more for every coefficient."""


def of_simplex(iterations: int, lines: int) -> float:
    """Effort of simplex iterations on a program with so many rows and columns."""
    return iterations * (SECONDS_PER_ITERATION + SECONDS_PER_ITERATION_AND_LINE * lines)


def of_pricing(groups: int) -> float:
    """Effort of pricing some groups once."""
    return SECONDS_PER_GROUP * groups


def of_tries(tries: int, groups: int) -> float:
    """Effort of ruining and recreating an assignment of some groups."""
    return tries * (SECONDS_PER_TRY + SECONDS_PER_TRY_AND_GROUP * groups)


def of_program(entries: int, iterations: int, lines: int) -> float:
    """Effort of a small program with so many coefficients, iterations, rows and columns."""
    built = SECONDS_PER_PROGRAM + SECONDS_PER_ENTRY * entries
    return built + SHARE_IN_PROGRAMS * of_simplex(iterations, lines)
