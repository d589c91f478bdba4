"""Effort: seconds of work, estimated from what was done and not read from a clock.

Two threads that meet after equal efforts keep each other company about as long on any machine, and
what they find does not depend on its speed. The rates are those of one core of 2.5 GHz.
"""

from __future__ import annotations

SECONDS_PER_LINE = 7.5e-7
SECONDS_PER_ITERATION, SECONDS_PER_ITERATION_AND_LINE = 1.8e-5, 9.4e-9
"""Of solving a linear program once, for every row and column; of a simplex iteration, and more for
every row and column."""

SECONDS_PER_BLOCK, SECONDS_PER_PAIR = 1.2e-5, 2e-8
"""Of pricing a block, and more for every two data centers of it."""

SECONDS_PER_GROUP, SECONDS_PER_COMPLETION = 7e-5, 1.1e-3
"""Of making columns of a group, and of completing a placement."""

SECONDS_PER_HARD_GROUP = 6e-4
"""Of the multipliers of a hard group, beside what the simplex iterations take."""

SECONDS_PER_TRY, SECONDS_PER_TRY_AND_GROUP = 2.1e-3, 6.4e-6
"""Of a ruin and recreate, and more for every group."""

SECONDS_PER_PROGRAM, SECONDS_PER_ENTRY, SECONDS_PER_ITERATION_WITHIN = 0.04, 9e-7, 1.4e-4
"""Of a small program, more for every coefficient, and for every simplex iteration: presolved, it is
much smaller than it was, so its rows and columns tell little."""


def of_simplex(iterations: int, lines: int) -> float:
    """Effort of simplex iterations on a program with so many rows and columns."""
    each = SECONDS_PER_ITERATION + SECONDS_PER_ITERATION_AND_LINE * lines
    return SECONDS_PER_LINE * lines + iterations * each


def of_pricing(blocks: int, pairs: int) -> float:
    """Effort of pricing all groups once, with so many blocks and pairs of their data centers."""
    return SECONDS_PER_BLOCK * blocks + SECONDS_PER_PAIR * pairs


def of_tries(tries: int, groups: int) -> float:
    """Effort of ruining and recreating an assignment of some groups."""
    return tries * (SECONDS_PER_TRY + SECONDS_PER_TRY_AND_GROUP * groups)


def of_program(entries: int, iterations: int) -> float:
    """Effort of a small integer program with so many coefficients and iterations."""
    built = SECONDS_PER_PROGRAM + SECONDS_PER_ENTRY * entries
    return built + SECONDS_PER_ITERATION_WITHIN * iterations
