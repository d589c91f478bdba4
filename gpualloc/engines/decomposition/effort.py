"""Effort: seconds of work, estimated from what was done and not read from a clock.

Two threads that are given equal efforts stay about as far as each other on any machine, and
what they find does not depend on its speed. The rates are those of one core of 2.5 GHz.
"""

from __future__ import annotations

SECONDS_PER_LINE, SECONDS_PER_ENTRY = 1.3e-7, 2.7e-8
"""Of solving a linear program once, for every row and column, and for every coefficient."""

SECONDS_PER_ITERATION = 7.5e-6
SECONDS_PER_ITERATION_AND_LINE, SECONDS_PER_ITERATION_AND_ENTRY = 5.5e-9, 6.6e-10
"""Of a simplex iteration, and more for every row and column, and for every coefficient."""

SECONDS_PER_BLOCK, SECONDS_PER_PAIR = 1.2e-5, 2e-8
"""Of pricing a block, and more for every two data centers of it."""

SECONDS_PER_GROUP, SECONDS_PER_COMPLETION, SECONDS_PER_CHECK = 7e-5, 9e-4, 7e-5
"""Of making columns of a group, of completing a placement, and of seeing that it is complete."""

SECONDS_PER_HARD_GROUP = 6e-4
"""Of the multipliers of a hard group, beside what the simplex iterations take."""

SECONDS_PER_TRY, SECONDS_PER_TRY_AND_ROW = 2e-4, 8e-8
"""Of a ruin and recreate beside its pricing, and more for every coupling row."""

SECONDS_PER_PROGRAM, SECONDS_PER_ENTRY_WITHIN = 3e-3, 2e-6
SECONDS_PER_ITERATION_WITHIN, SECONDS_PER_ITERATION_AND_ENTRY_WITHIN = 1.6e-4, 1.5e-9
"""Of a small program, and more for every coefficient; of a simplex iteration, likewise. Presolved,
a program is much smaller than it was."""


def of_simplex(iterations: int, lines: int, entries: int) -> float:
    """Effort of a linear program with so many rows and columns, and coefficients."""
    each = SECONDS_PER_ITERATION
    each += SECONDS_PER_ITERATION_AND_LINE * lines + SECONDS_PER_ITERATION_AND_ENTRY * entries
    return SECONDS_PER_LINE * lines + SECONDS_PER_ENTRY * entries + iterations * each


def of_pricing(blocks: int, pairs: int) -> float:
    """Effort of pricing all groups once, with so many blocks and pairs of their data centers."""
    return SECONDS_PER_BLOCK * blocks + SECONDS_PER_PAIR * pairs


def of_try(rows: int) -> float:
    """Effort of one ruin and recreate with so many coupling rows, beside its pricing."""
    return SECONDS_PER_TRY + SECONDS_PER_TRY_AND_ROW * rows


def of_program(entries: int, iterations: int) -> float:
    """Effort of a small integer program with so many coefficients and iterations."""
    each = SECONDS_PER_ITERATION_WITHIN + SECONDS_PER_ITERATION_AND_ENTRY_WITHIN * entries
    return SECONDS_PER_PROGRAM + SECONDS_PER_ENTRY_WITHIN * entries + iterations * each
