"""The errors of gpualloc, as one tree.

::

    GpuallocError
    ├── InputError                  what the user gave cannot be used (exit code 2)
    │   ├── InstanceError           an instance has faults; lists all of them
    │   ├── PlanFileError           a plan file has faults, or belongs to another instance
    │   └── UsageError              an argument, a file name or a combination is not possible
    │       └── MissingExtraError   an optional package is needed and not installed
    ├── NoPlanError                 a figure was asked of a result that has no plan
    ├── SolverError                 a solver failed, or is missing or refused
    └── InternalError               gpualloc contradicted itself: please report
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GpuallocError(Exception):
    """Root of all errors that gpualloc raises on purpose."""


class InputError(GpuallocError):
    """What the user gave cannot be used."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input, by its place.

    Parameters
    ----------
    place : str
        Where, in the words of the file: ``jobs[3].options[0].gpu_type``.
    message : str
        What was found and what is allowed.
    """

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class FaultyInputError(InputError):
    """An input with one or more faults, each with its place.

    Parameters
    ----------
    source : str
        The file, or ``instance`` for data built in Python.
    faults : sequence of Fault
        All that was found, in the order of the input.
    """

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        super().__init__(source, self.faults)

    def __str__(self) -> str:
        return "\n".join(f"{self.source}: {fault}" for fault in self.faults)


class InstanceError(FaultyInputError):
    """An instance has faults."""


class PlanFileError(FaultyInputError):
    """A plan file has faults, or belongs to another instance."""


class UsageError(InputError):
    """An argument, a file name or a combination of them is not possible."""


class MissingExtraError(UsageError):
    """An optional package is needed and not installed."""


class NoPlanError(GpuallocError):
    """A figure was asked of a result that has no plan."""


class SolverError(GpuallocError):
    """A solver failed, or is missing or refused."""


class InternalError(GpuallocError):
    """gpualloc contradicted itself: please report it with the instance."""
